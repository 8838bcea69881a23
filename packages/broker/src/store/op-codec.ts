import { BrokerError } from '@quorate/core/base/errors'
import { ByteReader } from '@quorate/core/base/byte-reader'
import { ByteWriter } from '@quorate/core/base/byte-writer'
import { LARGE_BYTES, wrapInPlace } from '@quorate/core/base/roomy-memory'
import type { DestinationKind } from '@quorate/core/model/destination'
import { CHECK_BYTES, writeCheck } from './journal/checked-bytes.ts'
import type {
  AcknowledgeOp,
  DestinationAddedOp,
  FlatOp,
  LogOp,
  LogStartOp,
  MessageOp,
  ProducerOp,
  RedeliveredOp,
  SubscriptionAddedOp,
  TransactionOp,
} from './log-op.ts'
import { decodeCopies, encodeCopies } from './copies-codec.ts'
import { readVarint, VARINT_BYTES_MAX, writeVarint } from './varint.ts'

/**
 * Operations as payloads of journal records. The record's type says which operation it is; the
 * payload's first byte holds its flags: 1 for a message, 0 for everything else. Whoever meets
 * another type or flag refuses the log instead of guessing (R4). Numbers are big-endian; u53 is
 * eight bytes below 2^53; string16 is a u16 length and UTF-8.
 *
 * ```
 * 16 message
 *    0       1          2         4              8          16                 24             32
 *    +-------+----------+---------+--------------+----------+------------------+--------------+---
 *    | flags | priority | lists n | redeliveries | producer | producerSequence | expirationMs |
 *    |  u8   |    u8    |   u16   |     u32      |   u53    |       u53        |     u53      |
 *    +-------+----------+---------+--------------+----------+------------------+--------------+---
 *      n x list u32, body check u32, then the body to the end of the payload
 * 17 acknowledge, 18 redelivered
 *    flags u8, list u32, count u32, count x varint: the first sequence, then the distances
 * 19 producer               flags u8, id u53, name string16
 * 20 destination-added      flags u8, id u32, kind u8, name string16
 * 21 destination-removed    flags u8, id u32
 * 22 subscription-added     flags u8, id u32, topic u32, noLocal u8,
 *                           clientId string16, name string16, selector string16
 * 23 subscription-removed   flags u8, id u32
 * 24 transaction            flags u8, id string16, count u32,
 *                           count x (type u8, length u32, payload)
 * 25 copies                 flags u8, then see copies-codec.ts
 * 26 log-start              flags u8, index u53
 * ```
 *
 * The body check is the CRC-32 of the body. Bodies are read back alone, without the record whose
 * checksum covers them, and are verified by it (checked-bytes.ts). Messages with flags 0 had none.
 */
export const OP_TYPES = {
  message: 16,
  acknowledge: 17,
  redelivered: 18,
  producer: 19,
  'destination-added': 20,
  'destination-removed': 21,
  'subscription-added': 22,
  'subscription-removed': 23,
  transaction: 24,
  copies: 25,
  'log-start': 26,
} as const satisfies Record<LogOp['kind'], number>

/** Records of lower types are replication's own, or begin a segment (segment-state.ts). */
export const FIRST_OP_TYPE = 16

/** Lists that one message may be put on; a topic with more durable subscriptions needs more ops. */
export const MESSAGE_LISTS_MAX = 0xffff

/** An operation ready for the log. */
export interface EncodedOp {
  readonly type: number
  /** The payload, in order. A message's body is one of them and is not copied. */
  readonly chunks: readonly Buffer[]
  /** Bytes of all chunks. */
  readonly length: number
}

type SequencesOp = AcknowledgeOp | RedeliveredOp

export const MESSAGE_FIXED_BYTES = 32
/** Of one list that a message is put on. */
export const LIST_BYTES = 4
/** Bit 0: the body has a check. There is no message without. */
const MESSAGE_FLAGS = 1
export const SEQUENCES_FIXED_BYTES = 9
/** Without the id. */
export const TRANSACTION_FIXED_BYTES = 7
export const NESTED_HEADER_BYTES = 5
const NOTHING = Buffer.alloc(0)
/** Largest value of a 32-bit field. */
const UINT32_MAX = 0xffff_ffff

