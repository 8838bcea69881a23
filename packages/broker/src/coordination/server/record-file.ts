import { crc32 } from 'node:zlib'
import { ByteWriter } from '@quorate/core/base/byte-writer'
import { BrokerError } from '@quorate/core/base/errors'
import { decodeJute } from '../zookeeper/jute.ts'
import type { Jute } from '../zookeeper/jute.ts'

/**
 * The files of the coordination server:
 *
 *   file   = magic:4 version:uint32 record*
 *   record = length:uint32 crc32:uint32 payload           (crc32 of the payload)
 */
const headerBytes = 8
const recordHeaderBytes = 8
const version = 1

/** Longer than any transaction: the largest request, and its access list with identities put in. */
export const recordBytesMax = 8 * 1024 * 1024

export function fileHeader(magic: string): Buffer {
  const header = Buffer.alloc(headerBytes)
  header.write(magic, 'latin1')
  header.writeUInt32BE(version, 4)
  return header
}

export function encodeRecord<T>(codec: Jute<T>, value: T): Buffer {
  const writer = new ByteWriter(256)
  writer.uint32(0).uint32(0)
  codec.write(writer, value)
  const bytes = writer.finish()
  const payload = bytes.subarray(recordHeaderBytes)
  bytes.writeUInt32BE(payload.length, 0)
  bytes.writeUInt32BE(crc32(payload), 4)
  return bytes
}

export interface RecordFile<T> {
  readonly records: readonly T[]
  /** Where the last whole record ends. */
  readonly validBytes: number
  /** Nothing follows the last whole record. */
  readonly whole: boolean
}

/**
 * Reads the records of a file up to the first that is not whole. A file too short for its header
 * has none. Throws UNSUPPORTED_FORMAT for the header of another version and JOURNAL_CORRUPT for
 * that of another kind of file.
 */
export function readRecords<T>(bytes: Buffer, magic: string, codec: Jute<T>): RecordFile<T> {
  if (bytes.length < headerBytes) return { records: [], validBytes: 0, whole: false }
  if (bytes.toString('latin1', 0, 4) !== magic) {
    throw new BrokerError('JOURNAL_CORRUPT', `the file does not begin with ${magic}`)
  }
  const found = bytes.readUInt32BE(4)
  if (found !== version) {
    throw new BrokerError('UNSUPPORTED_FORMAT', `version ${found} of a ${magic} file`)
  }
  const records: T[] = []
  let at = headerBytes
  for (;;) {
    const payload = payloadAt(bytes, at)
    if (payload === null) return { records, validBytes: at, whole: at === bytes.length }
    records.push(decodeJute(codec, payload))
    at += recordHeaderBytes + payload.length
  }
}

function payloadAt(bytes: Buffer, at: number): Buffer | null {
  if (bytes.length - at < recordHeaderBytes) return null
  const length = bytes.readUInt32BE(at)
  // A tail of zeros, as a crash can leave it, is not a row of empty records.
  if (length === 0 || length > recordBytesMax || length > bytes.length - at - recordHeaderBytes)
    return null
  const payload = bytes.subarray(at + recordHeaderBytes, at + recordHeaderBytes + length)
  return crc32(payload) === bytes.readUInt32BE(at + 4) ? payload : null
}
