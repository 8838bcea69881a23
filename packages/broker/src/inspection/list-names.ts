import { formatDestination } from '@quorate/core/model/destination'
import type { Fold } from '../store/fold/fold.ts'
import type { LogOp, SubscriptionAddedOp } from '../store/log-op.ts'
import type { StoredDestination } from '../store/message-store.ts'

/** Names of destinations, lists and producers that are remembered while a log is read. */
const NAMES_MAX = 100_000

/** What the numbers in a log stand for, as far as the records that introduce them were read. */
export class ListNames {
  readonly #lists = new Map<number, string>()
  readonly #producers = new Map<number, string>()

  learn(op: LogOp): void {
    if (op.kind === 'transaction') for (const nested of op.ops) this.learn(nested)
    else if (op.kind === 'destination-added') remember(this.#lists, op.id, nameOfDestination(op))
    else if (op.kind === 'producer') remember(this.#producers, op.id, op.name)
    else if (op.kind === 'subscription-added') {
      remember(this.#lists, op.id, nameOfSubscription(op, this.list(op.topic)))
    }
  }

  /** The state that a segment begins with: what was introduced before it. */
  learnState({ destinations, subscriptions, producers }: Fold): void {
    for (const row of destinations.values()) remember(this.#lists, row.id, nameOfDestination(row))
    for (const row of subscriptions.values()) {
      remember(this.#lists, row.id, nameOfSubscription(row, this.list(row.topic)))
    }
    for (const { id, name } of producers) remember(this.#producers, id, name)
  }

  /** `queue://ORDERS`; the bare number when its introduction was not read. */
  list(id: number): string {
    return this.#lists.get(id) ?? `list ${id}`
  }

  producer(id: number): string {
    return this.#producers.get(id) ?? `producer ${id}`
  }
}

export function nameOfDestination({ destination }: Pick<StoredDestination, 'destination'>): string {
  return formatDestination(destination)
}

export function nameOfSubscription(
  { clientId, name }: Pick<SubscriptionAddedOp, 'clientId' | 'name'>,
  topic: string,
): string {
  return `durable ${clientId}:${name} of ${topic}`
}

function remember(names: Map<number, string>, id: number, name: string): void {
  names.set(id, name)
  const oldest = names.size > NAMES_MAX ? names.keys().next().value : undefined
  if (oldest !== undefined) names.delete(oldest)
}
