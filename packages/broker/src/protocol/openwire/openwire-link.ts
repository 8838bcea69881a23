import type { Clock } from '@quorate/core/base/clock'
import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import { OpenWireCodec, initialCodecOptions } from '@quorate/core/openwire/codec'
import { CommandReader } from '@quorate/core/openwire/command-reader'
import { TypeId, create } from '@quorate/core/openwire/commands'
import type { Command } from '@quorate/core/openwire/commands'
import { decodeOffer, encodeOffer, negotiate } from '@quorate/core/openwire/wire-format'
import type { NegotiatedFormat, WireFormatOffer } from '@quorate/core/openwire/wire-format'
import type { ByteStream, ByteStreamOwner } from '@quorate/core/transport/byte-stream'
import { InactivityMonitor } from '@quorate/core/transport/inactivity-monitor'
import type { Claim, LargeFrameBudget } from './large-frame-budget.ts'
import { LargeFrameGate } from './large-frame-gate.ts'
import { LINGER_MS, OUTBOUND_BYTES_MAX, OUTBOUND_PAUSE_BYTES } from './limits.ts'

/** What the owner of a link is told. */
export interface LinkOwner {
  /** Both sides have said what they can: commands may be sent. */
  opened(format: NegotiatedFormat): void
  received(command: Command): void
  /** Everything that had arrived is handed over. */
  burstEnded(): void
  /** The peer has taken what waited for it. */
  drained(): void
  /** The peer sends what it was told not to: it may be told so, and the link must be ended. */
  refused(error: BrokerError): void
  /** The link is over; told once and last. null = ended in the ordinary way. */
  closed(reason: BrokerError | null): void
}

export interface LinkOptions {
  readonly stream: ByteStream
  readonly offer: WireFormatOffer
  /** Milliseconds that the peer has for its WireFormatInfo. */
  readonly handshakeTimeoutMs: number
  readonly clock: Clock
  /** Shared by all links. */
  readonly largeFrames: LargeFrameBudget
  readonly owner: LinkOwner
}

/** Who wants the peer to send no more, as bits: reading goes on when nobody does. */
export const Brake = { engine: 1, receipts: 2, outbound: 4, room: 8 } as const
/** What was read already waits for these as well. */
const HOLDING = Brake.engine | Brake.room
/** Not the peer's fault: it would be read from but for us. */
const OURS = Brake.engine | Brake.receipts | Brake.room

/**
 * Commands on one side, bytes on the other: the handshake, the negotiated codec, the watch over a
 * silent peer.
 *
 *   greeting --- WireFormatInfo ---> open --- end() ---> ending ---> closed
 *       \______________________________\___________________\____________^   error, timeout, loss
 */
export class OpenWireLink implements ByteStreamOwner {
  readonly #options: LinkOptions
  readonly #stream: ByteStream
  readonly #greeting = new OpenWireCodec(initialCodecOptions)
  readonly #reader = new CommandReader(this.#greeting, (bytes) => this.#admit(bytes))
  readonly #gate: LargeFrameGate
  #codec = this.#greeting
  #monitor: InactivityMonitor
  #state: 'greeting' | 'open' | 'ending' | 'closed' = 'greeting'
  #reason: BrokerError | null = null
  /** When a greeting or an ending has taken too long. */
  #deadlineMs: number
  #brakes = 0
  #outboundMax: number
  #receiving = false

