import { assert } from '@quorate/core/base/errors'
import { dirname } from 'node:path'
import { checksum } from './journal/checksum.ts'
import type { File, FileSystem } from './journal/file-system.ts'
import { readFully, writeFully } from './journal/file-system.ts'

/**
 * A small file that is replaced as a whole and survives a crash at any moment: two slots, written
 * in turn, of which the valid one with the higher generation counts. A torn write spoils only the
 * slot that did not count yet. Each slot holds its content twice, in blocks of the disk that are
 * not neighbours: decay of one must not look like a torn write and bring the older slot back, or a
 * voter would forget its last promise (R7).
 *
 * ```
 *   0             copyBytes       2 * copyBytes   3 * copyBytes   4 * copyBytes
 *   +---------------+---------------+---------------+---------------+
 *   | copy          | copy          | copy          | copy          |
 *   +---------------+---------------+---------------+---------------+
 *     slot of even generations        slot of odd generations
 *
 *   copy:  0       4        8            16        20
 *          +-------+--------+------------+---------+------------------+
 *          | magic | length | generation | CRC-32  | payload, zeros   |
 *          |  u32  |  u32   |    u64     | u32     |                  |
 *          +-------+--------+------------+---------+------------------+
 *   The checksum covers bytes 0 to 15 and the payload.
 * ```
 *
 * A new file begins with generation 0, which has no payload: without it the first write, torn,
 * would leave a file that never held anything and looks damaged.
 */
export class TwoSlotFile {
  readonly #file: File
  readonly #copyBytes: number
  #generation: number
  #writing: Promise<void> = Promise.resolve()

  private constructor(file: File, copyBytes: number, generation: number) {
    this.#file = file
    this.#copyBytes = copyBytes
    this.#generation = generation
  }

  /** Opens the file, creating it if it is missing, and says what it held. */
  static async open(options: TwoSlotFileOptions): Promise<OpenedTwoSlotFile> {
    const { fileSystem, path } = options
    const copyBytes = options.copyBytes ?? COPY_BYTES
    assert(copyBytes % BLOCK_BYTES === 0, 'copies never share a block of the disk')
    if ((await fileSystem.size(path)) === null) {
      await fileSystem.makeDirectory(dirname(path))
      const file = await fileSystem.open(path, 'create')
      await makeEmpty(file, options)
      return { file: new TwoSlotFile(file, copyBytes, 0), state: 'absent', payload: null }
    }
    const file = await fileSystem.open(path, 'write')
    const content = await readFully(file, 0, COPIES * copyBytes)
    const best = newestIn(content, copyBytes)
    if (best === null && content.some((byte) => byte !== 0)) {
      return { file: new TwoSlotFile(file, copyBytes, 0), state: 'bad', payload: null }
    }
    if (best === null || best.generation === 0) {
      // The process that created it ended before its first write, perhaps before its name was
      // durable: as good as absent.
      await makeEmpty(file, options)
      return { file: new TwoSlotFile(file, copyBytes, 0), state: 'absent', payload: null }
    }
    // A process that was killed, or whose sync failed, may have left it in the page cache only; the
    // next write goes over the other slot, and a loss of power would then take both. After a failed
    // sync its pages count as clean, so it is written once more (R37).
    const opened = new TwoSlotFile(file, copyBytes, best.generation)
    await opened.#writeSlot(best)
    return { file: opened, state: 'valid', payload: best.payload }
  }

  /** Largest payload that fits. */
  get payloadBytesMax(): number {
    return this.#copyBytes - COPY_HEADER_BYTES
  }

  /**
   * Replaces the content; resolves when it is on the disk. Calls run one after the other. After a
   * rejection the file must not be written again (R37).
   */
  write(payload: Buffer): Promise<void> {
    assert(payload.length <= this.payloadBytesMax, 'a payload has to fit its copies')
    const write = this.#writing.then(() => this.#writeNext(payload))
    this.#writing = write
    // The caller sees the rejection; the chain hands it to later writes too.
    write.catch(() => undefined)
    return write
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined)
    await this.#file.close()
  }

  async #writeNext(payload: Buffer): Promise<void> {
    const generation = this.#generation + 1
    await this.#writeSlot({ payload, generation })
    this.#generation = generation
  }

  async #writeSlot(content: Content): Promise<void> {
    const copy = encodeCopy(content)
    const position = (content.generation % 2) * 2 * this.#copyBytes
    await writeFully(this.#file, [copy], position)
    await writeFully(this.#file, [copy], position + this.#copyBytes)
    await this.#file.syncData()
  }
}

