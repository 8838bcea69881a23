import { ByteReader } from '@quorate/core/base/byte-reader'
import { ByteWriter } from '@quorate/core/base/byte-writer'
import { assert, BrokerError } from '@quorate/core/base/errors'

/**
 * Jute, ZooKeeper's serialization: fields one after another, big-endian, no tags.
 *
 *   boolean  one byte                 buffer   int length (-1 is null), then bytes
 *   int      four bytes               ustring  int length (-1 is null), then UTF-8
 *   long     eight bytes              vector   int count (-1 is null), then items
 *
 * A record is declared once, one row per field, and read and written by both ends from that row.
 * Decoding never allocates beyond the frame: byte strings are slices of it, and a vector grows only
 * as its items are read.
 */
export interface Jute<T> {
  read(reader: ByteReader): T
  write(writer: ByteWriter, value: T): void
}

/** The value type of a codec. */
export type JuteValue<C> = C extends Jute<infer T> ? T : never

type Rows = Readonly<Record<string, Jute<unknown>>>
type RecordOf<R> = { readonly [K in keyof R]: R[K] extends Jute<infer T> ? T : never }

export const boolean: Jute<boolean> = {
  // Java's reader takes any byte but zero for true.
  read: (reader) => reader.uint8() !== 0,
  write: (writer, value) => writer.boolean(value),
}

export const int: Jute<number> = {
  read: (reader) => reader.int32(),
  write: (writer, value) => writer.int32(value),
}

/** 64 bits exceed a number: session ids use all of them. */
export const long: Jute<bigint> = {
  read: (reader) => reader.int64(),
  write: (writer, value) => writer.int64(value),
}

/** A null string reads as the empty one: no field of the protocol tells them apart. */
export const ustring: Jute<string> = {
  read: (reader) => {
    const length = readLength(reader)
    return length === null ? '' : reader.slice(length).toString('utf8')
  },
  write: (writer, value) => writer.lengthPrefixed(Buffer.from(value, 'utf8')),
}

/** Null and empty differ: a node may have no data at all. */
export const buffer: Jute<Buffer | null> = {
  read: (reader) => {
    const length = readLength(reader)
    return length === null ? null : reader.slice(length)
  },
  write: (writer, value) => {
    if (value === null) writer.int32(-1)
    else writer.lengthPrefixed(value)
  },
}

/** A field that older peers leave out at the end of a record. */
export const trailingBoolean: Jute<boolean | undefined> = {
  read: (reader) => (reader.remaining === 0 ? undefined : boolean.read(reader)),
  write: (writer, value) => {
    if (value !== undefined) writer.boolean(value)
  },
}

export function vector<T>(item: Jute<T>): Jute<readonly T[]> {
  return {
    read: (reader) => {
      const count = readLength(reader) ?? 0
      const items: T[] = []
      for (let i = 0; i < count; i++) {
        // Every item of every vector has at least one byte, so the frame bounds the loop.
        if (reader.remaining === 0) throw malformed(`a vector of ${count} ends at item ${i}`)
        items.push(item.read(reader))
      }
      return items
    },
    write: (writer, values) => {
      writer.int32(values.length)
      for (const value of values) item.write(writer, value)
    },
  }
}

/** A record of the rows, in their order. */
export function record<R extends Rows>(rows: R): Jute<RecordOf<R>> {
  const fields = Object.entries(rows)
  return {
    read: (reader) => {
      const value: Record<string, unknown> = {}
      for (const [name, codec] of fields) value[name] = codec.read(reader)
      return value as RecordOf<R>
    },
    write: (writer, value) => {
      for (const [name, codec] of fields)
        codec.write(writer, (value as Readonly<Record<string, unknown>>)[name])
    },
  }
}

type Kinds = Readonly<Record<string, { readonly code: number; readonly body: Jute<unknown> }>>
export type UnionOf<K extends Kinds> = {
  readonly [T in keyof K]: { readonly type: T } & JuteValue<K[T]['body']>
}[keyof K]

/** One of several records, told apart by an int before it. Throws UNSUPPORTED_FORMAT for others. */
export function union<K extends Kinds>(kinds: K): Jute<UnionOf<K>> {
  const typeOf = new Map(Object.entries(kinds).map(([type, { code }]) => [code, type]))
  return {
    read: (reader) => {
      const code = reader.int32()
      const type = typeOf.get(code)
      const body = type === undefined ? undefined : kinds[type]?.body
      if (body === undefined) throw new BrokerError('UNSUPPORTED_FORMAT', `unknown record ${code}`)
      return { type, ...(body.read(reader) as object) } as UnionOf<K>
    },
    write: (writer, value) => {
      const kind = kinds[value.type as string]
      assert(kind !== undefined, 'a record of the union has one of its types')
      writer.int32(kind.code)
      kind.body.write(writer, value)
    },
  }
}

/** Decodes one record from a frame; bytes that a newer peer appended are ignored. */
export function decodeJute<T>(codec: Jute<T>, bytes: Buffer): T {
  return codec.read(new ByteReader(bytes))
}

/** Encodes a frame: its length, then each pair of codec and value. */
export function encodeFrame(write: (writer: ByteWriter) => void, sizeHint = 256): Buffer {
  const writer = new ByteWriter(sizeHint)
  writer.uint32(0)
  write(writer)
  assert(writer.length >= 4, 'a frame begins with its length')
  writer.patchUint32(0, writer.length - 4)
  return writer.finish()
}

function readLength(reader: ByteReader): number | null {
  const length = reader.int32()
  if (length === -1) return null
  if (length < 0 || length > reader.remaining) throw malformed(`a length cannot be ${length}`)
  return length
}

function malformed(message: string): BrokerError {
  return new BrokerError('MALFORMED_FRAME', message)
}
