import type { DestinationName } from '@quorate/core/model/destination'
import type { ClientConnection } from '../client-connection.ts'
import type { Client, ConnectOptions } from '../client.ts'
import type { EngineCore } from '../engine-core.ts'
import type { DurableView } from '../engine-view.ts'
import { durableView, ListedDestination } from './views.ts'
import type { ConnectionView, ConsumerView, DestinationEntry } from './views.ts'

/** What the engine lets administrators do besides: its clients, and how to become one. */
export interface AdministrationPort {
  readonly core: EngineCore
  readonly clients: () => Iterable<ClientConnection>
  readonly connect: (options: ConnectOptions) => Client
}

/**
 * The engine as administrators see it, for as long as this broker leads. What they change they
 * change as clients do, through a connection of their own.
 */
export class Administration {
  readonly #port: AdministrationPort

  constructor(port: AdministrationPort) {
    this.#port = port
  }

  connect(options: ConnectOptions): Client {
    return this.#port.connect(options)
  }

  *destinations(): Iterable<DestinationEntry> {
    const { registry } = this.#port.core
    for (const queue of registry.queues()) yield new ListedDestination(queue)
    for (const topic of registry.topics()) yield new ListedDestination(topic)
  }

  find(destination: DestinationName): DestinationEntry | undefined {
    const target = this.#port.core.registry.find(destination)
    return target === undefined ? undefined : new ListedDestination(target)
  }

  *durables(): Iterable<DurableView> {
    for (const durable of this.#port.core.registry.durables()) yield durableView(durable)
  }

  *connections(): Iterable<ConnectionView> {
    for (const client of this.#port.clients()) yield client.view
  }

  *consumers(): Iterable<ConsumerView> {
    for (const client of this.#port.clients()) yield* client.consumerViews()
  }
}
