import type { Clock, Timer } from '@quorate/core/base/clock'
import type { Entropy } from '@quorate/core/base/entropy'
import { BrokerError, errnoOf } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import type { Network, NetworkAddress } from '@quorate/core/transport/network'
import type { HandshakeMessage, Hello, Identity } from './handshake.ts'
import {
  CHALLENGE_BYTES,
  HANDSHAKE_BYTES_MAX,
  decodeHandshake,
  dialerHello,
  encodeHandshake,
  mismatch,
  proofOf,
  proves,
} from './handshake.ts'
import { LengthPrefixed } from './length-prefixed.ts'

const REDIAL_FIRST_MS = 20
/** Longest pause between two dials of a peer that does not answer. */
const REDIAL_MAX_MS = 500
/** From the dial to the welcome. */
const HANDSHAKE_MS = 3_000
/** The acceptor pulses each second; a link without pulse for this long is dead. */
const PULSE_TIMEOUT_MS = 5_000
/** A peer that takes nothing: beyond the follower window and a batch, something is wrong. */
export const LINK_OUTBOUND_BYTES_MAX = 256 * 1024 * 1024

export interface LinkPeer {
  readonly nodeId: string
  readonly storeUuid: string
  readonly weight: number
}

export interface OutboundLinkOptions {
  readonly peer: string
  readonly address: NetworkAddress
  readonly identity: () => Identity
  readonly securityToken: string
  readonly network: Network
  readonly entropy: Entropy
  readonly clock: Clock
  readonly log: Log
  readonly onUp: (peer: LinkPeer) => void
  readonly onDown: (refused: boolean) => void
}

/**
 * Our way to one peer: dials until stopped, proves itself, and then carries our frames. Frames
 * never come back on it; the peer has a link of its own for those.
 */
export class OutboundLink {
  readonly #options: OutboundLinkOptions
  #abort = new AbortController()
  #stream: ByteStream | null = null
  #isUp = false
  #isStopped = false
  #redialMs = REDIAL_FIRST_MS
  #redial: Timer | null = null
  #watchdog: Timer | null = null
  #lastPulseMs = 0
  #lastRefusal = ''

  constructor(options: OutboundLinkOptions) {
    this.#options = options
    this.#dial()
  }

  send(chunks: readonly Buffer[]): void {
    if (!this.#isUp || this.#stream === null) return
    this.#stream.write(chunks)
    if (this.#stream.outboundBytes > LINK_OUTBOUND_BYTES_MAX) this.#stream.destroy()
  }

  stop(): void {
    this.#isStopped = true
    this.#abort.abort()
    this.#redial?.cancel()
    this.#watchdog?.cancel()
    this.#stream?.destroy()
  }

  #dial(): void {
    this.#abort = new AbortController()
    const { network, address, clock } = this.#options
    const timeout = clock.after(HANDSHAKE_MS, () => this.#abort.abort())
    network.connect(address, this.#abort.signal).then(
      (stream) => {
        timeout.cancel()
        this.#connected(stream)
      },
      (error: unknown) => {
        timeout.cancel()
        const cause = error instanceof BrokerError ? error.cause : error
        this.#failed(errnoOf(cause) === 'ECONNREFUSED')
      },
    )
  }

  #connected(stream: ByteStream): void {
    const { identity, entropy, clock } = this.#options
    this.#stream = stream
    const splitter = new LengthPrefixed(HANDSHAKE_BYTES_MAX)
    const hello = dialerHello(identity(), entropy.bytes(CHALLENGE_BYTES))
    this.#lastPulseMs = clock.monotonicMs()
    this.#watchdog = clock.every(PULSE_TIMEOUT_MS / 5, () => this.#watch())
    let peer: Hello | null = null
    stream.attach({
      received: (bytes) => {
        this.#lastPulseMs = clock.monotonicMs()
        this.#guarded(() =>
          splitter.push(bytes, (frame) => {
            if (frame.length > 0) peer = this.#onMessage(hello, peer, decodeHandshake(frame))
          }),
        )
      },
      drained: () => undefined,
      closed: () => this.#failed(false),
    })
    stream.write([encodeHandshake({ kind: 'hello', hello })])
  }

  #onMessage(own: Hello, peer: Hello | null, message: HandshakeMessage): Hello | null {
    if (message.kind === 'refusal') {
      this.#refused(message.reason)
      this.#stream?.destroy()
      return peer
    }
    if (message.kind === 'hello' && peer === null) {
      this.#check(own, message.hello)
      const proof = proofOf(this.#options.securityToken, 'dialer', own, message.hello)
      this.#stream?.write([encodeHandshake({ kind: 'proof', proof })])
      return message.hello
    }
    if (message.kind !== 'welcome' || peer === null || this.#isUp) {
      throw new BrokerError('PROTOCOL_VIOLATION', `${message.kind} out of order`)
    }
    this.#isUp = true
    this.#redialMs = REDIAL_FIRST_MS
    this.#lastRefusal = ''
    const { nodeId, storeUuid, weight } = peer
    this.#options.onUp({ nodeId, storeUuid, weight })
    return peer
  }

  #check(own: Hello, peer: Hello): void {
    const why = mismatch(own, peer)
    if (why !== null) throw new BrokerError('FOREIGN_CLUSTER', why)
    if (peer.nodeId !== this.#options.peer) {
      const expected = this.#options.peer
      throw new BrokerError('FOREIGN_CLUSTER', `node "${peer.nodeId}" answers for "${expected}"`)
    }
    const expected = proofOf(this.#options.securityToken, 'acceptor', own, peer)
    if (!proves(expected, peer.proof)) {
      throw new BrokerError('NOT_AUTHENTICATED', 'the peer does not know our securityToken')
    }
  }

  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#refused(error instanceof Error ? error.message : String(error))
      this.#stream?.destroy()
    }
  }

  /** Said once per reason: the link is tried for ever. */
  #refused(reason: string): void {
    if (reason === this.#lastRefusal) return
    this.#lastRefusal = reason
    this.#options.log.warn('no replication link', { peer: this.#options.peer, reason })
  }

  #watch(): void {
    const silentMs = this.#options.clock.monotonicMs() - this.#lastPulseMs
    if (silentMs > (this.#isUp ? PULSE_TIMEOUT_MS : HANDSHAKE_MS)) this.#stream?.destroy()
  }

  #failed(refused: boolean): void {
    const wasUp = this.#isUp
    this.#isUp = false
    this.#stream = null
    this.#watchdog?.cancel()
    if (this.#isStopped) return
    if (wasUp || refused) this.#options.onDown(refused)
    // The first redial after a loss is immediate: it tells at once whether the process is gone
    // (R12).
    const delayMs = wasUp ? 0 : this.#redialMs
    this.#redialMs = wasUp ? REDIAL_FIRST_MS : Math.min(REDIAL_MAX_MS, this.#redialMs * 2)
    this.#redial = this.#options.clock.after(delayMs, () => this.#dial())
  }
}
