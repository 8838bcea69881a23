import { assert } from '@quorate/core/base/errors'
import { checksum } from './checksum.ts'

/**
 * The header of a record, big-endian (docs/internals/journal-format.md):
 *
 * ```
 *   0       4        8          12      16      24      32     33      34       36
 *   +-------+--------+----------+-------+-------+-------+------+-------+--------+----------+
 *   | magic | payload| payload  | chain | epoch | index | type | flags |  zero  | header   |
 *   |  u32  | length | checksum |  u32  |  u64  |  u64  |  u8  |  u8   |  u16   | checksum |
 *   |       |  u32   |  u32     |       |       |       |      |       |        |  u32     |
 *   +-------+--------+----------+-------+-------+-------+------+-------+--------+----------+
 * ```
 *
 * The header checksum is the CRC-32 of bytes 0 to 35, so a scanner may trust the length before it
 * has read the payload, and every byte of a record is covered by exactly one checksum. The chain is
 * the header checksum of the previous record (0 before the first): as a header holds the checksum
 * of its payload and the chain before it, equal chains mean equal logs up to there.
 */
export interface RecordHeader {
  payloadLength: number
  payloadChecksum: number
  chain: number
  epoch: number
  index: number
  type: number
  flags: number
  /** What the next record carries as its chain. */
  headerChecksum: number
}

export const HEADER_BYTES = 40

/** 'QRR1'. */
export const RECORD_MAGIC = 0x51525231

/** ActiveMQ's largest frame (100 MiB), and room for what the broker wraps around a message. */
export const MAX_PAYLOAD_BYTES = 104_857_600 + 65_536

/** Set by the leader on the first record of a segment, so that all replicas roll at this record. */
export const FLAG_SEGMENT_START = 0x01

const KNOWN_FLAGS = FLAG_SEGMENT_START
const CHECKED_BYTES = 36
/** Upper half of the largest number that JavaScript counts exactly. */
const NUMBER_MAX_HIGH = 0x1f_ffff

/** Why forty bytes are not a header; `none` when they are one. */
export type HeaderFault = 'none' | 'magic' | 'checksum' | 'content'

export function emptyHeader(): RecordHeader {
  return {
    payloadLength: 0,
    payloadChecksum: 0,
    chain: 0,
    epoch: 0,
    index: 0,
    type: 0,
    flags: 0,
    headerChecksum: 0,
  }
}

/** Writes the header at `at` and completes `header.headerChecksum`. */
export function encodeHeader(target: Buffer, at: number, header: RecordHeader): void {
  assert(header.payloadLength <= MAX_PAYLOAD_BYTES, 'a payload beyond the limit reached the log')
  target.writeUInt32BE(RECORD_MAGIC, at)
  target.writeUInt32BE(header.payloadLength, at + 4)
  target.writeUInt32BE(header.payloadChecksum, at + 8)
  target.writeUInt32BE(header.chain, at + 12)
  writeNumber(target, at + 16, header.epoch)
  writeNumber(target, at + 24, header.index)
  target[at + 32] = header.type
  target[at + 33] = header.flags
  target[at + 34] = 0
  target[at + 35] = 0
  header.headerChecksum = checksum(target, at, at + CHECKED_BYTES)
  target.writeUInt32BE(header.headerChecksum, at + CHECKED_BYTES)
}

/**
 * Reads the forty bytes at `at` into `header`, which is reused from record to record, and says what
 * is wrong with them. `header` is meaningful only after 'none'. The payload is not looked at.
 */
export function decodeHeader(source: Buffer, at: number, header: RecordHeader): HeaderFault {
  if (source.readUInt32BE(at) !== RECORD_MAGIC) return 'magic'
  const told = source.readUInt32BE(at + CHECKED_BYTES)
  if (checksum(source, at, at + CHECKED_BYTES) !== told) return 'checksum'
  return readHeader(source, at, header) ? 'none' : 'content'
}

/** The same of forty bytes that were decoded, or encoded, before; false for what cannot be. */
export function readHeader(source: Buffer, at: number, header: RecordHeader): boolean {
  header.headerChecksum = source.readUInt32BE(at + CHECKED_BYTES)
  header.payloadLength = source.readUInt32BE(at + 4)
  header.payloadChecksum = source.readUInt32BE(at + 8)
  header.chain = source.readUInt32BE(at + 12)
  header.epoch = readNumber(source, at + 16)
  header.index = readNumber(source, at + 24)
  header.type = source.readUInt8(at + 32)
  header.flags = source.readUInt8(at + 33)
  return hasValidContent(source, at, header)
}

/** A true checksum over impossible values: written by nothing that we know. */
function hasValidContent(source: Buffer, at: number, header: RecordHeader): boolean {
  return (
    header.payloadLength <= MAX_PAYLOAD_BYTES &&
    header.epoch >= 0 &&
    header.index > 0 &&
    (header.flags & ~KNOWN_FLAGS) === 0 &&
    source.readUInt16BE(at + 34) === 0
  )
}

/** Bytes of the whole record. */
export function recordBytes(header: RecordHeader): number {
  return HEADER_BYTES + header.payloadLength
}

function writeNumber(target: Buffer, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000)
  assert(high <= NUMBER_MAX_HIGH && value >= 0, 'numbers of the log stay below 2^53')
  target.writeUInt32BE(high, at)
  target.writeUInt32BE(value >>> 0, at + 4)
}

/** -1 for what JavaScript cannot count exactly. */
function readNumber(source: Buffer, at: number): number {
  const high = source.readUInt32BE(at)
  return high > NUMBER_MAX_HIGH ? -1 : high * 0x1_0000_0000 + source.readUInt32BE(at + 4)
}