export interface TwoSlotFileOptions {
  readonly fileSystem: FileSystem
  readonly path: string
  /** Size of each copy, a multiple of 4,096; 64 KiB by default. Fixed for the life of the file. */
  readonly copyBytes?: number
}

export interface OpenedTwoSlotFile {
  readonly file: TwoSlotFile
  /** 'absent': new or never written. 'bad': it holds bytes, and no copy is valid. */
  readonly state: 'absent' | 'valid' | 'bad'
  readonly payload: Buffer | null
}

const COPY_BYTES = 64 * 1024
/** Of a file whose copies have their usual size. */
export const SLOT_BYTES = 2 * COPY_BYTES
const COPIES = 4
const BLOCK_BYTES = 4096
/** 'QRTC'. */
const COPY_MAGIC = 0x51525443
const COPY_HEADER_BYTES = 20
/** In a copy, and so in a slot. */
export const GENERATION_AT = 8
const CHECKSUM_AT = 16

/** The same as opening the file with these bytes would say. */
export function contentIn(bytes: Buffer): Omit<OpenedTwoSlotFile, 'file'> {
  const newest = newestIn(bytes, COPY_BYTES)
  const isUnwritten = newest === null ? bytes.every((byte) => byte === 0) : newest.generation === 0
  if (isUnwritten) return { state: 'absent', payload: null }
  return { state: newest === null ? 'bad' : 'valid', payload: newest?.payload ?? null }
}

/** What the file with these bytes says; null where it never held anything, or is damaged. */
export function payloadIn(bytes: Buffer, copyBytes = COPY_BYTES): Buffer | null {
  const newest = newestIn(bytes, copyBytes)
  return newest === null || newest.generation === 0 ? null : newest.payload
}

interface Content {
  readonly generation: number
  readonly payload: Buffer
}

function encodeCopy({ payload, generation }: Content): Buffer {
  const copy = Buffer.alloc(COPY_HEADER_BYTES + payload.length)
  copy.writeUInt32BE(COPY_MAGIC, 0)
  copy.writeUInt32BE(payload.length, 4)
  copy.writeBigUInt64BE(BigInt(generation), GENERATION_AT)
  payload.copy(copy, COPY_HEADER_BYTES)
  copy.writeUInt32BE(checksumOf(copy), CHECKSUM_AT)
  return copy
}

function decodeCopy(copy: Buffer): Content | null {
  if (copy.length < COPY_HEADER_BYTES || copy.readUInt32BE(0) !== COPY_MAGIC) return null
  const length = copy.readUInt32BE(4)
  if (length > copy.length - COPY_HEADER_BYTES) return null
  const end = COPY_HEADER_BYTES + length
  if (copy.readUInt32BE(CHECKSUM_AT) !== checksumOf(copy.subarray(0, end))) return null
  return {
    generation: Number(copy.readBigUInt64BE(GENERATION_AT)),
    payload: copy.subarray(COPY_HEADER_BYTES, end),
  }
}

function checksumOf(copy: Buffer): number {
  const ofHeader = checksum(copy, 0, CHECKSUM_AT)
  return checksum(copy, COPY_HEADER_BYTES, copy.length, ofHeader)
}

function newestIn(bytes: Buffer, copyBytes: number): Content | null {
  let newest: Content | null = null
  for (let at = 0; at < COPIES * copyBytes; at += copyBytes) {
    newest = newestOf(newest, decodeCopy(bytes.subarray(at, at + copyBytes)))
  }
  return newest
}

function newestOf(first: Content | null, second: Content | null): Content | null {
  if (first === null || second === null) return first ?? second
  return first.generation > second.generation ? first : second
}

/** Durable when it resolves, the name as well as the content. */
async function makeEmpty(file: File, options: TwoSlotFileOptions): Promise<void> {
  const { fileSystem, path, copyBytes = COPY_BYTES } = options
  const content = Buffer.alloc(COPIES * copyBytes)
  const copy = encodeCopy({ payload: NO_PAYLOAD, generation: 0 })
  copy.copy(content, 0)
  copy.copy(content, copyBytes)
  await writeFully(file, [content], 0)
  await file.sync()
  await fileSystem.syncDirectory(dirname(path))
}

const NO_PAYLOAD = Buffer.alloc(0)
