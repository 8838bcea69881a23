import type {
  DestinationName,
  HistoryEvent,
  MessageName,
  SourceName,
} from '../../support/history/events.ts'
import type { Subject } from '../../support/history/violation.ts'

/** From its being made to its being removed: one of the same name that is made later is another. */
interface DurableSubscription {
  readonly source: SourceName
  readonly topic: DestinationName
}

interface Sent {
  readonly message: MessageName
  readonly destination: DestinationName
  /** Durable subscriptions that were there before it was sent. */
  subscriptions: readonly DurableSubscription[]
}

/**
 * What is confirmed and nobody has received yet, kept while the history grows: what a drain waits
 * for. It judges nothing, and errs towards waiting too little.
 */
export class DeliveryLedger {
  /** When the last event was, whatever it was. */
  lastEventMs = 0
  /** Different messages of which a send was tried. */
  sentCount = 0
  /** What may be missing all the same: a fault has cost it, and it was reported. */
  isWrittenOff: (subject: Subject) => boolean = () => false
  readonly #missing = new Map<string, Subject>()
  readonly #received = new Set<string>()
  readonly #calls = new Map<string, readonly Sent[] | DurableSubscription>()
  readonly #transactions = new Map<string, Sent[]>()
  readonly #subscriptions = new Map<SourceName, DurableSubscription>()

  /** Messages that are confirmed and missing, once for each queue or subscription. */
  get missingCount(): number {
    return this.#present().length
  }

  /** `source message`, of some that are missing. */
  missing(most: number): string[] {
    return this.#present().slice(0, most)
  }

  #present(): string[] {
    const found: string[] = []
    for (const [key, subject] of this.#missing) if (!this.isWrittenOff(subject)) found.push(key)
    return found
  }

  note(event: HistoryEvent): void {
    this.lastEventMs = event.atMs
    if (event.kind === 'invoke') this.#invoked(event)
    else if (event.kind === 'ok') this.#confirmed(`${event.client} ${event.op}`)
    else if (event.kind === 'receive') {
      const key = `${event.subscription ?? event.destination} ${event.message}`
      this.#received.add(key)
      this.#missing.delete(key)
    }
  }

  #invoked({ client, op, call }: HistoryEvent & { kind: 'invoke' }): void {
    const key = `${client} ${op}`
    if (call.type === 'send') this.#sent(key, call)
    else if (call.type === 'commit') {
      const sent = this.#transactions.get(call.tx) ?? []
      this.#transactions.delete(call.tx)
      for (const one of sent) one.subscriptions = this.#subscribersOf(one.destination)
      this.#calls.set(key, sent)
    } else if (call.type === 'subscribe') {
      this.#calls.set(key, { source: call.subscription, topic: call.destination })
    } else if (call.type === 'unsubscribe') this.#unsubscribed(call.subscription)
  }

  #sent(
    key: string,
    call: { readonly message: MessageName; readonly destination: string; readonly tx?: string },
  ): void {
    const { message, destination, tx } = call
    this.sentCount++
    const sent = { message, destination, subscriptions: this.#subscribersOf(destination) }
    if (tx === undefined) this.#calls.set(key, [sent])
    else {
      const others = this.#transactions.get(tx)
      if (others === undefined) this.#transactions.set(tx, [sent])
      else others.push(sent)
    }
  }

  #confirmed(key: string): void {
    const call = this.#calls.get(key)
    if (call === undefined) return
    this.#calls.delete(key)
    if ('source' in call) {
      if (!this.#subscriptions.has(call.source)) this.#subscriptions.set(call.source, call)
      return
    }
    for (const { message, destination, subscriptions } of call) {
      if (!destination.startsWith('topic:')) this.#expect(destination, message)
      for (const subscription of subscriptions) {
        const { source } = subscription
        if (this.#subscriptions.get(source) === subscription) this.#expect(source, message)
      }
    }
  }

  #expect(source: SourceName, message: MessageName): void {
    const key = `${source} ${message}`
    if (!this.#received.has(key)) this.#missing.set(key, { source, message })
  }

  #unsubscribed(source: SourceName): void {
    this.#subscriptions.delete(source)
    for (const [key, subject] of this.#missing) {
      if (subject.source === source) this.#missing.delete(key)
    }
  }

  #subscribersOf(destination: DestinationName): DurableSubscription[] {
    if (!destination.startsWith('topic:')) return []
    return [...this.#subscriptions.values()].filter(({ topic }) => topic === destination)
  }
}
