import { assert } from '../base/errors.ts'
import type { BrokerError } from '../base/errors.ts'
import type { ByteStream, ByteStreamOwner } from './byte-stream.ts'

/**
 * Two byte streams joined in memory: what one writes the other receives, in a later microtask and
 * in the same order. For tests and for talking inside one process, without a port.
 *
 *   left.write --> [ left's outbound ] --> right.received
 *   left.received <-- [ right's outbound ] <-- right.write
 */
export function createPipe(name = 'pipe'): [left: PipeEnd, right: PipeEnd] {
  const left = new PipeEnd(`${name}://left`)
  const right = new PipeEnd(`${name}://right`)
  left.join(right)
  right.join(left)
  return [left, right]
}

/** One end of a pipe. */
export class PipeEnd implements ByteStream {
  readonly remoteAddress: string
  #peer: PipeEnd | null = null
  #owner: ByteStreamOwner | null = null
  #outbound: Buffer[] = []
  #outboundBytes = 0
  #paused = false
  #ended = false
  #closed = false
  #scheduled = false

  constructor(remoteAddress: string) {
    this.remoteAddress = remoteAddress
  }

  get outboundBytes(): number {
    return this.#outboundBytes
  }

  join(peer: PipeEnd): void {
    this.#peer = peer
  }

  attach(owner: ByteStreamOwner): void {
    assert(this.#owner === null, 'a byte stream has one owner')
    this.#owner = owner
    this.#peer?.schedule()
  }

  write(buffers: readonly Buffer[]): void {
    if (this.#ended || this.#closed) return
    for (const buffer of buffers) {
      this.#outbound.push(buffer)
      this.#outboundBytes += buffer.length
    }
    this.schedule()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#peer?.schedule()
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.schedule()
  }

  destroy(): void {
    this.#close(null)
    const peer = this.#peer
    if (peer !== null) queueMicrotask(() => peer.#close(null))
  }

  /** Hands over what is written, soon. */
  schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#deliver()
    })
  }

  #deliver(): void {
    const peer = this.#peer
    if (peer === null || this.#closed) return
    const owner = peer.#owner
    if (owner === null) return
    const hadBytes = this.#outboundBytes > 0
    while (this.#outbound.length > 0 && !peer.#paused && !peer.#closed) {
      const buffer = this.#outbound.shift() as Buffer
      this.#outboundBytes -= buffer.length
      owner.received(buffer)
    }
    if (this.#outbound.length > 0) return
    if (hadBytes) this.#owner?.drained()
    // As a socket without half-open: the peer's end ends us too.
    if (this.#ended) {
      peer.#close(null)
      this.#close(null)
    }
  }

  #close(error: BrokerError | null): void {
    if (this.#closed) return
    this.#closed = true
    this.#outbound = []
    this.#outboundBytes = 0
    const owner = this.#owner
    queueMicrotask(() => owner?.closed(error))
  }
}
