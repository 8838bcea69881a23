import { BrokerError } from '@quorate/core/base/errors'
import type { DestinationName } from '@quorate/core/model/destination'
import type {
  ConsumerId,
  ConsumerInfo,
  ProducerId,
  ProducerInfo,
} from '@quorate/core/openwire/commands'
import type { Consumer } from '../../engine/client.ts'
import { consumerText, producerText, sessionOf } from './wire-ids.ts'

/** Sessions that one connection may have at a time. */
export const SESSIONS_MAX = 10_000
/** Producers that one connection may have at a time. */
export const PRODUCERS_MAX = 20_000
/** Consumers that one connection may have at a time. */
export const CONSUMERS_MAX = 20_000

/**
 * A consumer of the wire, and the engine's subscription behind it. The engine keeps it as
 * `ConsumerOptions.info` and so leads back from a subscription to it.
 */
export interface WireConsumer {
  readonly id: ConsumerId
  readonly info: ConsumerInfo
  readonly session: string
  /** null until the engine has opened it. */
  subscription: Consumer | null
  /** Set when it is gone: what still waits to be sent to it is dropped. */
  closed: boolean
}

export interface WireProducer {
  readonly id: ProducerId
  readonly text: string
  readonly session: string
  readonly info: ProducerInfo
  /** Where it sends to, if always to the same. */
  readonly destinations: readonly DestinationName[]
}

/**
 * What a connection has registered: sessions, and the consumers and producers in them. The order of
 * registration is a rule of the protocol (session before consumer), kept here.
 */
export class SessionTable {
  readonly #sessions = new Set<string>()
  readonly #consumers = new Map<string, WireConsumer>()
  readonly #producers = new Map<string, WireProducer>()

  get consumers(): Iterable<WireConsumer> {
    return this.#consumers.values()
  }

  get producers(): Iterable<WireProducer> {
    return this.#producers.values()
  }

  /** Again the same session is the same session: a failover client replays what it had. */
  addSession(session: string): void {
    if (this.#sessions.size >= SESSIONS_MAX) throw full('sessions', SESSIONS_MAX)
    this.#sessions.add(session)
  }

  hasSession(session: string): boolean {
    return this.#sessions.has(session)
  }

  /** Forgets a session; its consumers and producers are the caller's to close. */
  removeSession(session: string): void {
    this.#sessions.delete(session)
  }

  consumer(id: ConsumerId): WireConsumer | undefined {
    return this.#consumers.get(consumerText(id))
  }

  addConsumer(id: ConsumerId, info: ConsumerInfo): WireConsumer {
    const session = this.#sessionFor(id)
    if (this.#consumers.size >= CONSUMERS_MAX) throw full('consumers', CONSUMERS_MAX)
    const consumer: WireConsumer = { id, info, session, subscription: null, closed: false }
    this.#consumers.set(consumerText(id), consumer)
    return consumer
  }

  removeConsumer(consumer: WireConsumer): void {
    consumer.closed = true
    this.#consumers.delete(consumerText(consumer.id))
  }

  producer(id: ProducerId): WireProducer | undefined {
    return this.#producers.get(producerText(id))
  }

  addProducer(
    id: ProducerId,
    info: ProducerInfo,
    destinations: readonly DestinationName[],
  ): WireProducer {
    const session = this.#sessionFor(id)
    if (this.#producers.size >= PRODUCERS_MAX) throw full('producers', PRODUCERS_MAX)
    const text = producerText(id)
    const producer: WireProducer = { id, text, session, info, destinations }
    this.#producers.set(text, producer)
    return producer
  }

  removeProducer(producer: WireProducer): void {
    this.#producers.delete(producer.text)
  }

  clear(): void {
    for (const consumer of this.#consumers.values()) consumer.closed = true
    this.#sessions.clear()
    this.#consumers.clear()
    this.#producers.clear()
  }

  #sessionFor(id: ConsumerId | ProducerId): string {
    const session = sessionOf(id)
    if (!this.#sessions.has(session)) {
      throw new BrokerError('ILLEGAL_STATE', `session ${session} has not been registered`)
    }
    return session
  }
}

function full(what: string, limit: number): BrokerError {
  return new BrokerError('RESOURCE_LIMIT', `a connection has at most ${limit} ${what}`)
}