const KIND_CODES: Readonly<Record<DestinationKind, number>> = {
  queue: 0,
  topic: 1,
  'temp-queue': 2,
  'temp-topic': 3,
}
const KINDS = Object.keys(KIND_CODES) as DestinationKind[]

/**
 * Encodes an operation. Throws INVALID_ARGUMENT when a value does not fit its field: values come
 * from clients, so an absurd one must not stop the broker.
 */
export function encodeOp(op: LogOp): EncodedOp {
  if (op.kind === 'message') return encodeMessage(op)
  if (op.kind === 'transaction') return encodeTransaction(op)
  if (op.kind === 'copies') return { type: OP_TYPES.copies, ...encodeCopies(op) }
  const payload = encodeSmall(op)
  return { type: OP_TYPES[op.kind], chunks: [payload], length: payload.length }
}

/**
 * Decodes the payload of a record of type FIRST_OP_TYPE or above. Bodies are slices of `payload`,
 * so the distance of their `byteOffset`s is the body's offset in it. Throws UNSUPPORTED_FORMAT for
 * types and flags of another version, MALFORMED_FRAME for everything else that is no operation.
 */
export function decodeOp(type: number, payload: Buffer): LogOp {
  switch (type) {
    case OP_TYPES.transaction:
      return decodeTransaction(payload)
    case OP_TYPES.copies:
      return finished(payload, decodeCopies)
    case OP_TYPES['log-start']:
      return finished(payload, (reader) => ({ kind: 'log-start', index: reader.uint53() }))
    default:
      return decodeFlat(type, payload)
  }
}

function encodeMessage(op: MessageOp): EncodedOp {
  const count = op.lists.length
  check(count <= MESSAGE_LISTS_MAX, 'a message on too many lists')
  check(op.priority >= 0 && op.priority <= 9, 'a priority outside 0 to 9')
  const checkAt = MESSAGE_FIXED_BYTES + LIST_BYTES * count
  const head = Buffer.allocUnsafe(checkAt + CHECK_BYTES)
  head[0] = MESSAGE_FLAGS
  head[1] = op.priority
  head.writeUInt16BE(count, 2)
  head.writeUInt32BE(Math.min(op.redeliveries, UINT32_MAX), 4)
  writeUint53(head, 8, op.producer)
  writeUint53(head, 16, op.producerSequence)
  writeUint53(head, 24, op.expirationMs)
  for (let i = 0; i < count; i++) {
    head.writeUInt32BE(op.lists[i] as number, MESSAGE_FIXED_BYTES + LIST_BYTES * i)
  }
  writeCheck(head, checkAt, op.body)
  const length = head.length + op.body.length
  // In one piece where it costs nothing: whoever decodes a payload in pieces has to copy it.
  const isLarge = op.body.length >= LARGE_BYTES
  const inPlace = isLarge ? wrapInPlace(head, op.body, NOTHING) : null
  return { type: OP_TYPES.message, chunks: inPlace === null ? [head, op.body] : [inPlace], length }
}

function encodeTransaction(op: TransactionOp): EncodedOp {
  const head = string16(new ByteWriter(64).uint8(0), op.id).uint32(op.ops.length).finish()
  const chunks = [head]
  let length = head.length
  for (const nested of op.ops) {
    const encoded = encodeOp(nested)
    const nestedHead = Buffer.allocUnsafe(NESTED_HEADER_BYTES)
    nestedHead[0] = encoded.type
    nestedHead.writeUInt32BE(encoded.length, 1)
    chunks.push(nestedHead, ...encoded.chunks)
    length += NESTED_HEADER_BYTES + encoded.length
  }
  const inPlace = aroundLarge(chunks, length)
  return { type: OP_TYPES.transaction, chunks: inPlace === null ? chunks : [inPlace], length }
}

/** As with a message alone, where one large message is nearly all of it. */
function aroundLarge(chunks: readonly Buffer[], length: number): Buffer | null {
  const at = chunks.findIndex((chunk) => chunk.length >= LARGE_BYTES)
  const large = chunks[at]
  if (large === undefined || length - large.length >= LARGE_BYTES) return null
  const head = Buffer.concat(chunks.slice(0, at))
  return wrapInPlace(head, large, Buffer.concat(chunks.slice(at + 1)))
}

