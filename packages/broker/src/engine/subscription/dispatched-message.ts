import type { DestinationName } from '@quorate/core/model/destination'
import type { Consumer, Delivery } from '../client.ts'
import type { Backlog } from '../dispatch/backlog.ts'
import { Entry } from '../dispatch/entry.ts'

/**
 * Where a dispatched message stands:
 * out - with the client; held - acknowledged in a transaction that is open; settled - not with the
 * client any more.
 */
export type DispatchState = 'out' | 'held' | 'settled'

/** A message with a client. */
export class DispatchedMessage implements Delivery {
  readonly id: number
  readonly consumer: Consumer
  /** `Entry.SENT` once it was sent and nobody can want it again. */
  entry: Entry
  /** Where it goes back to; null for topics' and browsers' messages, which go nowhere. */
  readonly source: Backlog | null
  readonly destination: DestinationName
  body: Buffer
  decoded: unknown
  key: unknown = undefined
  redeliveries: number
  state: DispatchState = 'out'
  /** The client has seen it: it does not occupy the prefetch window. */
  seen = false

  constructor(id: number, consumer: Consumer, from: DispatchOrigin, entry: Entry) {
    this.id = id
    this.consumer = consumer
    this.entry = entry
    this.source = from.source
    this.destination = from.destination
    this.body = entry.body ?? EMPTY
    this.decoded = entry.decoded
    this.redeliveries = entry.shownRedeliveries
  }

  get sequence(): number {
    return this.entry.sequence
  }

  /**
   * What the store has too is loaded again where it is needed: to come again, or to be buried. What
   * goes back nowhere is gone from here, however long the client takes to acknowledge it.
   */
  sent(): void {
    // Settled, the entry may wait in its list again, which counts the bodies that are there.
    if (this.state === 'settled') return
    this.decoded = undefined
    if (this.source !== null && this.entry.stored === null) {
      // Should it come again it is decoded again.
      this.entry.decoded = undefined
      return
    }
    this.body = EMPTY
    this.entry.letGo()
    if (this.source === null) this.entry = Entry.SENT
  }
}

export interface DispatchOrigin {
  readonly source: Backlog | null
  readonly destination: DestinationName
}

const EMPTY = Buffer.alloc(0)
