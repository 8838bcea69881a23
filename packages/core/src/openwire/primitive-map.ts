/**
 * Properties of messages and of WireFormatInfo, bodies of map and stream messages: Java primitives
 * with a tag each, so that they can be written again as they were.
 *
 *   map   = count: int32 (-1: null), count * (key: string16, value)
 *   list  = count: int32, count * value
 *   value = tag: byte, and by the tag
 *     0 null   1 boolean: byte   2 byte   3 char: uint16   4 short   5 int32   6 int64
 *     7 double   8 float   9 string16   10 bytes: int32 length   11 map   12 list
 *     13 long string: int32 length
 *   string16 = length: uint16, modified UTF-8
 */
import { ByteReader } from '../base/byte-reader.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import type { Long } from './commands.ts'
import { malformed } from './malformed.ts'
import { decodeModifiedUtf8, modifiedUtf8Length, writeModifiedUtf8 } from './modified-utf8.ts'
import { unencodable } from './wire-writer.ts'

export type Primitive =
  | { readonly kind: 'null'; readonly value: null }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'byte' | 'short' | 'int' | 'float' | 'double'; readonly value: number }
  | { readonly kind: 'char'; readonly value: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'long'; readonly value: Long }
  | { readonly kind: 'bytes'; readonly value: Buffer }
  | { readonly kind: 'map'; readonly value: PrimitiveMap | null }
  | { readonly kind: 'list'; readonly value: readonly Primitive[] }

export type PrimitiveMap = Map<string, Primitive>

export interface PrimitiveLimits {
  readonly entriesMax: number
  /** Bytes of one key or one value. */
  readonly valueBytesMax: number
  /** Maps and lists inside maps and lists. */
  readonly nestingMax: number
}

/** What a message may carry: its frame bounds it otherwise. */
export const messagePropertyLimits: PrimitiveLimits = Object.freeze({
  entriesMax: 65_536,
  valueBytesMax: 0x7fff_ffff,
  nestingMax: 32,
})

/** ActiveMQ writes strings of this many characters as long strings. */
const longStringFrom = 8191

const tag = {
  null: 0,
  boolean: 1,
  byte: 2,
  char: 3,
  short: 4,
  int: 5,
  long: 6,
  double: 7,
  float: 8,
  string: 9,
  bytes: 10,
  map: 11,
  list: 12,
  longString: 13,
} as const

const nullPrimitive: Primitive = { kind: 'null', value: null }
const truePrimitive: Primitive = { kind: 'boolean', value: true }
const falsePrimitive: Primitive = { kind: 'boolean', value: false }

/** The map in `bytes`, or null for a null map; MALFORMED_FRAME for anything else. */
export function decodePrimitiveMap(
  bytes: Buffer,
  limits: PrimitiveLimits = messagePropertyLimits,
): PrimitiveMap | null {
  const reader = new ByteReader(bytes)
  const map = readMap(reader, limits, 0)
  reader.end()
  return map
}

/** The values that follow each other in the body of a stream message. */
export function decodePrimitives(bytes: Buffer): Primitive[] {
  const reader = new ByteReader(bytes)
  const values: Primitive[] = []
  while (reader.remaining > 0) values.push(readValue(reader, messagePropertyLimits, 0))
  return values
}

function readMap(reader: ByteReader, limits: PrimitiveLimits, depth: number): PrimitiveMap | null {
  const count = reader.int32()
  if (count < 0) return null
  // An entry takes at least the length of its key and the tag of its value.
  if (count > limits.entriesMax || count * 3 > reader.remaining) {
    throw malformed(`a map of ${count} entries`)
  }
  const map: PrimitiveMap = new Map()
  for (let i = 0; i < count; i++) {
    const key = readText(reader, reader.uint16(), limits)
    map.set(key, readValue(reader, limits, depth))
  }
  return map
}

function readList(reader: ByteReader, limits: PrimitiveLimits, depth: number): Primitive[] {
  const count = reader.int32()
  if (count < 0 || count > limits.entriesMax || count > reader.remaining) {
    throw malformed(`a list of ${count} items`)
  }
  const list: Primitive[] = []
  for (let i = 0; i < count; i++) list.push(readValue(reader, limits, depth))
  return list
}

