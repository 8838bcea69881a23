import { assert } from '@quorate/core/base/errors'
import { dirname } from 'node:path'
import { checksum } from './journal/checksum.ts'
import type { File, FileSystem } from './journal/file-system.ts'
import { readFully, writeFully } from './journal/file-system.ts'

/**
 * A small file that is replaced as a whole and survives a crash at any moment: two slots, written
 * in turn, of which the valid one with the higher generation counts. A torn write spoils only the
 * slot that did not count yet.
 *
 * ```
 *   0                         slotBytes                    2 * slotBytes
 *   +-------------------------+----------------------------+
 *   | slot of even generations| slot of odd generations    |
 *   +-------------------------+----------------------------+
 *
 *   slot:  0       4        8            16        20
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
  readonly #slotBytes: number
  #generation: number
  #writing: Promise<void> = Promise.resolve()

  private constructor(file: File, slotBytes: number, generation: number) {
    this.#file = file
    this.#slotBytes = slotBytes
    this.#generation = generation
  }

  /** Opens the file, creating it if it is missing, and says what it held. */
  static async open(options: TwoSlotFileOptions): Promise<OpenedTwoSlotFile> {
    const { fileSystem, path } = options
    const slotBytes = options.slotBytes ?? SLOT_BYTES
    assert(slotBytes % BLOCK_BYTES === 0, 'slots never share a block of the disk')
    if ((await fileSystem.size(path)) === null) {
      await fileSystem.makeDirectory(dirname(path))
      const file = await fileSystem.open(path, 'create')
      await makeEmpty(file, options)
      return { file: new TwoSlotFile(file, slotBytes, 0), state: 'absent', payload: null }
    }
    const file = await fileSystem.open(path, 'write')
    const content = await readFully(file, 0, 2 * slotBytes)
    const best = newestOf(
      decodeSlot(content.subarray(0, slotBytes)),
      decodeSlot(content.subarray(slotBytes)),
    )
    if (best === null && content.some((byte) => byte !== 0)) {
      return { file: new TwoSlotFile(file, slotBytes, 0), state: 'bad', payload: null }
    }
    if (best === null || best.generation === 0) {
      // The process that created it ended before its first write, perhaps before its name was
      // durable: as good as absent.
      await makeEmpty(file, options)
      return { file: new TwoSlotFile(file, slotBytes, 0), state: 'absent', payload: null }
    }
    // A process that was killed, or whose sync failed, may have left it in the page cache only; the
    // next write goes over the other slot, and a loss of power would then take both. After a failed
    // sync its pages count as clean, so it is written once more (R37).
    const slot = encodeSlot(best.payload, best.generation)
    await writeFully(file, [slot], (best.generation % 2) * slotBytes)
    await file.syncData()
    const opened = new TwoSlotFile(file, slotBytes, best.generation)
    return { file: opened, state: 'valid', payload: best.payload }
  }

  /** Largest payload that fits. */
  get payloadBytesMax(): number {
    return this.#slotBytes - SLOT_HEADER_BYTES
  }

  /**
   * Replaces the content; resolves when it is on the disk. Calls run one after the other. After a
   * rejection the file must not be written again (R37).
   */
  write(payload: Buffer): Promise<void> {
    assert(payload.length <= this.payloadBytesMax, 'a payload has to fit its slot')
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
    const slot = encodeSlot(payload, generation)
    await writeFully(this.#file, [slot], (generation % 2) * this.#slotBytes)
    await this.#file.syncData()
    this.#generation = generation
  }
}

export interface TwoSlotFileOptions {
  readonly fileSystem: FileSystem
  readonly path: string
  /** Size of each slot, a multiple of 4,096; 64 KiB by default. Fixed for the life of the file. */
  readonly slotBytes?: number
}

export interface OpenedTwoSlotFile {
  readonly file: TwoSlotFile
  /** 'absent': new or never written. 'bad': it holds bytes, and neither slot is valid. */
  readonly state: 'absent' | 'valid' | 'bad'
  readonly payload: Buffer | null
}

const SLOT_BYTES = 64 * 1024
const BLOCK_BYTES = 4096
const SLOT_MAGIC = 0x51525453
const SLOT_HEADER_BYTES = 20
const CHECKSUM_AT = 16

/** What the file with this content says; null where it never held anything, or is damaged. */
export function payloadIn(content: Buffer, slotBytes = SLOT_BYTES): Buffer | null {
  const best = newestOf(
    decodeSlot(content.subarray(0, slotBytes)),
    decodeSlot(content.subarray(slotBytes)),
  )
  return best === null || best.generation === 0 ? null : best.payload
}

interface Slot {
  readonly generation: number
  readonly payload: Buffer
}

function encodeSlot(payload: Buffer, generation: number): Buffer {
  const slot = Buffer.alloc(SLOT_HEADER_BYTES + payload.length)
  slot.writeUInt32BE(SLOT_MAGIC, 0)
  slot.writeUInt32BE(payload.length, 4)
  slot.writeBigUInt64BE(BigInt(generation), 8)
  payload.copy(slot, SLOT_HEADER_BYTES)
  slot.writeUInt32BE(slotChecksum(slot), CHECKSUM_AT)
  return slot
}

function decodeSlot(slot: Buffer): Slot | null {
  if (slot.length < SLOT_HEADER_BYTES || slot.readUInt32BE(0) !== SLOT_MAGIC) return null
  const length = slot.readUInt32BE(4)
  if (length > slot.length - SLOT_HEADER_BYTES) return null
  const end = SLOT_HEADER_BYTES + length
  if (slot.readUInt32BE(CHECKSUM_AT) !== slotChecksum(slot.subarray(0, end))) return null
  return {
    generation: Number(slot.readBigUInt64BE(8)),
    payload: slot.subarray(SLOT_HEADER_BYTES, end),
  }
}

function slotChecksum(slot: Buffer): number {
  const ofHeader = checksum(slot, 0, CHECKSUM_AT)
  return checksum(slot, SLOT_HEADER_BYTES, slot.length, ofHeader)
}

function newestOf(first: Slot | null, second: Slot | null): Slot | null {
  if (first === null || second === null) return first ?? second
  return first.generation > second.generation ? first : second
}

/** Durable when it resolves, the name as well as the content. */
async function makeEmpty(file: File, options: TwoSlotFileOptions): Promise<void> {
  const { fileSystem, path, slotBytes = SLOT_BYTES } = options
  const content = Buffer.alloc(2 * slotBytes)
  encodeSlot(NO_PAYLOAD, 0).copy(content)
  await writeFully(file, [content], 0)
  await file.sync()
  await fileSystem.syncDirectory(dirname(path))
}

const NO_PAYLOAD = Buffer.alloc(0)
