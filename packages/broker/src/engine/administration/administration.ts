import type { DestinationName } from '@quorate/core/model/destination'
import type { ClientConnection } from '../client-connection.ts'
import type { ConnectOptions } from '../client.ts'
import type { EngineCore } from '../engine-core.ts'
import type { DurableView } from '../engine-view.ts'
import type { Placed } from '../dispatch/entry.ts'
import { Administrator, queueOf } from './administrator.ts'
import { browse } from './browsing.ts'
import type { BrowsedPage } from './browsing.ts'
import { durableView, ListedDestination } from './views.ts'
import type { ConnectionView, ConsumerView, DestinationEntry } from './views.ts'

/** What the engine lets administrators do besides: its clients, and how to become one. */
export interface AdministrationPort {
  readonly core: EngineCore
  readonly clients: () => Iterable<ClientConnection>
  readonly connect: (options: ConnectOptions) => ClientConnection
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

  /** Throws INVALID_CLIENT_ID when the client id is in use by a live connection. */
  connect(options: ConnectOptions): Administrator {
    return new Administrator(this.#port.core, this.#port.connect(options))
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

  /** Shows messages of a queue. Calls back once, unless this leadership ends before. */
  browse(
    queue: DestinationName,
    how: { readonly after: Placed; readonly limit: number },
    done: (page: BrowsedPage) => void,
  ): void {
    const { registry, store } = this.#port.core
    browse(store, queueOf(registry, queue), how, done)
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
