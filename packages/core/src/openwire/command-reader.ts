import type { OpenWireCodec } from './codec.ts'
import type { Command } from './commands.ts'
import { FrameSplitter } from './frame-splitter.ts'

/**
 * Turns the bytes of a socket into commands, with and without size prefixes. It decodes one
 * command at a time, because the first one changes how all others are encoded.
 */
export class CommandReader {
  #codec: OpenWireCodec
  readonly #splitter: FrameSplitter
  /** Pending bytes below which decoding without prefixes cannot succeed. */
  #wantedBytes = 1

  /** `admit` is asked before a large frame gets its memory: see FrameSplitter. */
  constructor(codec: OpenWireCodec, admit?: (byteCount: number) => boolean) {
    this.#codec = codec
    this.#splitter = new FrameSplitter(codec.options.maxFrameBytes, admit)
  }

  /** Decodes what follows with another codec. */
  use(codec: OpenWireCodec): void {
    this.#codec = codec
    this.#splitter.maxFrameBytes = codec.options.maxFrameBytes
  }

  /** Bytes that have arrived but make no whole command yet. */
  get pendingBytes(): number {
    return this.#splitter.pendingBytes
  }

  push(chunk: Buffer): void {
    this.#splitter.push(chunk)
  }

  /**
   * The next command, null for the null object, undefined until more bytes arrive or a large frame
   * is admitted. Throws
   * MALFORMED_FRAME or FRAME_TOO_LARGE; the connection cannot be read any further then.
   */
  next(): Command | null | undefined {
    if (!this.#codec.options.sizePrefix) return this.#nextUnprefixed()
    const frame = this.#splitter.next()
    return frame === null ? undefined : this.#codec.decode(frame)
  }

  #nextUnprefixed(): Command | null | undefined {
    if (this.#splitter.pendingBytes < this.#wantedBytes) return undefined
    const bytes = this.#splitter.peek()
    const { command, usedBytes, missingBytes } = this.#codec.decodeAhead(bytes)
    if (command === undefined) {
      this.#wantedBytes = bytes.length + missingBytes
      return undefined
    }
    this.#wantedBytes = 1
    this.#splitter.skip(usedBytes)
    return command
  }
}