function encodeSmall(op: Exclude<FlatOp, MessageOp> | LogStartOp): Buffer {
  switch (op.kind) {
    case 'acknowledge':
    case 'redelivered':
      return encodeSequences(op)
    case 'producer':
      check(isUint53(op.id), 'a producer number out of range')
      return string16(new ByteWriter(96).uint8(0).uint53(op.id), op.name).finish()
    case 'destination-added':
      return encodeDestination(op)
    case 'subscription-added':
      return encodeSubscription(op)
    case 'log-start':
      return new ByteWriter(16).uint8(0).uint53(op.index).finish()
    case 'destination-removed':
    case 'subscription-removed':
      return new ByteWriter(16).uint8(0).uint32(op.id).finish()
  }
}

function encodeSequences(op: SequencesOp): Buffer {
  const { sequences } = op
  const bytes = Buffer.allocUnsafe(SEQUENCES_FIXED_BYTES + VARINT_BYTES_MAX * sequences.length)
  bytes[0] = 0
  bytes.writeUInt32BE(op.list, 1)
  bytes.writeUInt32BE(sequences.length, 5)
  let at = SEQUENCES_FIXED_BYTES
  let previous = -1
  for (const sequence of sequences) {
    check(isUint53(sequence) && sequence > previous, 'sequences that do not ascend')
    at = writeVarint(bytes, at, previous === -1 ? sequence : sequence - previous)
    previous = sequence
  }
  return bytes.subarray(0, at)
}

function encodeDestination(op: DestinationAddedOp): Buffer {
  const writer = new ByteWriter(64).uint8(0).uint32(op.id)
  return string16(writer.uint8(KIND_CODES[op.destination.kind]), op.destination.name).finish()
}

function encodeSubscription(op: SubscriptionAddedOp): Buffer {
  const writer = new ByteWriter(128).uint8(0).uint32(op.id).uint32(op.topic).boolean(op.noLocal)
  return string16(string16(string16(writer, op.clientId), op.name), op.selector).finish()
}

function decodeFlat(type: number, payload: Buffer): FlatOp {
  switch (type) {
    case OP_TYPES.message:
      return decodeMessage(payload)
    case OP_TYPES.acknowledge:
      return decodeSequences('acknowledge', payload)
    case OP_TYPES.redelivered:
      return decodeSequences('redelivered', payload)
    case OP_TYPES.producer:
      return finished(payload, decodeProducer)
    case OP_TYPES['destination-added']:
      return finished(payload, decodeDestination)
    case OP_TYPES['destination-removed']:
      return finished(payload, (reader) => ({ kind: 'destination-removed', id: reader.uint32() }))
    case OP_TYPES['subscription-added']:
      return finished(payload, decodeSubscription)
    case OP_TYPES['subscription-removed']:
      return finished(payload, (reader) => ({ kind: 'subscription-removed', id: reader.uint32() }))
    default:
      throw unsupported(`an operation of type ${type}`)
  }
}

function decodeMessage(payload: Buffer): MessageOp {
  if (payload.length < MESSAGE_FIXED_BYTES) throw malformed('a message shorter than its header')
  if (payload[0] !== MESSAGE_FLAGS) throw unsupported(`message flags ${payload[0]}`)
  const priority = payload.readUInt8(1)
  if (priority > 9) throw malformed(`a priority of ${priority}`)
  const count = payload.readUInt16BE(2)
  const checkAt = MESSAGE_FIXED_BYTES + LIST_BYTES * count
  const bodyAt = checkAt + CHECK_BYTES
  if (payload.length < bodyAt) throw malformed(`${count} lists in ${payload.length} bytes`)
  const lists: number[] = []
  for (let at = MESSAGE_FIXED_BYTES; at < checkAt; at += LIST_BYTES)
    lists.push(payload.readUInt32BE(at))
  // The body is not held against its check here: the record's checksum has covered both.
  return {
    kind: 'message',
    lists,
    producer: readUint53(payload, 8),
    producerSequence: readUint53(payload, 16),
    priority,
    expirationMs: readUint53(payload, 24),
    redeliveries: payload.readUInt32BE(4),
    body: payload.subarray(bodyAt),
  }
}

