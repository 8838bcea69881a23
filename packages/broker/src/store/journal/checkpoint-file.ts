import { BrokerError } from '@quorate/core/base/errors'
import { ByteReader } from '@quorate/core/base/byte-reader'
import { ByteWriter } from '@quorate/core/base/byte-writer'
import { TwoSlotFile } from '../two-slot-file.ts'
import type { FileSystem } from './file-system.ts'
import type { EpochStart, LogPoint } from './log-batch.ts'

/** What the journal remembers about itself. True when it was written, and true ever after. */
export interface Checkpoint {
  /** The point before the oldest record that is kept. */
  readonly origin: LogPoint
  /** Everything up to here was on the medium (R32: nothing below it can be a torn tail). */
  readonly synced: LogPoint
  /** The epochs up to `synced`, ascending. */
  readonly epochs: readonly EpochStart[]
  /** The journal was closed in order, and not opened since. */
  readonly clean: boolean
}

/** More epochs than this in one log, and the oldest are forgotten. */
export const EPOCHS_MAX = 4_000

const FORMAT = 1

/**
 * The journal's two-slot file. The payload, big-endian:
 *
 * ```
 *   format u16 | clean u8 | origin point | synced point | count u16 | count x epoch start
 *   point = index u64, epoch u64, chain u32, position u64
 *   epoch start = epoch u64, first index u64
 * ```
 */
export class CheckpointFile {
  readonly #file: TwoSlotFile

  private constructor(file: TwoSlotFile) {
    this.#file = file
  }

  static async open(fileSystem: FileSystem, path: string): Promise<OpenedCheckpoint> {
    const { file, state, payload } = await TwoSlotFile.open({
      fileSystem,
      path,
      copyBytes: COPY_BYTES,
    })
    const checkpoint = payload === null ? null : decodeCheckpoint(payload)
    return { file: new CheckpointFile(file), state, checkpoint }
  }

  write(checkpoint: Checkpoint): Promise<void> {
    return this.#file.write(encodeCheckpoint(checkpoint))
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

export interface OpenedCheckpoint {
  readonly file: CheckpointFile
  /** 'bad': there was a checkpoint, and it cannot be read any more. */
  readonly state: 'absent' | 'valid' | 'bad'
  readonly checkpoint: Checkpoint | null
}

/** Holds EPOCHS_MAX epochs of 16 bytes, and the rest. */
const COPY_BYTES = 64 * 1024

function encodeCheckpoint(checkpoint: Checkpoint): Buffer {
  const writer = new ByteWriter(128 + 16 * checkpoint.epochs.length)
  writer.uint16(FORMAT).boolean(checkpoint.clean)
  writePoint(writer, checkpoint.origin)
  writePoint(writer, checkpoint.synced)
  writer.list16(checkpoint.epochs, (target, start) =>
    target.uint53(start.epoch).uint53(start.firstIndex),
  )
  return writer.finish()
}

/** Of the payload of the two-slot file. Throws UNSUPPORTED_FORMAT, MALFORMED_FRAME. */
export function decodeCheckpoint(payload: Buffer): Checkpoint {
  const reader = new ByteReader(payload)
  const format = reader.uint16()
  if (format !== FORMAT) {
    throw new BrokerError('UNSUPPORTED_FORMAT', `the journal's checkpoint has format ${format}`)
  }
  const clean = reader.boolean()
  const origin = readPoint(reader)
  const synced = readPoint(reader)
  const epochs = reader.list16((source) => ({
    epoch: source.uint53(),
    firstIndex: source.uint53(),
  }))
  reader.end()
  return { clean, origin, synced, epochs }
}

function writePoint(writer: ByteWriter, point: LogPoint): void {
  writer.uint53(point.index).uint53(point.epoch).uint32(point.chain).uint53(point.position)
}

function readPoint(reader: ByteReader): LogPoint {
  return {
    index: reader.uint53(),
    epoch: reader.uint53(),
    chain: reader.uint32(),
    position: reader.uint53(),
  }
}
