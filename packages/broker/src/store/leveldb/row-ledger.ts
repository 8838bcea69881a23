import { crc32 } from 'node:zlib'
import { BrokerError } from '@quorate/core/base/errors'

/** A row as LevelDB holds it: four bytes of checksum before the content. */
const CHECKSUM_BYTES = 4

/**
 * Seals a row: its value is the CRC-32 of key and content, then the content. LevelDB checks its
 * blocks only where it likes, and one wrong position would hand a consumer another message's bytes.
 */
export function sealRow(key: Buffer, content: Buffer): Buffer {
  const value = Buffer.allocUnsafe(CHECKSUM_BYTES + content.length)
  value.writeUInt32BE(crc32(content, crc32(key)), 0)
  value.set(content, CHECKSUM_BYTES)
  return value
}

/** The content of a sealed row, as a slice. Throws INDEX_CORRUPT when the seal does not fit. */
export function openRow(key: Buffer, value: Buffer): Buffer {
  const content = value.subarray(CHECKSUM_BYTES)
  if (value.length < CHECKSUM_BYTES || crc32(content, crc32(key)) !== sealOf(value)) {
    throw new BrokerError('INDEX_CORRUPT', `Row ${key.toString('hex')} fails its checksum.`)
  }
  return content
}

export function sealOf(value: Buffer): number {
  return value.readUInt32BE(0)
}

/**
 * Knows which rows the index holds, and the sum of their seals. The sum goes into the applied row:
 * when LevelDB loses one write batch and keeps a later one - it may, when a block of its own log is
 * damaged - every row is sound by itself and only the sum tells that the whole is not.
 */
export class RowLedger {
  readonly #seals = new Map<string, number>()
  #sum = 0

  /** Number of rows. */
  get rows(): number {
    return this.#seals.size
  }

  /** Sum of the seals modulo 2^32. */
  get sum(): number {
    return this.#sum
  }

  /** The row is written, or written anew. */
  put(key: Buffer, seal: number): void {
    const name = key.toString('latin1')
    this.#sum = (this.#sum - (this.#seals.get(name) ?? 0) + seal) >>> 0
    this.#seals.set(name, seal)
  }

  /** The row is deleted; false when the index does not hold it. */
  remove(key: Buffer): boolean {
    const name = key.toString('latin1')
    const seal = this.#seals.get(name)
    if (seal === undefined) return false
    this.#seals.delete(name)
    this.#sum = (this.#sum - seal) >>> 0
    return true
  }
}
