import { BrokerError } from '@quorate/core/base/errors'

/**
 * Cuts a byte stream into frames of `length:int body`. What is held is what has arrived and never
 * more than one frame: an announced length allocates nothing.
 */
export class FrameSplitter {
  readonly #frameBytesMax: number
  #chunks: Buffer[] = []
  #held = 0

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax
  }

  /** Calls back with each whole frame, without its length. Throws FRAME_TOO_LARGE. */
  push(chunk: Buffer, onFrame: (frame: Buffer) => void): void {
    this.#chunks.push(chunk)
    this.#held += chunk.length
    if (this.#held < 4 || this.#held < 4 + this.#announcedLength()) return
    const [first] = this.#chunks
    let bytes =
      first !== undefined && this.#chunks.length === 1
        ? first
        : Buffer.concat(this.#chunks, this.#held)
    this.#hold([])
    while (bytes.length >= 4) {
      const length = this.#checked(bytes.readInt32BE(0))
      if (bytes.length < 4 + length) break
      onFrame(bytes.subarray(4, 4 + length))
      bytes = bytes.subarray(4 + length)
    }
    if (bytes.length > 0) this.#hold([bytes])
  }

  #hold(chunks: Buffer[]): void {
    this.#chunks = chunks
    this.#held = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  #announcedLength(): number {
    const first = this.#chunks[0]
    if (first !== undefined && first.length >= 4) return this.#checked(first.readInt32BE(0))
    // The length itself came in pieces.
    const joined = Buffer.concat(this.#chunks, this.#held)
    this.#hold([joined])
    return this.#checked(joined.readInt32BE(0))
  }

  #checked(length: number): number {
    if (length >= 0 && length <= this.#frameBytesMax) return length
    throw new BrokerError('FRAME_TOO_LARGE', `a frame of ${length} bytes was announced`)
  }
}
