import { BrokerError } from '../base/errors.ts'
import { LARGE_BYTES } from '../base/roomy-memory.ts'
import type { Command, DataStructure } from './commands.ts'
import { isCommand } from './commands.ts'
import { malformed } from './malformed.ts'
import { StructureReader } from './structure-reader.ts'
import { StructureWriter } from './structure-writer.ts'
import { joined } from './wire-writer.ts'

/** What two sides agreed on: how every frame after the first is encoded. */
export interface CodecOptions {
  /** 1 to 12. */
  readonly version: number
  readonly tight: boolean
  /** Whether an int32 size stands before each frame. */
  readonly sizePrefix: boolean
  /** Entries of the marshal caches, or 0 for none. */
  readonly cacheSize: number
  readonly stackTraceEnabled: boolean
  /** Largest frame in bytes, its size prefix not counted. */
  readonly maxFrameBytes: number
  /** Decode and encode by the table alone, without the hand-written paths. */
  readonly tableOnly?: boolean
}

/** How WireFormatInfo travels, before anything is agreed on. */
export const initialCodecOptions: CodecOptions = Object.freeze({
  version: 1,
  tight: false,
  sizePrefix: true,
  cacheSize: 0,
  stackTraceEnabled: false,
  maxFrameBytes: 16 * 1024,
})

/**
 * Decodes and encodes the frames of one connection. It holds the connection's marshal caches, so
 * frames must be decoded in the order of their arrival and sent in the order of encoding.
 *
 * Ids and destinations of decoded commands may be shared with other commands through the cache;
 * those that were encoded are kept for comparison. Neither may be changed afterwards.
 */
export class OpenWireCodec {
  readonly options: CodecOptions
  readonly #reader: StructureReader
  readonly #writer: StructureWriter

  constructor(options: CodecOptions) {
    this.options = options
    this.#reader = new StructureReader(options)
    this.#writer = new StructureWriter(options)
  }

  /**
   * The command in a frame without its size prefix, or null for the null object. Byte sequences
   * are slices of the frame. Any other bytes end in MALFORMED_FRAME.
   */
  decode(frame: Buffer): Command | null {
    return commandOf(this.decodeStructure(frame))
  }

  /** As decode, but of ids, destinations and journal records too. */
  decodeStructure(frame: Buffer): DataStructure | null {
    const reader = this.#reader
    reader.reset(frame, 0)
    try {
      const value = reader.root()
      if (reader.remaining > 0) throw malformed(`${reader.remaining} bytes too many`)
      return value
    } finally {
      reader.release()
    }
  }

  /**
   * Decodes the frame at the start of `bytes` where frames have no size prefix. Answers undefined
   * and how many bytes are missing at least when the frame is not complete. A large frame is
   * refused (FRAME_TOO_LARGE): nobody can make room for what does not tell its size.
   */
  decodeAhead(bytes: Buffer): AheadResult {
    const reader = this.#reader
    reader.reset(bytes, 0)
    try {
      const command = commandOf(reader.root())
      this.#refuse(reader.position)
      return { command, usedBytes: reader.position, missingBytes: 0 }
    } catch (error) {
      if (reader.shortfall === 0) throw error
      this.#refuse(bytes.length + reader.shortfall)
      return { command: undefined, usedBytes: 0, missingBytes: reader.shortfall }
    } finally {
      reader.release()
    }
  }

  /** One frame, to be sent before any that is encoded later. */
  encode(command: DataStructure | null): Buffer {
    this.append(command)
    return this.take()
  }

  /**
   * Adds one frame to the batch. A command that cannot be encoded (INVALID_ARGUMENT, UNSUPPORTED,
   * FRAME_TOO_LARGE) leaves the batch as it was.
   */
  append(command: DataStructure | null): void {
    this.#writer.frame(command)
  }

  /** Bytes in the batch. */
  get pendingBytes(): number {
    return this.#writer.batchBytes
  }

  /** The batch in one piece. */
  take(): Buffer {
    return joined(this.#writer.takeBatch())
  }

  /** The batch, to be sent with one write: large byte sequences are pieces of it, not copied. */
  takePieces(): Buffer[] {
    return this.#writer.takeBatch()
  }

  #refuse(byteCount: number): void {
    const most = Math.min(this.options.maxFrameBytes, LARGE_BYTES - 1)
    if (byteCount <= most) return
    const what = `a frame without size prefix of ${byteCount} bytes or more`
    throw new BrokerError('FRAME_TOO_LARGE', `${what}, where ${most} are allowed`)
  }
}

function commandOf(value: DataStructure | null): Command | null {
  if (value === null || isCommand(value)) return value
  throw malformed(`a structure of type ${value.type} is no command`)
}

export interface AheadResult {
  readonly command: Command | null | undefined
  readonly usedBytes: number
  readonly missingBytes: number
}
