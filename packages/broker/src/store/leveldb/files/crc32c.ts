/**
 * CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), with which LevelDB guards its files; zlib
 * has no such one. A byte at a time: an index is read with it once, when it is opened.
 */
export function crc32c(bytes: Buffer, start: number, end: number): number {
  let crc = -1
  // In range: `at < end <= bytes.length`, and the table has 256 entries.
  for (let at = start; at < end; at++) crc = TABLE[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}

const TABLE = new Int32Array(256).map((_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? 0x82f63b78 ^ (crc >>> 1) : crc >>> 1
  return crc
})

/**
 * True when LevelDB's checksum at `at` (u32, little-endian) is that of the bytes from `start` up to
 * `end`. It is kept rotated and with a number added, so that checksums of checksums stay good ones.
 */
export function isSealed(bytes: Buffer, start: number, end: number, at: number): boolean {
  const crc = crc32c(bytes, start, end)
  const masked = (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0
  return bytes.readUInt32LE(at) === masked
}

/** leveldb, util/crc32c.h. */
const MASK_DELTA = 0xa282ead8
