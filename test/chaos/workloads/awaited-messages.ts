import type { Call, HistoryEvent, Receive } from '../../support/history/events.ts'

/** A transaction that is not ended: what it sends, and what it took. */
interface OpenTransaction {
  readonly sends: [destination: string, message: string][]
  readonly taken: string[]
}

/**
 * What is confirmed and was not received yet, while the history grows. It tells when draining may
 * end, and judges nothing: a commit of which nobody knows counts as one that happened.
 */
export class AwaitedMessages {
  readonly #calls = new Map<string, Call>()
  readonly #transactions = new Map<string, OpenTransaction>()
  readonly #subscriptionsTo = new Map<string, Set<string>>()
  readonly #awaited = new Set<string>()
  readonly #taken = new Set<string>()

  /** So many are missing. */
  get size(): number {
    return this.#awaited.size
  }

  see(event: HistoryEvent): void {
    switch (event.kind) {
      case 'invoke':
        this.#calls.set(`${event.client} ${event.op}`, event.call)
        break
      case 'ok':
      case 'fail':
      case 'unknown': {
        const name = `${event.client} ${event.op}`
        const call = this.#calls.get(name)
        this.#calls.delete(name)
        if (call !== undefined) this.#seeOutcome(call, event.kind)
        break
      }
      case 'receive':
        this.#seeReceipt(event)
        break
      default:
    }
  }

  #seeOutcome(call: Call, outcome: 'ok' | 'fail' | 'unknown'): void {
    if (call.type === 'send' && outcome === 'ok') {
      if (call.tx === undefined) this.#await(call.destination, call.message)
      else this.#transaction(call.tx).sends.push([call.destination, call.message])
    } else if (call.type === 'commit' || call.type === 'rollback') {
      const { sends, taken } = this.#transaction(call.tx)
      this.#transactions.delete(call.tx)
      if (call.type === 'rollback' || outcome === 'fail') return
      for (const place of taken) this.#take(place)
      if (outcome === 'ok')
        for (const [destination, message] of sends) this.#await(destination, message)
    } else if (call.type === 'subscribe' && outcome === 'ok') {
      const subscriptions = this.#subscriptionsTo.get(call.destination) ?? new Set()
      this.#subscriptionsTo.set(call.destination, subscriptions.add(call.subscription))
    }
  }

  #seeReceipt({ subscription, destination, message, tx }: Receive): void {
    const place = `${subscription ?? destination} ${message}`
    if (tx === undefined) this.#take(place)
    else this.#transaction(tx).taken.push(place)
  }

  #await(destination: string, message: string): void {
    const isTopic = destination.startsWith('topic:')
    const sources = isTopic ? (this.#subscriptionsTo.get(destination) ?? []) : [destination]
    for (const source of sources) {
      const place = `${source} ${message}`
      if (!this.#taken.has(place)) this.#awaited.add(place)
    }
  }

  #take(place: string): void {
    this.#taken.add(place)
    this.#awaited.delete(place)
  }

  #transaction(name: string): OpenTransaction {
    let transaction = this.#transactions.get(name)
    if (transaction === undefined) {
      this.#transactions.set(name, (transaction = { sends: [], taken: [] }))
    }
    return transaction
  }
}
