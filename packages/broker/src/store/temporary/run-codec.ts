import { checksum } from '../journal/checksum.ts'
import type { TemporaryMessage } from '../temporary-store.ts'

/** What tells a run from every other that ever lay at the same place. */
export interface RunIdentity {
  readonly epoch: number
  readonly serial: number
}

const HEADER_BYTES = 20
const ROW_BYTES = 35
const PERSISTENT = 1
/** What a row says of redeliveries at most: one byte. */
const REDELIVERIES_MAX = 255
const EMPTY = Buffer.alloc(0)
/** Runs of that size are put together to be written; of larger ones the bodies are as they are. */
const COPIED_BYTES_MAX = 512 << 10

/**
 * A run as the temporary store writes it, big-endian. Whatever of it is not as it was written is
 * noticed: the table as a whole, the bodies each for itself.
 *
 * ```
 *   0        4        8         12                20
 *   | check  | count  | epoch   | serial f64      |      check: CRC-32 from 4 to the end of the rows
 *
 *   count rows:
 *   0            8           16              24       28       32         33      34
 *   | place f64  | turn f64  | expires f64   | length | check  | priority | flags | redeliveries |
 *
 *   the bodies, one behind the other         row's check: CRC-32 of its body; flags: 1 persistent
 * ```
 */
export function encodeRun(
  messages: readonly TemporaryMessage[],
  identity: RunIdentity,
): readonly Buffer[] {
  const table = Buffer.allocUnsafe(HEADER_BYTES + messages.length * ROW_BYTES)
  const chunks: Buffer[] = [table]
  let bytes = table.length
  table.writeUInt32BE(messages.length, 4)
  table.writeUInt32BE(identity.epoch >>> 0, 8)
  table.writeDoubleBE(identity.serial, 12)
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i] as TemporaryMessage
    const body = message.body ?? EMPTY
    writeRow(table, HEADER_BYTES + i * ROW_BYTES, message, body)
    if (body.length > 0) chunks.push(body)
    bytes += body.length
  }
  table.writeUInt32BE(checksum(table, 4, table.length), 0)
  return bytes > COPIED_BYTES_MAX ? chunks : [Buffer.concat(chunks, bytes)]
}

function writeRow(table: Buffer, row: number, message: TemporaryMessage, body: Buffer): void {
  table.writeDoubleBE(message.place, row)
  table.writeDoubleBE(message.turn, row + 8)
  table.writeDoubleBE(message.expirationMs, row + 16)
  table.writeUInt32BE(body.length, row + 24)
  table.writeUInt32BE(checksum(body, 0, body.length), row + 28)
  table.writeUInt8(message.priority, row + 32)
  table.writeUInt8(message.persistent ? PERSISTENT : 0, row + 33)
  table.writeUInt8(Math.min(message.redeliveries, REDELIVERIES_MAX), row + 34)
}

/**
 * The messages of a run of `count`; null in the place of what is not as it was written. Never
 * throws, whatever the bytes are.
 */
export function decodeRun(
  source: Buffer,
  count: number,
  identity: RunIdentity,
): (TemporaryMessage | null)[] {
  const messages = new Array<TemporaryMessage | null>(count).fill(null)
  const bodiesAt = HEADER_BYTES + count * ROW_BYTES
  if (!isTable(source, { count, bodiesAt, identity })) return messages
  let bodyAt = bodiesAt
  for (let i = 0; i < count; i++) {
    const row = HEADER_BYTES + i * ROW_BYTES
    const length = source.readUInt32BE(row + 24)
    if (bodyAt + length > source.length) break
    if (checksum(source, bodyAt, bodyAt + length) === source.readUInt32BE(row + 28)) {
      messages[i] = messageOf(source, row, bodyOf(source, bodyAt, length))
    }
    bodyAt += length
  }
  return messages
}

interface ExpectedTable {
  readonly count: number
  readonly bodiesAt: number
  readonly identity: RunIdentity
}

function isTable(source: Buffer, { count, bodiesAt, identity }: ExpectedTable): boolean {
  return (
    source.length >= bodiesAt &&
    source.readUInt32BE(4) === count &&
    source.readUInt32BE(0) === checksum(source, 4, bodiesAt) &&
    source.readUInt32BE(8) === identity.epoch >>> 0 &&
    source.readDoubleBE(12) === identity.serial
  )
}

function messageOf(source: Buffer, row: number, body: Buffer): TemporaryMessage {
  return {
    place: source.readDoubleBE(row),
    turn: source.readDoubleBE(row + 8),
    expirationMs: source.readDoubleBE(row + 16),
    priority: source.readUInt8(row + 32),
    persistent: (source.readUInt8(row + 33) & PERSISTENT) !== 0,
    redeliveries: source.readUInt8(row + 34),
    body,
  }
}

/**
 * Small bodies are copied: a slice would keep all of the run in memory for as long as one consumer
 * holds one message of it.
 */
function bodyOf(source: Buffer, at: number, length: number): Buffer {
  const slice = source.subarray(at, at + length)
  return length * 2 > source.length ? slice : Buffer.from(slice)
}
