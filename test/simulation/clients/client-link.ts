import type { Clock, Timer } from '@quorate/core/base/clock'
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

/** Silence of the broker after which a link is given up; the broker gives up clients by it too. */
export const INACTIVITY_MS = 1050
const TICK_MS = INACTIVITY_MS / 3
/** The longest time from the broker's last word to `lost`. */
export const NOTICE_MS = INACTIVITY_MS + TICK_MS

/** What every client offers. */
export const clientOffer = {
  ...defaultOffer,
  maxInactivityMs: INACTIVITY_MS,
  inactivityInitialDelayMs: TICK_MS,
  providerName: 'simulation',
}

const greeting = new OpenWireCodec(initialCodecOptions).encode(encodeOffer(clientOffer))
const keepAlive = create('KeepAliveInfo')

/** What the owner of a link is told, about which link. */
export interface LinkListener {
  /** Commands may be sent. */
  opened(link: ClientLink): void
  received(link: ClientLink, command: Command): void
  /** Not told after `close`. */
  lost(link: ClientLink): void
}

/**
 * One connection to one broker: negotiation, commands in both directions, the watch over silence.
 */
export class ClientLink implements ByteStreamOwner {
  readonly #stream: ByteStream
  readonly #listener: LinkListener
  readonly #clock: Clock
  readonly #timer: Timer
  #codec = new OpenWireCodec(initialCodecOptions)
  readonly #reader = new CommandReader(this.#codec)
  #isOpen = false
  #isOver = false
  #isFlushScheduled = false
  #heardMs: number
  #hasSpoken = true

  constructor(stream: ByteStream, listener: LinkListener, clock: Clock) {
    this.#stream = stream
    this.#listener = listener
    this.#clock = clock
    this.#heardMs = clock.monotonicMs()
    stream.attach(this)
    stream.write([greeting])
    this.#timer = clock.every(TICK_MS, () => this.#tick())
  }

  /** What is sent until the end of the turn leaves together. */
  send(command: Command): void {
    if (!this.#isOpen || this.#isOver) return
    this.#codec.append(command)
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    queueMicrotask(() => this.flush())
  }

  flush(): void {
    this.#isFlushScheduled = false
    if (this.#isOver || this.#codec.pendingBytes === 0) return
    this.#hasSpoken = true
    this.#stream.write([this.#codec.take()])
  }

  /** Ends both directions at once; the listener is not told. */
  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#timer.cancel()
    this.#stream.destroy()
  }

  received(bytes: Buffer): void {
    if (this.#isOver) return
    this.#heardMs = this.#clock.monotonicMs()
    this.#reader.push(bytes)
    for (;;) {
      const command = this.#reader.next()
      if (command === undefined) return
      if (command !== null) this.#take(command)
      // The listener may have closed the link.
      if (this.#isEnded()) return
    }
  }

  drained(): void {
    // Clients write little, and wait for answers.
  }

  closed(): void {
    this.#lose()
  }

  #isEnded(): boolean {
    return this.#isOver
  }

  #take(command: Command): void {
    if (command.type === TypeId.WireFormatInfo) {
      this.#codec = new OpenWireCodec(negotiate(clientOffer, decodeOffer(command)).codec)
      this.#reader.use(this.#codec)
      this.#isOpen = true
      this.#listener.opened(this)
    } else if (command.type === TypeId.KeepAliveInfo) {
      if (command.responseRequired) this.send(keepAlive)
    } else {
      this.#listener.received(this, command)
    }
  }

  #tick(): void {
    if (this.#clock.monotonicMs() - this.#heardMs >= INACTIVITY_MS) {
      this.#lose()
      return
    }
    if (!this.#hasSpoken) this.send(keepAlive)
    this.flush()
    this.#hasSpoken = false
  }

  #lose(): void {
    if (this.#isOver) return
    this.close()
    this.#listener.lost(this)
  }
}
