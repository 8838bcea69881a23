import { createHash } from 'node:crypto'
import { formatDestination } from '@quorate/core/model/destination'
import type { Fold } from './fold/fold.ts'
import type { MessagePage } from './fold/message-page.ts'

/**
 * The whole state of a fold as lines of text, in an order of its own: two folds are equal exactly
 * when their lines are (S8). Bodies are told by their place in the log. On which pages the messages
 * of a list are is not told: that depends on where the log began.
 */
export function* describeFold(fold: Fold): IterableIterator<string> {
  const { producers, outcomes } = fold
  yield `next sequence=${fold.nextSequence} id=${fold.nextId} producer=${producers.nextId}`
  yield `next use=${producers.nextUse} outcome=${outcomes.nextNumber} log=${fold.logStart}`
  for (const { id, destination } of inOrder(fold.destinations)) {
    yield `destination ${id} ${JSON.stringify(formatDestination(destination))}`
  }
  for (const subscription of inOrder(fold.subscriptions)) {
    const { id, topic, clientId, name, selector, noLocal } = subscription
    yield `subscription ${id} ${JSON.stringify([topic, clientId, name, selector, noLocal])}`
  }
  for (const { id, name, lastSequence, lastUse } of producers) {
    yield `producer ${id} ${JSON.stringify(name)} last=${lastSequence} use=${lastUse}`
  }
  for (const { number, id } of outcomes) yield `outcome ${number} ${JSON.stringify(id)}`
  for (const list of inOrder(fold.lists)) {
    yield `list ${list.id} length=${list.length} bytes=${list.bytes}`
    for (const page of list.pages()) yield* describePage(page)
  }
}

/** SHA-256 over `describeFold`, in hexadecimal. */
export function digestFold(fold: Fold): string {
  const hash = createHash('sha256')
  for (const line of describeFold(fold)) hash.update(line).update('\n')
  return hash.digest('hex')
}

function* describePage(page: MessagePage): IterableIterator<string> {
  for (const entry of page) {
    const { sequence, position, length, priority, expirationMs, redeliveries } = entry
    yield `message ${sequence} @${position}+${length} ${priority} ${expirationMs} ${redeliveries}`
  }
}

function inOrder<T extends { readonly id: number }>(rows: ReadonlyMap<number, T>): T[] {
  return [...rows.values()].sort((a, b) => a.id - b.id)
}