function readValue(reader: ByteReader, limits: PrimitiveLimits, depth: number): Primitive {
  const kind = reader.uint8()
  switch (kind) {
    case tag.null:
      return nullPrimitive
    case tag.boolean:
      return reader.uint8() === 0 ? falsePrimitive : truePrimitive
    case tag.byte:
      return { kind: 'byte', value: reader.int8() }
    case tag.char:
      return { kind: 'char', value: String.fromCharCode(reader.uint16()) }
    case tag.short:
      return { kind: 'short', value: reader.int16() }
    case tag.int:
      return { kind: 'int', value: reader.int32() }
    case tag.long:
      return { kind: 'long', value: longOf(reader.int64()) }
    case tag.double:
      return { kind: 'double', value: reader.slice(8).readDoubleBE() }
    case tag.float:
      return { kind: 'float', value: reader.slice(4).readFloatBE() }
    case tag.string:
      return { kind: 'string', value: readText(reader, reader.uint16(), limits) }
    case tag.longString:
      return { kind: 'string', value: readText(reader, reader.int32(), limits) }
    case tag.bytes:
      return { kind: 'bytes', value: reader.slice(checkedLength(reader.int32(), limits)) }
    case tag.map:
      return { kind: 'map', value: readMap(reader, limits, deeper(depth, limits)) }
    case tag.list:
      return { kind: 'list', value: readList(reader, limits, deeper(depth, limits)) }
    default:
      throw malformed(`a value with the tag ${kind}`)
  }
}

function deeper(depth: number, limits: PrimitiveLimits): number {
  if (depth >= limits.nestingMax) throw malformed('maps are nested too deeply')
  return depth + 1
}

function checkedLength(length: number, limits: PrimitiveLimits): number {
  if (length < 0 || length > limits.valueBytesMax) throw malformed(`a value of ${length} bytes`)
  return length
}

function readText(reader: ByteReader, length: number, limits: PrimitiveLimits): string {
  const slice = reader.slice(checkedLength(length, limits))
  return decodeModifiedUtf8(slice, 0, slice.length)
}

function longOf(value: bigint): Long {
  const asNumber = Number(value)
  return Number.isSafeInteger(asNumber) ? asNumber : value
}

export function encodePrimitiveMap(map: PrimitiveMap | null): Buffer {
  const writer = new ByteWriter()
  writeMap(writer, map)
  return writer.finish()
}

export function encodePrimitives(values: readonly Primitive[]): Buffer {
  const writer = new ByteWriter()
  for (const value of values) writeValue(writer, value)
  return writer.finish()
}

function writeMap(writer: ByteWriter, map: PrimitiveMap | null): void {
  writer.int32(map === null ? -1 : map.size)
  if (map === null) return
  for (const [key, value] of map) {
    writeText16(writer, key)
    writeValue(writer, value)
  }
}

function writeValue(writer: ByteWriter, primitive: Primitive): void {
  if (primitive.kind === 'string') {
    writeString(writer, primitive.value)
    return
  }
  writer.uint8(tag[primitive.kind])
  switch (primitive.kind) {
    case 'null':
      return
    case 'boolean':
      writer.boolean(primitive.value)
      return
    case 'char':
      writer.uint16(primitive.value.charCodeAt(0))
      return
    case 'long':
      writer.int64(BigInt(primitive.value))
      return
    case 'bytes':
      writer.lengthPrefixed(primitive.value)
      return
    case 'map':
      writeMap(writer, primitive.value)
      return
    case 'list':
      writer.int32(primitive.value.length)
      for (const item of primitive.value) writeValue(writer, item)
      return
    default:
      writeNumber(writer, primitive.kind, primitive.value)
  }
}

type NumberKind = 'byte' | 'short' | 'int' | 'float' | 'double'

function writeNumber(writer: ByteWriter, kind: NumberKind, value: number): void {
  switch (kind) {
    case 'byte':
      writer.int8(value)
      return
    case 'short':
      writer.int16(value)
      return
    case 'int':
      writer.int32(value)
      return
    case 'float':
    case 'double': {
      const bytes = Buffer.alloc(kind === 'float' ? 4 : 8)
      if (kind === 'float') bytes.writeFloatBE(value)
      else bytes.writeDoubleBE(value)
      writer.bytes(bytes)
    }
  }
}

function writeString(writer: ByteWriter, text: string): void {
  if (text.length < longStringFrom) {
    writer.uint8(tag.string)
    writeText16(writer, text)
    return
  }
  writer.uint8(tag.longString)
  writer.lengthPrefixed(encodeModifiedUtf8(text))
}

function writeText16(writer: ByteWriter, text: string): void {
  const bytes = encodeModifiedUtf8(text)
  if (bytes.length > 0xffff) throw unencodable(`a string of ${bytes.length} bytes`)
  writer.uint16(bytes.length).bytes(bytes)
}

function encodeModifiedUtf8(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(modifiedUtf8Length(text))
  writeModifiedUtf8(text, bytes, 0)
  return bytes
}
