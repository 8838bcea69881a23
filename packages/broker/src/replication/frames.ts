import { ByteReader } from '@quorate/core/base/byte-reader'
import { ByteWriter } from '@quorate/core/base/byte-writer'
import { BrokerError } from '@quorate/core/base/errors'
import type { LogPoint } from '../store/journal/log-batch.ts'

/**
 * The frames that replicas exchange, as one table: a row per frame, a column per field, in wire
 * order. Links carry `length u32, version u8, code u8, fields`; see link/handshake.ts
 * for what comes first.
 */
export const FRAME_VERSION = 1

/** A record's place in the order of elections: compared epoch first (R8). */
export interface Last {
  readonly epoch: number
  readonly index: number
}

interface Kinds {
  /** u64 below 2^53. */
  number: number
  /** u8, 0 or 1. */
  boolean: boolean
  /** UTF-8, u16 length. */
  string: string
  /** epoch u64, index u64. */
  last: Last
  /** index u64, epoch u64, chain u32, position u64. */
  point: LogPoint
  /**
   * u8 1 or nothing, at the end of a frame: what earlier versions do not know is not said unless it
   * is true, and not missed.
   */
  mark: boolean
  /** Encoded records, as they lie in the log, to the end of the frame. */
  records: readonly Buffer[]
}

type Kind = keyof Kinds
interface Row {
  readonly code: number
  readonly fields: Readonly<Record<string, Kind>>
}

const table = {
  /** Would you vote for me? Changes nothing (R11). */
  preVote: { code: 1, fields: { round: 'number', last: 'last' } },
  preVoteReply: {
    code: 2,
    fields: {
      round: 'number',
      /** The voter still hears a leader. */
      leaderAlive: 'boolean',
      grants: 'boolean',
      suspect: 'boolean',
      last: 'last',
      promised: 'number',
    },
  },
  /** Promise me this epoch (R6, R7). */
  fence: { code: 3, fields: { epoch: 'number', nonce: 'string', last: 'last' } },
  fenceReply: {
    code: 4,
    fields: {
      epoch: 'number',
      nonce: 'string',
      /** False: the epoch is promised to another, `promised` tells the number to exceed. */
      promises: 'boolean',
      /** The promise is a vote as well (R8). */
      grants: 'boolean',
      suspect: 'boolean',
      last: 'last',
      promised: 'number',
    },
  },
  /** The leader opens a session: everything between the two starts again from here (R14). */
  sessionStart: { code: 5, fields: { epoch: 'number', nonce: 'string', session: 'number' } },
  /** Where the follower's log ends. */
  tail: { code: 6, fields: { epoch: 'number', session: 'number', point: 'point' } },
  /** The leader's log has `index` as the end of `lastEpoch`, its largest not above the tail's. */
  truncateTo: {
    code: 7,
    fields: { epoch: 'number', session: 'number', lastEpoch: 'number', index: 'number' },
  },
  /** The follower's log is a prefix of the leader's, which ended at `joinEnd` (R35). */
  matched: {
    code: 8,
    fields: {
      epoch: 'number',
      session: 'number',
      joinEnd: 'number',
      /** The follower once acknowledged more than it now has (R36). */
      regressed: 'boolean',
    },
  },
  /** The follower's log ends before the leader's begins: it starts over from here (R38). */
  startAt: { code: 15, fields: { epoch: 'number', session: 'number', origin: 'point' } },
  append: {
    code: 9,
    fields: {
      epoch: 'number',
      session: 'number',
      previous: 'point',
      commit: 'number',
      records: 'records',
    },
  },
  /** Cumulative (R17); also the answer to a heartbeat, whose `sentUs` it echoes (0: unasked). */
  ack: {
    code: 10,
    fields: {
      epoch: 'number',
      session: 'number',
      written: 'number',
      synced: 'number',
      suspect: 'boolean',
      sentUs: 'number',
      /** The follower's disk has no space for new messages (R37). */
      short: 'mark',
    },
  },
  /** The records do not continue the follower's log; send from `next`. */
  nack: { code: 11, fields: { epoch: 'number', session: 'number', next: 'number' } },
  heartbeat: {
    code: 12,
    fields: { epoch: 'number', session: 'number', commit: 'number', sentUs: 'number' },
  },
  /** Where the leader's log ends, in bytes: told to a follower that is far behind. */
  catchUp: { code: 16, fields: { epoch: 'number', session: 'number', end: 'number' } },
  /** The leader has stopped serving and asks `target` to take over at once (R28). */
  abdicate: { code: 13, fields: { epoch: 'number', target: 'string' } },
  /** The receiver's epoch is over: a voter has promised this one (R25). */
  reject: { code: 14, fields: { promised: 'number' } },
} as const satisfies Record<string, Row>

