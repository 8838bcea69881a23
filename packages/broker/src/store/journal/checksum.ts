import { crc32 } from 'node:zlib'

/**
 * CRC-32 as zlib computes it (reflected polynomial 0xEDB88320). A call of the native function costs
 * several times what a header of 36 bytes takes in plain code, so short runs are computed here,
 * four bytes at a time ("slicing by four"), and long ones by zlib. Both give the same number.
 */
export function checksum(bytes: Buffer, start: number, end: number, seed = 0): number {
  if (end - start > NATIVE_FROM_BYTES) {
    const whole = start === 0 && end === bytes.length
    return crc32(whole ? bytes : bytes.subarray(start, end), seed)
  }
  let crc = ~seed
  let at = start
  for (const wordsEnd = end - 3; at < wordsEnd; at += 4) {
    // In range: `at + 3 < end <= bytes.length`, and the tables have 256 entries for each byte.
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc =
      table3[crc & 0xff]! ^
      table2[(crc >>> 8) & 0xff]! ^
      table1[(crc >>> 16) & 0xff]! ^
      table0[crc >>> 24]!
  }
  for (; at < end; at++) crc = table0[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}

/** Runs longer than this go to zlib: the measured point where its call pays for itself. */
const NATIVE_FROM_BYTES = 160

const table0 = firstTable()
const table1 = nextTable(table0)
const table2 = nextTable(table1)
const table3 = nextTable(table2)

function firstTable(): Int32Array {
  const table = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1
    table[byte] = crc
  }
  return table
}

/** The effect of one more zero byte on every entry of `previous`. */
function nextTable(previous: Int32Array): Int32Array {
  return previous.map((crc) => table0[crc & 0xff]! ^ (crc >>> 8))
}
