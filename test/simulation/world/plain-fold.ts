import assert from 'node:assert/strict'
import { isQueueLike } from '@quorate/core/model/destination'
import { forEachRecord } from '@quorate/broker/store/journal/log-batch'
import type { LogBatch } from '@quorate/broker/store/journal/log-batch'
import type { CopiedMessage, LogOp } from '@quorate/broker/store/log-op'
import type { MessageStore, StoredMessage } from '@quorate/broker/store/message-store'
import { FIRST_OP_TYPE, decodeOp } from '@quorate/broker/store/op-codec'
import { SEGMENT_STATE } from '@quorate/broker/store/segment-state'

interface PlainEntry {
  position: number
  readonly length: number
  readonly priority: number
  redeliveries: number
}

/**
 * What the log says, folded in the plainest way there is: to tell what an index should hold without
 * the code that makes indexes (S8). It also sees what no index shows: operations on messages that
 * are not there, which an engine never means.
 */
export class PlainFold {
  readonly lists = new Map<number, Map<number, PlainEntry>>()
  readonly #subscriptionsOf = new Map<number, number[]>()
  readonly #producers = new Map<number, { name: string; last: number }>()
  /** Where records lie that a log may begin with. */
  readonly #segments = new Map<number, number>()
  #nextSequence = 1
  /** The first record that a log needs to have. */
  logStart = 0

  apply(batch: LogBatch): void {
    forEachRecord(batch, ({ type, payload, payloadPosition, position, index }) => {
      if (type === SEGMENT_STATE) this.#segments.set(index, position)
      if (type < FIRST_OP_TYPE) return
      const op = decodeOp(type, payload)
      const origin = payloadPosition - payload.byteOffset
      for (const one of op.kind === 'transaction' ? op.ops : [op]) this.#apply(one, origin, index)
    })
  }

  /** Throws when the store holds anything else. */
  compare(store: MessageStore, id: string): void {
    for (const [list, entries] of this.lists) {
      const stored = store.list(list)
      assert.ok(stored, `${id} has no list ${list} (S8)`)
      const found = stored.next(0, entries.size + 1)
      if (isSame(found, entries)) continue
      const is = found.map((entry) => summary(entry.sequence, entry))
      const should = [...entries].map(([sequence, entry]) => summary(sequence, entry))
      assert.deepEqual(is, should, `list ${list} of ${id} is not what its log says (S8)`)
    }
    for (const { name, last } of this.#producers.values()) {
      const found = store.producer(name)?.lastSequence
      assert.equal(found, last, `${id} remembers another last message of ${name} (S8, R42)`)
    }
  }

  #apply(op: LogOp, origin: number, index: number): void {
    switch (op.kind) {
      case 'message': {
        const sequence = this.#nextSequence++
        const position = origin + op.body.byteOffset
        const { priority, redeliveries } = op
        for (const list of new Set(op.lists)) {
          const entry = { position, length: op.body.length, priority, redeliveries }
          this.lists.get(list)?.set(sequence, entry)
        }
        const producer = this.#producers.get(op.producer)
        if (producer === undefined) break
        const { producerSequence: now } = op
        assert.ok(now > producer.last, `record ${index} stores ${producer.name}:${now} again (R42)`)
        producer.last = now
        break
      }
      case 'acknowledge':
        for (const sequence of op.sequences) {
          const wasThere = this.lists.get(op.list)?.delete(sequence) ?? true
          assert.ok(wasThere, `record ${index} acknowledges ${sequence}, which is not there (S8)`)
        }
        break
      case 'redelivered':
        for (const sequence of op.sequences) {
          const entry = this.lists.get(op.list)?.get(sequence)
          if (entry !== undefined) entry.redeliveries++
        }
        break
      case 'producer':
        this.#producers.set(op.id, { name: op.name, last: 0 })
        break
      case 'destination-added':
        if (isQueueLike(op.destination.kind)) this.lists.set(op.id, new Map())
        break
      case 'destination-removed':
        this.lists.delete(op.id)
        for (const list of this.#subscriptionsOf.get(op.id) ?? []) this.lists.delete(list)
        break
      case 'subscription-added':
        this.lists.set(op.id, new Map())
        this.#subscriptionsOf.set(op.topic, [...(this.#subscriptionsOf.get(op.topic) ?? []), op.id])
        break
      case 'subscription-removed':
        this.lists.delete(op.id)
        break
      case 'copies':
        for (const message of op.messages) this.#copied(message, origin, index)
        break
      case 'log-start':
        this.#mustBeUnused(op.index)
        this.logStart = op.index
        break
      default:
        break
    }
  }

  /**
   * A copy is of what waits, as it waits: a log that begins behind the original knows no better.
   */
  #copied(message: CopiedMessage, origin: number, index: number): void {
    const { sequence, body, priority, lists } = message
    assert.ok(lists.length > 0, `record ${index} copies ${sequence}, which nobody waits for`)
    for (const { list, redeliveries } of lists) {
      const entry = this.lists.get(list)?.get(sequence)
      assert.ok(entry, `record ${index} copies ${sequence} of ${list}, which is not there (S8)`)
      const is = [entry.length, entry.priority, entry.redeliveries]
      const copied = [body.length, priority, redeliveries]
      assert.deepEqual(copied, is, `record ${index} copies ${sequence} of ${list} otherwise (S8)`)
      entry.position = origin + body.byteOffset
    }
  }

  /** Nothing waits before the new start of the log. */
  #mustBeUnused(start: number): void {
    const position = this.#segments.get(start)
    assert.ok(position !== undefined, `the log is to begin at ${start}, which tells no state`)
    for (const [list, entries] of this.lists) {
      for (const [sequence, entry] of entries) {
        const isBehind = entry.position >= position
        assert.ok(
          isBehind,
          `the log is to begin at ${start}, and ${sequence} of ${list} waits before`,
        )
      }
    }
  }
}

/** What `summary` shows of them, without the words: nearly always they are the same. */
function isSame(found: readonly StoredMessage[], wanted: ReadonlyMap<number, PlainEntry>): boolean {
  if (found.length !== wanted.size) return false
  let i = 0
  for (const [sequence, { position, length, priority, redeliveries }] of wanted) {
    const entry = found[i++]
    if (entry?.sequence !== sequence || entry.position !== position) return false
    if (entry.length !== length || entry.priority !== priority) return false
    if (entry.redeliveries !== redeliveries) return false
  }
  return true
}

function summary(sequence: number, entry: PlainEntry): string {
  const { position, length, priority, redeliveries } = entry
  return `${sequence} at ${position}+${length} p${priority} r${redeliveries}`
}