type Table = typeof table
export type FrameType = keyof Table
export type FrameOf<T extends FrameType> = { readonly type: T } & {
  readonly [F in keyof Table[T]['fields']]: Table[T]['fields'][F] extends Kind
    ? Kinds[Table[T]['fields'][F]]
    : never
}
export type Frame = { [T in FrameType]: FrameOf<T> }[FrameType]

/**
 * Largest frame: one record of the largest size. A batch of several records is far smaller; see
 * APPEND_BYTES_MAX.
 */
export const FRAME_BYTES_MAX = 110 * 1024 * 1024

const writers: { readonly [K in Kind]: (writer: ByteWriter, value: Kinds[K]) => void } = {
  number: (writer, value) => void writer.uint53(value),
  boolean: (writer, value) => void writer.boolean(value),
  string: (writer, value) => void writer.string16(value),
  last: (writer, value) => void writer.uint53(value.epoch).uint53(value.index),
  point: (writer, value) =>
    void writer.uint53(value.index).uint53(value.epoch).uint32(value.chain).uint53(value.position),
  mark: (writer, value) => void (value && writer.boolean(value)),
  // Records travel as they are, behind the encoded fields.
  records: () => undefined,
}

const readers: { readonly [K in Kind]: (reader: ByteReader) => Kinds[K] } = {
  number: (reader) => reader.uint53(),
  boolean: (reader) => reader.boolean(),
  string: (reader) => reader.string16(),
  last: (reader) => ({ epoch: reader.uint53(), index: reader.uint53() }),
  point: (reader) => ({
    index: reader.uint53(),
    epoch: reader.uint53(),
    chain: reader.uint32(),
    position: reader.uint53(),
  }),
  mark: (reader) => reader.remaining > 0 && readMark(reader),
  records: (reader) => [reader.slice(reader.remaining)],
}

function readMark(reader: ByteReader): true {
  if (reader.boolean()) return true
  throw new BrokerError('MALFORMED_FRAME', 'a mark that is not set is not written')
}

const types = Object.keys(table) as FrameType[]
const typeByCode = new Map(types.map((type) => [table[type].code as number, type]))
const fieldsOf = new Map(
  types.map((type) => [type, Object.entries<Kind>(table[type].fields)] as const),
)

/**
 * Encodes a frame with its length: one buffer, or the fields and then the record bytes untouched.
 */
export function encodeFrame(frame: Frame): Buffer[] {
  const writer = new ByteWriter(96)
  writer.uint32(0).uint8(FRAME_VERSION).uint8(table[frame.type].code)
  const values = frame as unknown as Readonly<Record<string, Kinds[Kind]>>
  for (const [name, kind] of fieldsOf.get(frame.type) ?? []) {
    ;(writers[kind] as (writer: ByteWriter, value: unknown) => void)(writer, values[name])
  }
  const records = frame.type === 'append' ? frame.records : []
  const recordBytes = records.reduce((sum, chunk) => sum + chunk.length, 0)
  writer.patchUint32(0, writer.length - 4 + recordBytes)
  return [writer.finish(), ...records]
}

/** Decodes a whole frame (without its length). Every byte string ends in a frame or one error. */
export function decodeFrame(bytes: Buffer): Frame {
  const reader = new ByteReader(bytes)
  const version = reader.uint8()
  if (version !== FRAME_VERSION) {
    throw new BrokerError('UNSUPPORTED_VERSION', `replication frame of version ${version}`)
  }
  const code = reader.uint8()
  const type = typeByCode.get(code)
  if (type === undefined) throw new BrokerError('MALFORMED_FRAME', `replication frame ${code}`)
  const frame: Record<string, unknown> = { type }
  for (const [name, kind] of fieldsOf.get(type) ?? []) {
    frame[name] = readers[kind](reader)
  }
  reader.end()
  return frame as unknown as Frame
}

/** True when `a` is at least as new as `b` (R8). */
export function notOlder(a: Last, b: Last): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.index >= b.index)
}
