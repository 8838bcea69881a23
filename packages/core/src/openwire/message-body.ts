/**
 * Bodies of messages, as `content` holds them:
 *
 *   text    int32 length, modified UTF-8 (length -1: null)
 *   map     primitive map          stream  primitives after each other
 *   bytes   as they are            object  Java serialisation, never looked into
 *
 * With `compressed` the content is a zlib stream of that; for bytes, int32 length before it.
 */
import { deflateSync, inflateSync } from 'node:zlib'
import { BrokerError } from '../base/errors.ts'
import { malformed } from './malformed.ts'
import { decodeModifiedUtf8, modifiedUtf8Length, writeModifiedUtf8 } from './modified-utf8.ts'
import type { Primitive, PrimitiveMap } from './primitive-map.ts'
import { decodePrimitiveMap, decodePrimitives } from './primitive-map.ts'

/** Bytes that a compressed body may have when inflated, as in ActiveMQ. */
export const inflatedBytesMax = 100 * 1024 * 1024

/** The part of a message that is its body. */
export interface BodyHolder {
  readonly content: Buffer | null
  readonly compressed: boolean
}

/** The text of a text message; null where it has none. */
export function textOf(message: BodyHolder): string | null {
  const bytes = plainContent(message)
  if (bytes === null || bytes.length === 0) return null
  if (bytes.length < 4) throw malformed('a text without its length')
  const length = bytes.readInt32BE(0)
  if (length < 0) return null
  if (length > bytes.length - 4) throw malformed('a text longer than its message')
  return decodeModifiedUtf8(bytes, 4, 4 + length)
}

/** The content of a text message, or null for a null text. */
export function encodeText(text: string | null, compressed = false): Buffer | null {
  if (text === null) return null
  const length = modifiedUtf8Length(text)
  const bytes = Buffer.allocUnsafe(4 + length)
  bytes.writeInt32BE(length, 0)
  writeModifiedUtf8(text, bytes, 4)
  return compressed ? deflateSync(bytes) : bytes
}

/** The bytes of a bytes message. */
export function bytesOf(message: BodyHolder): Buffer {
  const { content, compressed } = message
  if (content === null) return Buffer.alloc(0)
  if (!compressed) return content
  if (content.length < 4) throw malformed('a compressed body without its length')
  return inflated(content.subarray(4))
}

/** The content of a bytes message. */
export function encodeBytes(bytes: Buffer, compressed = false): Buffer {
  if (!compressed) return bytes
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes.length)
  return Buffer.concat([length, deflateSync(bytes)])
}

/** The entries of a map message. */
export function mapOf(message: BodyHolder): PrimitiveMap {
  const bytes = plainContent(message)
  if (bytes === null || bytes.length === 0) return new Map()
  return decodePrimitiveMap(bytes) ?? new Map<string, Primitive>()
}

/** The values of a stream message. */
export function streamOf(message: BodyHolder): Primitive[] {
  const bytes = plainContent(message)
  return bytes === null ? [] : decodePrimitives(bytes)
}

function plainContent({ content, compressed }: BodyHolder): Buffer | null {
  return content !== null && compressed ? inflated(content) : content
}

function inflated(bytes: Buffer): Buffer {
  try {
    return inflateSync(bytes, { maxOutputLength: inflatedBytesMax })
  } catch (cause) {
    const tooLarge = cause instanceof RangeError
    throw new BrokerError(
      tooLarge ? 'FRAME_TOO_LARGE' : 'MALFORMED_FRAME',
      tooLarge ? 'an inflated body is too large' : 'a compressed body cannot be inflated',
      { cause },
    )
  }
}
