import { BrokerError } from '@quorate/core/base/errors'
import { readVarint } from '../../varint.ts'
import type { VarintCursor } from '../../varint.ts'

/** Snappy makes so many bytes of one at most: an element of two bytes or more gives up to 64. */
const GROWTH_MAX = 64

/**
 * What Snappy made `bytes` of (google/snappy, format_description.txt). Throws MALFORMED_FRAME.
 *
 * ```
 *   length varint, then elements, each beginning with a tag; its two low bits say of what kind:
 *     0 literal  length - 1 in the upper 6 bits; 60 to 63: in the next 1 to 4 bytes; the bytes
 *     1 copy     length - 4 in bits 2 to 4; offset: bits 5 to 7, and below them the next byte
 *     2 copy     length - 1 in the upper 6 bits; offset in the next 2 bytes
 *     3 copy     length - 1 in the upper 6 bits; offset in the next 4 bytes
 * ```
 *
 * Numbers of several bytes are little-endian. A copy repeats what was made `offset` bytes ago, and
 * may reach into itself.
 */
export function unsnap(bytes: Buffer): Buffer {
  const source: VarintCursor = { bytes, at: 0 }
  const length = readVarint(source)
  if (length > bytes.length * GROWTH_MAX) throw malformed()
  const made = Buffer.allocUnsafe(length)
  let end = 0
  while (source.at < bytes.length) {
    const tag = readNumber(source, 1)
    const isLiteral = (tag & 3) === 0
    const size = isLiteral ? literalSize(source, tag >> 2) : copySize(tag)
    if (size > length - end) throw malformed()
    if (isLiteral) {
      if (size > bytes.length - source.at) throw malformed()
      bytes.copy(made, end, source.at, source.at + size)
      source.at += size
    } else {
      const offset = copyOffset(source, tag)
      if (offset === 0 || offset > end) throw malformed()
      // Byte by byte: what it makes may be what it repeats.
      for (let at = end; at < end + size; at++) made[at] = made[at - offset]!
    }
    end += size
  }
  if (end !== length) throw malformed()
  return made
}

function literalSize(source: VarintCursor, upper: number): number {
  return 1 + (upper < 60 ? upper : readNumber(source, upper - 59))
}

function copySize(tag: number): number {
  return (tag & 3) === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2)
}

function copyOffset(source: VarintCursor, tag: number): number {
  const kind = tag & 3
  if (kind === 1) return ((tag >> 5) << 8) | readNumber(source, 1)
  return readNumber(source, kind === 2 ? 2 : 4)
}

function readNumber(source: VarintCursor, size: number): number {
  if (size > source.bytes.length - source.at) throw malformed()
  const value = source.bytes.readUIntLE(source.at, size)
  source.at += size
  return value
}

function malformed(): BrokerError {
  return new BrokerError('MALFORMED_FRAME', 'A compressed block of the index is damaged.')
}
