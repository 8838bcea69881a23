import { BrokerError } from '@quorate/core/base/errors'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import { FrameSplitter } from '../zookeeper/frame-splitter.ts'
import type { Peer } from './coordination-service.ts'
import { treeLimits } from './decisions.ts'

export interface ServerConnectionOwner {
  received(connection: ServerConnection, frame: Buffer): void
  /** The answer to a four-letter word, or null when the bytes begin a frame. */
  word(first: Buffer): string | null
  closed(connection: ServerConnection): void
  /** The peer sent what makes no sense; the connection is closed already. */
  offended(connection: ServerConnection, error: BrokerError): void
}

export const connectionLimits = {
  /** The largest node, its path and its access list. */
  frameBytesMax: treeLimits.nodeDataBytesMax + 64 * 1024,
  /** Bytes that a client does not take, beyond which it is not read. */
  outboundPauseBytes: 4 * 1024 * 1024,
  /** Notifications come unasked; a client that takes none of them is cut off. */
  outboundBytesMax: 16 * 1024 * 1024,
} as const

/** The bytes of one client: cut into frames one way, and bounded the other. */
export class ServerConnection implements Peer {
  readonly address: string
  readonly #stream: ByteStream
  readonly #owner: ServerConnectionOwner
  readonly #splitter = new FrameSplitter(connectionLimits.frameBytesMax)
  /** Until it is known whether they are a word. */
  #first: Buffer | undefined = Buffer.alloc(0)
  #throttled = false
  #full = false
  #over = false

  constructor(stream: ByteStream, owner: ServerConnectionOwner) {
    this.#stream = stream
    this.#owner = owner
    this.address = stream.remoteAddress
    stream.attach({
      received: (bytes) => this.#received(bytes),
      drained: () => this.#drained(),
      closed: () => this.#closed(),
    })
  }

  send(frame: Buffer): void {
    if (this.#over) return
    this.#stream.write([frame])
    const { outboundBytes } = this.#stream
    if (outboundBytes > connectionLimits.outboundBytesMax) {
      this.#offended(new BrokerError('RESOURCE_LIMIT', 'the client does not take its frames'))
    } else if (outboundBytes > connectionLimits.outboundPauseBytes) {
      this.#full = true
      this.#pauseOrResume()
    }
  }

  throttle(on: boolean): void {
    this.#throttled = on
    this.#pauseOrResume()
  }

  close(): void {
    if (this.#over) return
    this.#over = true
    this.#stream.end()
  }

  destroy(): void {
    this.#over = true
    this.#stream.destroy()
  }

  #received(bytes: Buffer): void {
    if (this.#over) return
    const frames = this.#first === undefined ? bytes : this.#begin(this.#first, bytes)
    if (frames === null) return
    try {
      this.#splitter.push(frames, (frame) => {
        if (!this.#over) this.#owner.received(this, frame)
      })
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error
      this.#offended(error)
    }
  }

  /** The first four bytes are a word or the length of the first frame. */
  #begin(first: Buffer, bytes: Buffer): Buffer | null {
    const joined = first.length === 0 ? bytes : Buffer.concat([first, bytes])
    if (joined.length < 4) {
      this.#first = joined
      return null
    }
    this.#first = undefined
    const answer = this.#owner.word(joined)
    if (answer === null) return joined
    this.#stream.write([Buffer.from(answer)])
    this.close()
    return null
  }

  #drained(): void {
    this.#full = false
    this.#pauseOrResume()
  }

  #pauseOrResume(): void {
    if (this.#over) return
    if (this.#throttled || this.#full) this.#stream.pause()
    else this.#stream.resume()
  }

  #offended(error: BrokerError): void {
    this.destroy()
    this.#owner.offended(this, error)
  }

  #closed(): void {
    this.#over = true
    this.#owner.closed(this)
  }
}