function decodeSequences<K extends SequencesOp['kind']>(
  kind: K,
  payload: Buffer,
): { kind: K; list: number; sequences: number[] } {
  if (payload.length < SEQUENCES_FIXED_BYTES) throw malformed('an acknowledgement without list')
  if (payload[0] !== 0) throw unsupported(`acknowledgement flags ${payload[0]}`)
  const count = payload.readUInt32BE(5)
  if (count > payload.length - SEQUENCES_FIXED_BYTES) throw malformed(`${count} sequences`)
  const cursor = { bytes: payload, at: SEQUENCES_FIXED_BYTES }
  const sequences: number[] = []
  let previous = 0
  for (let i = 0; i < count; i++) {
    const distance = readVarint(cursor)
    if (distance === 0 && i > 0) throw malformed('sequences that do not ascend')
    previous += distance
    if (!Number.isSafeInteger(previous)) throw malformed('a sequence beyond 2^53')
    sequences.push(previous)
  }
  if (cursor.at !== payload.length) throw malformed('bytes after the last sequence')
  return { kind, list: payload.readUInt32BE(1), sequences }
}

function decodeProducer(reader: ByteReader): ProducerOp {
  return { kind: 'producer', id: reader.uint53(), name: reader.string16() }
}

function decodeDestination(reader: ByteReader): DestinationAddedOp {
  const id = reader.uint32()
  const kind = decodeDestinationKind(reader.uint8())
  return { kind: 'destination-added', id, destination: { kind, name: reader.string16() } }
}

function decodeSubscription(reader: ByteReader): SubscriptionAddedOp {
  const id = reader.uint32()
  const topic = reader.uint32()
  const noLocal = reader.boolean()
  const clientId = reader.string16()
  const name = reader.string16()
  const selector = reader.string16()
  return { kind: 'subscription-added', id, topic, noLocal, clientId, name, selector }
}

function decodeTransaction(payload: Buffer): TransactionOp {
  return finished(payload, (reader) => {
    const id = reader.string16()
    const count = reader.uint32()
    // Checked by the reader as it goes: every operation takes bytes of this frame.
    const ops: FlatOp[] = []
    for (let i = 0; i < count; i++) {
      const type = reader.uint8()
      if (type === OP_TYPES.transaction) throw malformed('a transaction within a transaction')
      ops.push(decodeFlat(type, reader.lengthPrefixed()))
    }
    return { kind: 'transaction', id, ops }
  })
}

/** The one byte that destination kinds have on disk, here and in the index. */
export function encodeDestinationKind(kind: DestinationKind): number {
  return KIND_CODES[kind]
}

export function decodeDestinationKind(code: number): DestinationKind {
  const kind = KINDS[code]
  if (kind === undefined) throw unsupported(`a destination of kind ${code}`)
  return kind
}

function finished<T>(payload: Buffer, decode: (reader: ByteReader) => T): T {
  const reader = new ByteReader(payload)
  const flags = reader.uint8()
  if (flags !== 0) throw unsupported(`operation flags ${flags}`)
  const value = decode(reader)
  reader.end()
  return value
}

function string16(writer: ByteWriter, value: string): ByteWriter {
  check(Buffer.byteLength(value) <= 0xffff, 'a name or selector of more than 65,535 bytes')
  return writer.string16(value)
}

function isUint53(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function writeUint53(target: Buffer, at: number, value: number): void {
  check(isUint53(value), 'a number outside 0 to 2^53')
  target.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at)
  target.writeUInt32BE(value >>> 0, at + 4)
}

function readUint53(source: Buffer, at: number): number {
  const high = source.readUInt32BE(at)
  if (high > 0x1f_ffff) throw malformed('a 64-bit number exceeds 2^53')
  return high * 0x1_0000_0000 + source.readUInt32BE(at + 4)
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new BrokerError('INVALID_ARGUMENT', `The log cannot hold ${what}.`)
}

function malformed(what: string): BrokerError {
  return new BrokerError('MALFORMED_FRAME', `A log record holds ${what}.`)
}

function unsupported(what: string): BrokerError {
  return new BrokerError(
    'UNSUPPORTED_FORMAT',
    `The log holds ${what}: it was written by another version.`,
  )
}
