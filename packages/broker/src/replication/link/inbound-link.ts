import type { Clock, Timer } from '@quorate/core/base/clock'
import type { Entropy } from '@quorate/core/base/entropy'
import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import { FRAME_BYTES_MAX } from '../frames.ts'
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

/** A connection that has not proven itself by then is closed. */
const HANDSHAKE_MS = 3_000
const PULSE_MS = 1_000
/** How often it is told that a frame is on its way: well below what makes a leader suspect. */
const ARRIVING_EVERY_MS = 50
const PULSE = Buffer.alloc(4)

export interface InboundLinkOptions {
  readonly stream: ByteStream
  readonly identity: () => Identity
  readonly securityToken: string
  readonly entropy: Entropy
  readonly clock: Clock
  readonly log: Log
  /** A frame from the peer that has proven itself. A throw closes the link. */
  readonly onFrame: (peer: Identity, frame: Buffer) => void
  /** A large frame of a peer that has proven itself is on its way: told now and then. */
  readonly onArriving: (peer: Identity) => void
  readonly onClosed: () => void
}

/** A peer's way to us: it proves itself, then we take its frames and pulse. */
export class InboundLink {
  readonly #options: InboundLinkOptions
  readonly #splitter = new LengthPrefixed(HANDSHAKE_BYTES_MAX)
  readonly #timer: { current: Timer }
  #dialer: Hello | null = null
  #own: Hello | null = null
  #isProven = false
  #toldArrivingMs = Number.NEGATIVE_INFINITY

  constructor(options: InboundLinkOptions) {
    this.#options = options
    const { stream, clock } = options
    this.#timer = { current: clock.after(HANDSHAKE_MS, () => stream.destroy()) }
    stream.attach({
      received: (bytes) => this.#received(bytes),
      drained: () => undefined,
      closed: () => {
        this.#timer.current.cancel()
        options.onClosed()
      },
    })
  }

  close(): void {
    this.#options.stream.destroy()
  }

  #received(bytes: Buffer): void {
    const { log, stream } = this.#options
    try {
      this.#splitter.push(bytes, (frame) => {
        if (this.#isProven && this.#dialer !== null) this.#options.onFrame(this.#dialer, frame)
        else this.#onMessage(decodeHandshake(frame))
      })
      this.#tellArriving()
    } catch (error) {
      const { code, message } = toBrokerError(error)
      log.warn('replication link refused', { from: stream.remoteAddress, code, reason: message })
      if (!this.#isProven) stream.write([encodeHandshake({ kind: 'refusal', reason: message })])
      stream.end()
      stream.destroy()
    }
  }

  /**
   * Heartbeats stand behind a large frame, which may take seconds: its bytes speak for the peer.
   */
  #tellArriving(): void {
    if (!this.#isProven || this.#dialer === null || !this.#splitter.isFilling) return
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#toldArrivingMs < ARRIVING_EVERY_MS) return
    this.#toldArrivingMs = nowMs
    this.#options.onArriving(this.#dialer)
  }

  #onMessage(message: HandshakeMessage): void {
    if (message.kind === 'hello' && this.#dialer === null) this.#onHello(message.hello)
    else if (message.kind === 'proof' && this.#dialer !== null) this.#onProof(message.proof)
    else throw new BrokerError('PROTOCOL_VIOLATION', `${message.kind} out of order`)
  }

  #onHello(dialer: Hello): void {
    const { identity, securityToken, entropy, stream } = this.#options
    const self = identity()
    const why = mismatch(self, dialer)
    if (why !== null) throw new BrokerError('FOREIGN_CLUSTER', why)
    const unproven = dialerHello(self, entropy.bytes(CHALLENGE_BYTES))
    const hello = { ...unproven, proof: proofOf(securityToken, 'acceptor', dialer, unproven) }
    this.#dialer = dialer
    this.#own = hello
    stream.write([encodeHandshake({ kind: 'hello', hello })])
  }

  #onProof(proof: Buffer): void {
    const { securityToken, stream, clock } = this.#options
    if (this.#dialer === null || this.#own === null) return
    if (!proves(proofOf(securityToken, 'dialer', this.#dialer, this.#own), proof)) {
      throw new BrokerError('NOT_AUTHENTICATED', 'the peer does not know our securityToken')
    }
    this.#isProven = true
    this.#splitter.limit = FRAME_BYTES_MAX
    stream.write([encodeHandshake({ kind: 'welcome' })])
    this.#timer.current.cancel()
    this.#timer.current = clock.every(PULSE_MS, () => stream.write([PULSE]))
  }
}
