import type { Clock } from '@quorate/core/base/clock'
import type { Entropy } from '@quorate/core/base/entropy'
import { BrokerError, errnoOf, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import type { Network, NetworkServer } from '@quorate/core/transport/network'
import type { Frame } from '../frames.ts'
import { decodeFrame, encodeFrame } from '../frames.ts'
import type { Identity } from './handshake.ts'
import { InboundLink } from './inbound-link.ts'
import type { LinkPeer } from './outbound-link.ts'
import { OutboundLink } from './outbound-link.ts'

/** Connections to the replication port at a time, proven or not. */
export const INBOUND_LINKS_MAX = 32
/** Nodes that we dial: voters, and learners on their way in. */
export const PEERS_MAX = 16

export interface LinksListener {
  up(peer: LinkPeer): void
  down(peer: string, refused: boolean): void
  frame(from: string, frame: Frame): void
  /** A part of a large frame has come. */
  arriving(from: string): void
}

export interface LinksOptions {
  readonly host: string
  readonly port: number
  readonly identity: () => Identity
  readonly securityToken: string
  readonly network: Network
  readonly entropy: Entropy
  readonly clock: Clock
  readonly log: Log
  readonly listener: LinksListener
}

/** A node that we dial. */
export interface LinkView {
  readonly nodeId: string
  readonly connected: boolean
}

interface Dialed {
  readonly address: string
  readonly link: OutboundLink
  /** null: not connected. */
  storeUuid: string | null
}

/** The replicas' network: one outbound link to every other node, and whoever dials us. */
export class ReplicationLinks {
  readonly #options: LinksOptions
  readonly #dialed = new Map<string, Dialed>()
  readonly #inbound = new Set<InboundLink>()
  #server: NetworkServer | null = null
  #isStopped = false

  constructor(options: LinksOptions) {
    this.#options = options
  }

  /** Resolves to the port; rejects with ADDRESS_IN_USE when it is taken. */
  async listen(): Promise<number> {
    const { host, port, network, log } = this.#options
    const server = await network
      .listen({
        host,
        port,
        accept: (stream) => {
          if (this.#isStopped || this.#inbound.size >= INBOUND_LINKS_MAX) stream.destroy()
          else this.#accept(stream)
        },
        onError: (error) => log.error('replication listener', { error: error.message }),
      })
      .catch((error: unknown) => {
        throw listenError(error as Error, host, port)
      })
    this.#server = server
    if (this.#isStopped) void server.close()
    return server.address.port
  }

  /** The nodes to be linked with, by node id; `host:port` each. Others are dropped. */
  setPeers(addresses: ReadonlyMap<string, string>): void {
    // News of the members may still come while the broker ends.
    if (this.#isStopped) return
    for (const [nodeId, { address, link }] of this.#dialed) {
      if (addresses.get(nodeId) === address) continue
      link.stop()
      this.#dialed.delete(nodeId)
      this.#options.listener.down(nodeId, false)
    }
    for (const [nodeId, address] of addresses) {
      if (this.#dialed.has(nodeId) || this.#dialed.size >= PEERS_MAX) continue
      this.#dial(nodeId, address)
    }
  }

  get view(): readonly LinkView[] {
    return [...this.#dialed]
      .map(([nodeId, { storeUuid }]) => ({ nodeId, connected: storeUuid !== null }))
      .sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1))
  }

  send(to: string, frame: Frame): void {
    this.#dialed.get(to)?.link.send(encodeFrame(frame))
  }

  stop(): void {
    this.#isStopped = true
    for (const { link } of this.#dialed.values()) link.stop()
    this.#dialed.clear()
    for (const link of this.#inbound) link.close()
    void this.#server?.close()
  }

  #dial(nodeId: string, address: string): void {
    const at = address.lastIndexOf(':')
    const host = address.slice(0, at).replace(/^\[|\]$/g, '')
    const { identity, securityToken, network, entropy, clock, log, listener } = this.#options
    const link = new OutboundLink({
      peer: nodeId,
      address: { host, port: Number(address.slice(at + 1)) },
      identity,
      securityToken,
      network,
      entropy,
      clock,
      log,
      onUp: (peer) => {
        const dialed = this.#dialed.get(nodeId)
        if (dialed?.link !== link) return
        dialed.storeUuid = peer.storeUuid
        listener.up(peer)
      },
      onDown: (refused) => {
        const dialed = this.#dialed.get(nodeId)
        if (dialed?.link !== link) return
        dialed.storeUuid = null
        listener.down(nodeId, refused)
      },
    })
    this.#dialed.set(nodeId, { address, link, storeUuid: null })
  }

  #accept(stream: ByteStream): void {
    const { identity, securityToken, entropy, clock, log } = this.#options
    const link: InboundLink = new InboundLink({
      stream,
      identity,
      securityToken,
      entropy,
      clock,
      log,
      onFrame: (peer, frame) => this.#onFrame(peer, frame),
      onArriving: (peer) => this.#onArriving(peer),
      onClosed: () => this.#inbound.delete(link),
    })
    this.#inbound.add(link)
  }

  #onArriving(peer: Identity): void {
    if (this.#isAnswering(peer)) this.#options.listener.arriving(peer.nodeId)
  }

  /** R40: one store per node at a time; the one that answers at the node's address. */
  #isAnswering({ nodeId, storeUuid }: Identity): boolean {
    const known = this.#dialed.get(nodeId)?.storeUuid ?? null
    return known === null || known === storeUuid
  }

  #onFrame(peer: Identity, bytes: Buffer): void {
    if (!this.#isAnswering(peer)) {
      const reason = `another store of node "${peer.nodeId}" is connected`
      throw new BrokerError('FOREIGN_CLUSTER', reason)
    }
    this.#options.listener.frame(peer.nodeId, decodeFrame(bytes))
  }
}

function listenError(error: Error, host: string, port: number): BrokerError {
  const details = { host, port }
  if (errnoOf(error) === 'EADDRINUSE') {
    const message = `replication port ${host}:${port} (bind) is taken by another process`
    return new BrokerError('ADDRESS_IN_USE', message, { cause: error, details })
  }
  if (errnoOf(error) === 'EADDRNOTAVAIL' || errnoOf(error) === 'ENOTFOUND') {
    const message = `cannot listen for other brokers at ${host} (bind): no address of this machine`
    return new BrokerError('CONFIG_INVALID', message, { cause: error, details })
  }
  return toBrokerError(error, 'STORE_UNAVAILABLE')
}
