import type { Clock, Timer } from '@quorate/core/base/clock'
import type { Log } from '@quorate/core/base/log'
import { create } from '@quorate/core/openwire/commands'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import type { EngineApi } from '../../engine/client.ts'
import { Advisories } from './advisory.ts'
import { LargeFrameBudget } from './large-frame-budget.ts'
import { TICK_MS } from './limits.ts'
import { OpenWireClient } from './openwire-client.ts'
import type { OpenWireOptions } from './openwire-options.ts'
import type { OpenWireServices } from './openwire-services.ts'

export interface OpenWireAdapterOptions {
  readonly engine: EngineApi
  readonly brokerName: string
  /** This broker's id, unique in the world; clients see it. */
  readonly brokerId: string
  /** Client addresses of all brokers of the cluster, `tcp://host:port`. */
  readonly clusterUris: readonly string[]
  readonly clock: Clock
  readonly log: Log
  /** Bytes of large frames of all connections; LARGE_FRAMES_BYTES_MAX by default. */
  readonly largeFramesBytesMax?: number
  /** For streams that are accepted without options of their own. */
  readonly options: OpenWireOptions
}

/**
 * Serves OpenWire clients on top of the engine, for as long as this broker leads. An engine has one
 * adapter, however many listeners: it is the adapter that tells the engine's advisories.
 */
export class OpenWireAdapter {
  readonly #services: OpenWireServices
  readonly #options: OpenWireOptions
  readonly #clients = new Set<OpenWireClient>()
  readonly #timer: Timer

  constructor({ engine, brokerName, brokerId, clock, ...rest }: OpenWireAdapterOptions) {
    this.#options = rest.options
    const id = create('BrokerId', { value: brokerId })
    this.#services = {
      log: rest.log,
      clusterUris: rest.clusterUris,
      engine,
      brokerName,
      brokerId: id,
      clock,
      largeFrames: new LargeFrameBudget(rest.largeFramesBytesMax),
      advisories: new Advisories(engine, { brokerId: id, brokerName, clock }),
    }
    this.#timer = clock.every(TICK_MS, () => {
      for (const client of this.#clients) client.tick()
    })
  }

  get connections(): number {
    return this.#clients.size
  }

  /** Serves the client at the other end of a new stream, with the options of its listener. */
  accept(stream: ByteStream, options: OpenWireOptions = this.#options): void {
    const client = new OpenWireClient(stream, {
      services: this.#services,
      options,
      ended: (gone) => this.#clients.delete(gone),
    })
    this.#clients.add(client)
  }

  /** The cluster's addresses have changed: clients that can use them are told. */
  setClusterUris(uris: readonly string[]): void {
    this.#services.clusterUris = uris
    for (const client of this.#clients) {
      client.tellClusterUris()
      client.link.flush()
    }
  }

  /** Closes all connections at once; nothing more is answered (R29). */
  stop(): void {
    this.#timer.cancel()
    for (const client of this.#clients) client.link.destroy(null)
  }
}
