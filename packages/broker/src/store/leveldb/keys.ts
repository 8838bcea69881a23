import { ByteReader } from '@quorate/core/base/byte-reader'

/**
 * Keys of the index (docs/internals/index-keys.md). The first byte says what a row is; its values
 * are ordered so that whoever reads all rows in order meets what others refer to first.
 *
 * ```
 *   00                          the applied row
 *   01  id u32                  a destination
 *   02  id u32                  a durable subscription
 *   03  id u53                  a producer
 *   04  number u53              a committed transaction
 *   05  list u32  first u53     a page of waiting messages
 * ```
 */
export const ROWS = {
  applied: 0,
  destination: 1,
  subscription: 2,
  producer: 3,
  outcome: 4,
  page: 5,
} as const

export type RowKind = keyof typeof ROWS

export const APPLIED_KEY: Buffer = Buffer.from([ROWS.applied])

/** Key of a destination or subscription. */
export function idKey(kind: 'destination' | 'subscription', id: number): Buffer {
  const key = Buffer.allocUnsafe(5)
  key[0] = ROWS[kind]
  key.writeUInt32BE(id, 1)
  return key
}

/** Key of a producer or committed transaction. */
export function numberKey(kind: 'producer' | 'outcome', number: number): Buffer {
  const key = Buffer.allocUnsafe(9)
  key[0] = ROWS[kind]
  putUint53(key, 1, number)
  return key
}

export function pageKey(list: number, first: number): Buffer {
  const key = Buffer.allocUnsafe(13)
  key[0] = ROWS.page
  key.writeUInt32BE(list, 1)
  putUint53(key, 5, first)
  return key
}

/** The numbers of a key after its first byte. Throws MALFORMED_FRAME. */
export function readIdKey(key: Buffer): number {
  const reader = new ByteReader(key, 1)
  const id = reader.uint32()
  reader.end()
  return id
}

export function readNumberKey(key: Buffer): number {
  const reader = new ByteReader(key, 1)
  const number = reader.uint53()
  reader.end()
  return number
}

export function readPageKey(key: Buffer): { readonly list: number; readonly first: number } {
  const reader = new ByteReader(key, 1)
  const list = reader.uint32()
  const first = reader.uint53()
  reader.end()
  return { list, first }
}

function putUint53(target: Buffer, at: number, value: number): void {
  target.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at)
  target.writeUInt32BE(value >>> 0, at + 4)
}