  constructor(options: LinkOptions) {
    this.#options = options
    this.#stream = options.stream
    this.#gate = new LargeFrameGate({
      budget: options.largeFrames,
      granted: () => this.brake('room', false),
    })
    const nowMs = options.clock.monotonicMs()
    this.#deadlineMs = nowMs + options.handshakeTimeoutMs
    this.#monitor = new InactivityMonitor({ readTimeoutMs: 0, initialDelayMs: 0 }, nowMs)
    this.#outboundMax = OUTBOUND_BYTES_MAX + options.offer.maxFrameBytes
    this.#stream.attach(this)
    // Both sides speak first, without waiting for each other (OpenWire 5.1).
    this.#greeting.append(encodeOffer(options.offer))
    this.flush()
  }

  get isBraked(): boolean {
    return this.#brakes !== 0
  }

  get remoteAddress(): string {
    return this.#stream.remoteAddress
  }

  /** The agreed version; 0 before there is one. */
  get version(): number {
    return this.#codec === this.#greeting ? 0 : this.#codec.options.version
  }

  /** Bytes that wait for the peer, encoded or written. */
  get outboundBytes(): number {
    return this.#codec.pendingBytes + this.#stream.outboundBytes
  }

  /** Encodes a command; `flush` writes it. Throws when the agreed format cannot carry it. */
  encode(command: Command): void {
    if (this.#state === 'open') this.#codec.append(command)
  }

  /**
   * As `encode`, for what every format can carry: a peer whose cannot is not served. Never throws.
   */
  send(command: Command): void {
    try {
      this.encode(command)
    } catch (error) {
      this.destroy(toBrokerError(error))
    }
  }

  /**
   * Writes what is encoded, as one batch. While bytes are being received that waits for their end.
   */
  flush(): void {
    if (this.#receiving || this.#codec.pendingBytes === 0 || this.#state === 'closed') return
    this.#stream.write(this.#codec.takePieces())
    this.#monitor.bytesWritten()
    const waiting = this.#stream.outboundBytes
    if (waiting > this.#outboundMax) {
      this.destroy(new BrokerError('RESOURCE_LIMIT', `the peer leaves ${waiting} bytes unread`))
    } else if (waiting > OUTBOUND_PAUSE_BYTES) {
      this.brake('outbound', true)
    }
  }

  /**
   * Stops reading while any brake is on. What was read already is still handed over, except for the
   * engine's brake - a command behind a send that waits must not pass it - and for the room's.
   */
  brake(name: keyof typeof Brake, on: boolean): void {
    const before = this.#brakes
    this.#brakes = on ? before | Brake[name] : before & ~Brake[name]
    if (before === 0 && this.#brakes !== 0) this.#stream.pause()
    if (before !== 0 && this.#brakes === 0) this.#stream.resume()
    // Not from inside the engine's own call, nor another link's.
    if ((before & ~this.#brakes & HOLDING) !== 0) queueMicrotask(() => this.#goOn())
  }

  /**
   * The room of the large frame whose command is being handed over, if it is one: its message keeps
   * it until `releaseRoom`, which the owner sees to also when the link is over.
   */
  keepRoom(): Claim | null {
    return this.#gate.isArriving ? this.#gate.keep(this.#options.clock.monotonicMs()) : null
  }

  releaseRoom(room: Claim): void {
    this.#gate.release(room)
  }

  /** Writes out what is encoded and closes; a peer that does not take it has LINGER_MS. */
  end(reason: BrokerError | null): void {
    if (this.#state === 'closed' || this.#state === 'ending') return
    const isBatchEmpty = this.#codec.pendingBytes === 0
    this.#state = 'ending'
    this.#reason = reason
    this.#deadlineMs = this.#options.clock.monotonicMs() + LINGER_MS
    if (!isBatchEmpty) this.#stream.write(this.#codec.takePieces())
    this.#stream.end()
    // What still comes is dropped, but must be read to see the end.
    this.#brakes = 0
    this.#gate.drop()
    this.#stream.resume()
  }

  /** Closes at once; nothing more is written. */
  destroy(reason: BrokerError | null): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#reason ??= reason
    this.#gate.drop()
    this.#stream.destroy()
  }

  /** Looks at the time; called a few times a second. */
  tick(): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (this.#state === 'open') this.#watch(nowMs)
    else if (this.#state !== 'closed' && nowMs >= this.#deadlineMs) this.#expire()
  }

  received(bytes: Buffer): void {
    if (this.#state === 'ending' || this.#state === 'closed') return
    this.#monitor.bytesRead()
    this.#gate.bytesRead(bytes.length)
    this.#receive(bytes)
  }

  #admit(byteCount: number): boolean {
    const admitted = this.#gate.admit(byteCount, this.#options.clock.monotonicMs())
    if (!admitted) this.brake('room', true)
    return admitted
  }

  /** What was read already, and was held back. */
  #goOn(): void {
    if (this.#state === 'open' && !this.#receiving) this.#receive(null)
  }

  #receive(bytes: Buffer | null): void {
    this.#receiving = true
    try {
      if (bytes !== null) this.#reader.push(bytes)
      this.#handOver()
    } catch (error) {
      this.#receiving = false
      this.#fail(toBrokerError(error, 'INTERNAL'))
      return
    }
    this.#receiving = false
    if (this.#isOpen()) this.#options.owner.burstEnded()
    this.flush()
  }

  /** A peer that ignores the size of frames that was agreed on understands what it is told. */
  #fail(error: BrokerError): void {
    if (this.#isOpen() && error.code === 'FRAME_TOO_LARGE') this.#options.owner.refused(error)
    else this.destroy(error)
  }

  drained(): void {
    this.brake('outbound', false)
    if (this.#state === 'open') this.#options.owner.drained()
  }

  /**
   * From the stream, in a turn of its own: the owner is never told from inside a call of its own.
   */
  closed(error: BrokerError | null): void {
    this.#state = 'closed'
    this.#gate.drop()
    this.#options.owner.closed(this.#reason ?? error)
  }

  #isOpen(): boolean {
    return this.#state === 'open'
  }

  #handOver(): void {
    while ((this.#brakes & HOLDING) === 0) {
      const command = this.#reader.next()
      if (command === undefined) return
      // The null object is allowed everywhere and means nothing.
      if (command === null) continue
      if (this.#state === 'greeting') this.#greeted(command)
      else if (command.type === TypeId.WireFormatInfo) {
        throw new BrokerError('PROTOCOL_VIOLATION', 'a second WireFormatInfo')
      } else this.#options.owner.received(command)
      if (!this.#isOpen()) return
      if (this.#gate.isArriving) this.#gate.drop()
    }
  }

  #greeted(command: Command): void {
    if (command.type !== TypeId.WireFormatInfo) {
      throw new BrokerError('PROTOCOL_VIOLATION', 'the first command is not a WireFormatInfo')
    }
    const format = negotiate(this.#options.offer, decodeOffer(command))
    this.#codec = new OpenWireCodec(format.codec)
    this.#reader.use(this.#codec)
    this.#monitor = new InactivityMonitor(format, this.#options.clock.monotonicMs())
    this.#state = 'open'
    this.#options.owner.opened(format)
  }

  #watch(nowMs: number): void {
    const isHeldBack = (this.#brakes & OURS) !== 0
    // A peer whose bytes we leave in the kernel is not silent. One that does not take ours is
    // waited for too, but not with room for a large frame of its.
    if (isHeldBack || (this.isBraked && !this.#gate.isArriving)) this.#monitor.bytesRead()
    const gateEffect = this.#gate.tick(nowMs, isHeldBack)
    if (gateEffect !== 'none') {
      this.#endLarge(gateEffect)
      return
    }
    const effect = this.#monitor.tick(nowMs)
    if (effect === 'none') return
    if (effect === 'sendKeepAlive') {
      this.send(create('KeepAliveInfo'))
      this.flush()
      return
    }
    this.destroy(new BrokerError('INACTIVITY_TIMEOUT', 'the peer has been silent for too long'))
  }

  #endLarge(why: 'slow' | 'stuck'): void {
    if (why === 'slow') {
      const message = 'a large frame arrives too slowly, and others wait for its room'
      this.destroy(new BrokerError('INACTIVITY_TIMEOUT', message))
      return
    }
    const message = 'No room for a large message: those before it wait for room in their queues.'
    this.#options.owner.refused(new BrokerError('RESOURCE_LIMIT', message))
  }

  #expire(): void {
    this.destroy(
      this.#state === 'greeting'
        ? new BrokerError('INACTIVITY_TIMEOUT', 'no WireFormatInfo arrived in time')
        : this.#reason,
    )
  }
}
