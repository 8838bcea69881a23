import type { Clock, Timer } from '@quorate/core/base/clock'
import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import { OpenWireCodec, initialCodecOptions } from '@quorate/core/openwire/codec'
import { CommandReader } from '@quorate/core/openwire/command-reader'
import { TypeId, create } from '@quorate/core/openwire/commands'
import type { Command } from '@quorate/core/openwire/commands'
import {
  decodeOffer,
  defaultOffer,
  encodeOffer,
  negotiate,
} from '@quorate/core/openwire/wire-format'
import type { ByteStream, ByteStreamOwner } from '@quorate/core/transport/byte-stream'
import { InactivityMonitor } from '@quorate/core/transport/inactivity-monitor'

/** What the owner of a link is told, about which link. */
export interface LinkOwner {
  /** Commands may be sent. */
  opened(link: WireLink): void
  received(link: WireLink, command: Command): void
  /** Not told after `close`. */
  lost(link: WireLink, why: BrokerError): void
}

const offer = { ...defaultOffer, providerName: 'Quorate' }
const greeting = new OpenWireCodec(initialCodecOptions).encode(encodeOffer(offer))

/**
 * One connection to one broker: negotiation, commands in both directions, the watch over silence.
 */
export class WireLink implements ByteStreamOwner {
  readonly #stream: ByteStream
  readonly #owner: LinkOwner
  readonly #clock: Clock
  #codec = new OpenWireCodec(initialCodecOptions)
  readonly #reader = new CommandReader(this.#codec)
  #monitor: InactivityMonitor | null = null
  #timer: Timer | null = null
  #isOver = false
  #isFlushScheduled = false

  constructor(stream: ByteStream, owner: LinkOwner, clock: Clock) {
    this.#stream = stream
    this.#owner = owner
    this.#clock = clock
    stream.attach(this)
    stream.write([greeting])
  }

  /** What is sent until the end of the turn leaves together. Throws what cannot be encoded. */
  send(command: Command): void {
    if (this.#isOver) return
    this.#codec.append(command)
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    queueMicrotask(() => this.flush())
  }

  flush(): void {
    this.#isFlushScheduled = false
    if (this.#isOver || this.#codec.pendingBytes === 0) return
    this.#monitor?.bytesWritten()
    this.#stream.write(this.#codec.takePieces())
  }

  /** Ends our direction after what was sent; the broker ends the other. */
  end(): void {
    this.flush()
    this.#over()
    this.#stream.end()
  }

  /** Ends both directions at once; the owner is not told. */
  close(): void {
    if (this.#isOver) return
    this.#over()
    this.#stream.destroy()
  }

  received(bytes: Buffer): void {
    if (this.#isOver) return
    this.#monitor?.bytesRead()
    try {
      this.#reader.push(bytes)
      while (!this.#isEnded()) {
        const command = this.#reader.next()
        if (command === undefined) return
        if (command !== null) this.#take(command)
      }
    } catch (error) {
      this.#lose(toBrokerError(error))
    }
  }

  drained(): void {
    // What may be under way is bounded by who sends it.
  }

  closed(error: BrokerError | null): void {
    this.#lose(error ?? new BrokerError('CONNECTION_LOST', 'the broker closed the connection'))
  }

  /** The owner may have closed the link while it was told of a command. */
  #isEnded(): boolean {
    return this.#isOver
  }

  #take(command: Command): void {
    if (command.type === TypeId.WireFormatInfo) {
      const format = negotiate(offer, decodeOffer(command))
      this.#codec = new OpenWireCodec(format.codec)
      this.#reader.use(this.#codec)
      const { readTimeoutMs, initialDelayMs } = format
      const words = { readTimeoutMs, initialDelayMs }
      this.#monitor = new InactivityMonitor(words, this.#clock.monotonicMs())
      this.#watch()
      this.#owner.opened(this)
    } else if (command.type === TypeId.KeepAliveInfo) {
      if (command.responseRequired) this.send(create('KeepAliveInfo'))
    } else {
      this.#owner.received(this, command)
    }
  }

  #watch(): void {
    const monitor = this.#monitor
    if (monitor === null || this.#isOver || monitor.nextTickMs === Infinity) return
    const delayMs = Math.max(1, monitor.nextTickMs - this.#clock.monotonicMs())
    this.#timer = this.#clock.after(delayMs, () => {
      const effect = monitor.tick(this.#clock.monotonicMs())
      if (effect === 'timeout') {
        this.#lose(new BrokerError('INACTIVITY_TIMEOUT', 'the broker fell silent'))
        return
      }
      if (effect === 'sendKeepAlive') this.send(create('KeepAliveInfo'))
      this.#watch()
    })
  }

  #over(): void {
    this.#isOver = true
    this.#timer?.cancel()
  }

  #lose(why: BrokerError): void {
    if (this.#isOver) return
    this.close()
    this.#owner.lost(this, why)
  }
}
