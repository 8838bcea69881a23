import { BrokerError } from '@quorate/core/base/errors'

/**
 * Numbers below 2^53 in one to eight bytes: seven bits to a byte, the lowest first, the top bit set
 * on all bytes but the last.
 */
export const VARINT_BYTES_MAX = 8

/** A place in bytes that are being read. */
export interface VarintCursor {
  readonly bytes: Buffer
  at: number
}

/**
 * Writes `value` at `at`; returns where the next byte goes. The target must have room for eight.
 */
export function writeVarint(target: Buffer, at: number, value: number): number {
  let rest = value
  // Beyond 31 bits the bit operators would cut the number, so the high part goes by division.
  while (rest > 0x7fff_ffff) {
    target[at++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  while (rest > 0x7f) {
    target[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  target[at++] = rest
  return at
}

/** Reads one number and moves the cursor. Throws MALFORMED_FRAME. */
export function readVarint(cursor: VarintCursor): number {
  const { bytes } = cursor
  let value = 0
  let scale = 1
  for (let i = 0; i < VARINT_BYTES_MAX; i++) {
    const byte = bytes[cursor.at]
    if (byte === undefined) throw new BrokerError('MALFORMED_FRAME', 'A number is cut off.')
    cursor.at++
    // Most numbers are small, and few pass the range of integers.
    if (byte < 0x80) return checked(value + byte * scale)
    value += (byte & 0x7f) * scale
    scale *= 0x80
  }
  throw new BrokerError('MALFORMED_FRAME', 'A number takes more than eight bytes.')
}

function checked(value: number): number {
  if (value > Number.MAX_SAFE_INTEGER) {
    throw new BrokerError('MALFORMED_FRAME', 'A number exceeds 2^53.')
  }
  return value
}
