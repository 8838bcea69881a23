import { BrokerError } from '@quorate/core/base/errors'
import { formatDestination } from '@quorate/core/model/destination'
import type { DestinationName } from '@quorate/core/model/destination'
import type { ClientConnection } from '../client-connection.ts'
import type { Message, Receipt } from '../client.ts'
import type { DestinationRegistry } from '../destination/destination-registry.ts'
import { Queue } from '../destination/queue.ts'
import type { EngineCore } from '../engine-core.ts'
import { Router } from '../routing.ts'
import type { Errand } from './errand.ts'
import { copyMessages, moveMessages } from './relocation.ts'
import { deleteMessages, purgeMessages } from './removal.ts'
import type { PurgeStep, PurgeStretch } from './removal.ts'

/** Which messages, and where they go. Sequences are those of the store. */
export interface Relocation {
  readonly queue: DestinationName
  readonly sequences: readonly number[]
  readonly to: DestinationName
}

/**
 * Somebody who changes things without being a client of messages. Everything is answered through
 * the sink of his connection, once, when it is committed; what throws has not happened and is not
 * answered.
 */
export class Administrator {
  readonly #core: EngineCore
  readonly #client: ClientConnection
  readonly #router: Router

  constructor(core: EngineCore, client: ClientConnection) {
    this.#core = core
    this.#client = client
    this.#router = new Router(core.registry)
  }

  get connectionId(): string {
    return this.#client.options.connectionId
  }

  send(message: Message, receipt: Receipt): void {
    this.#client.send(message, '', receipt)
  }

  addDestination(destination: DestinationName, receipt: Receipt): void {
    this.#client.addDestination(destination, receipt)
  }

  removeDestination(destination: DestinationName, receipt: Receipt): void {
    this.#client.removeDestination(destination, receipt)
  }

  /** Of the client id with which he has connected. */
  unsubscribe(durableName: string, receipt: Receipt): void {
    this.#client.unsubscribe(durableName, receipt)
  }

  /** How many of them waited, and are deleted. */
  delete(queue: DestinationName, sequences: readonly number[], receipt: Receipt): number {
    return deleteMessages(this.#errand(receipt), this.#queue(queue), sequences)
  }

  /** How many of them waited, and are moved. */
  move({ queue, sequences, to }: Relocation, receipt: Receipt): number {
    const from = this.#queue(queue)
    return moveMessages(this.#errand(receipt), { from, to, sequences })
  }

  /** How many of them are there, and are copied. */
  copy({ queue, sequences, to }: Relocation, receipt: Receipt): number {
    const from = this.#queue(queue)
    return copyMessages(this.#errand(receipt), { from, to, sequences })
  }

  /** The first stretch of a purge: what comes to the queue from now on stays. */
  firstStretch(): PurgeStretch {
    return { after: 0, below: this.#core.store.nextSequence }
  }

  /** Deletes what waits in this stretch of the queue. */
  purge(queue: DestinationName, stretch: PurgeStretch, receipt: Receipt): PurgeStep {
    return purgeMessages(this.#errand(receipt), this.#queue(queue), stretch)
  }

  close(): void {
    this.#client.close()
  }

  #errand(receipt: Receipt): Errand {
    return { core: this.#core, client: this.#client, router: this.#router, receipt }
  }

  #queue(destination: DestinationName): Queue {
    return queueOf(this.#core.registry, destination)
  }
}

/** Throws INVALID_DESTINATION when there is none, or when it is about to go. */
export function queueOf(registry: DestinationRegistry, destination: DestinationName): Queue {
  const target = registry.find(destination)
  if (target instanceof Queue && !target.removing) return target
  throw new BrokerError('INVALID_DESTINATION', 'There is no such queue.', {
    details: { destination: formatDestination(destination) },
  })
}
