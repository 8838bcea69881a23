import type { ByteReader } from '@quorate/core/base/byte-reader'
import { BrokerError } from '@quorate/core/base/errors'
import { CHECK_BYTES, writeCheck } from './journal/checked-bytes.ts'
import type { CopiedMessage, CopiesOp } from './log-op.ts'

/**
 * Messages copied forward, behind the flags of the operation:
 *
 * ```
 *   count u32, count x message:
 *    0          8              16         17        21
 *    +----------+--------------+----------+---------+-----------------------+------------+------+
 *    | sequence | expirationMs | priority | lists n | n x list u32,         | body check | body |
 *    |   u53    |     u53      |    u8    |   u32   |     redeliveries u32  |    u32     |      |
 *    +----------+--------------+----------+---------+-----------------------+------------+------+
 *   each with its length as u32 before it; the body goes to its end, its check as in op-codec.ts
 * ```
 */
const FIXED_BYTES = 21
const PLACE_BYTES = 8
const LENGTH_BYTES = 4
/** JMS knows 0 to 9. */
const PRIORITY_MAX = 9

/** The bodies are not copied. */
export function encodeCopies({ messages }: CopiesOp): { chunks: Buffer[]; length: number } {
  const head = Buffer.alloc(1 + LENGTH_BYTES)
  head.writeUInt32BE(messages.length, 1)
  const chunks: Buffer[] = [head]
  let length = head.length
  for (const message of messages) {
    const fixed = encodeFixed(message)
    chunks.push(fixed, message.body)
    length += fixed.length + message.body.length
  }
  return { chunks, length }
}

/** Bodies are slices of the payload, as with every message. */
export function decodeCopies(reader: ByteReader): CopiesOp {
  const messages: CopiedMessage[] = []
  for (let left = reader.uint32(); left > 0; left--) messages.push(decode(reader.lengthPrefixed()))
  return { kind: 'copies', messages }
}

function encodeFixed({ sequence, expirationMs, priority, lists, body }: CopiedMessage): Buffer {
  const checkAt = LENGTH_BYTES + FIXED_BYTES + PLACE_BYTES * lists.length
  const fixed = Buffer.allocUnsafe(checkAt + CHECK_BYTES)
  fixed.writeUInt32BE(fixed.length - LENGTH_BYTES + body.length, 0)
  fixed.writeBigUInt64BE(BigInt(sequence), LENGTH_BYTES)
  fixed.writeBigUInt64BE(BigInt(expirationMs), LENGTH_BYTES + 8)
  fixed[LENGTH_BYTES + 16] = priority
  fixed.writeUInt32BE(lists.length, LENGTH_BYTES + 17)
  let at = LENGTH_BYTES + FIXED_BYTES
  for (const { list, redeliveries } of lists) {
    fixed.writeUInt32BE(list, at)
    fixed.writeUInt32BE(redeliveries, at + 4)
    at += PLACE_BYTES
  }
  writeCheck(fixed, checkAt, body)
  return fixed
}

function decode(bytes: Buffer): CopiedMessage {
  if (bytes.length < FIXED_BYTES + CHECK_BYTES) throw malformed('a copy shorter than its header')
  const priority = bytes.readUInt8(16)
  if (priority > PRIORITY_MAX) throw malformed(`a priority of ${priority}`)
  const count = bytes.readUInt32BE(17)
  const checkAt = FIXED_BYTES + PLACE_BYTES * count
  if (bytes.length < checkAt + CHECK_BYTES)
    throw malformed(`${count} lists in ${bytes.length} bytes`)
  const lists = Array.from({ length: count }, (_, i) => ({
    list: bytes.readUInt32BE(FIXED_BYTES + PLACE_BYTES * i),
    redeliveries: bytes.readUInt32BE(FIXED_BYTES + PLACE_BYTES * i + 4),
  }))
  return {
    sequence: readNumber(bytes, 0),
    lists,
    priority,
    expirationMs: readNumber(bytes, 8),
    body: bytes.subarray(checkAt + CHECK_BYTES),
  }
}

function readNumber(bytes: Buffer, at: number): number {
  const number = Number(bytes.readBigUInt64BE(at))
  if (!Number.isSafeInteger(number)) throw malformed('a number beyond 2^53')
  return number
}

function malformed(what: string): BrokerError {
  return new BrokerError('MALFORMED_FRAME', `A log record holds ${what}.`)
}
