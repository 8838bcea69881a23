/**
 * The encoding in which the store keeps messages, whatever their connections negotiated: version
 * 12, loose, no cache, no size prefix.
 *
 *   canonical = type: byte, fields of the message as schema.ts lists them
 */
import type { MessageCommand } from './commands.ts'
import { isMessage } from './commands.ts'
import { malformed } from './malformed.ts'
import { StructureReader } from './structure-reader.ts'
import { StructureWriter } from './structure-writer.ts'

const canonicalFormat = {
  version: 12,
  tight: false,
  sizePrefix: false,
  cacheSize: 0,
  stackTraceEnabled: false,
  maxFrameBytes: 0x7fff_ffff,
}

// Neither keeps anything from one call to the next but chunks to cut from.
const writer = new StructureWriter(canonicalFormat)
const reader = new StructureReader(canonicalFormat)

/** The bytes to store. Throws INVALID_ARGUMENT for a message that no frame can hold. */
export function encodeCanonical(message: MessageCommand): Buffer {
  writer.frame(message)
  return writer.takeBatch()
}

/** The message in stored bytes; its byte sequences are slices of them. */
export function decodeCanonical(bytes: Buffer): MessageCommand {
  reader.reset(bytes, 0)
  try {
    const value = reader.root()
    if (!isMessage(value)) throw malformed('stored bytes are no message')
    if (reader.remaining > 0) throw malformed(`${reader.remaining} bytes too many`)
    return value
  } finally {
    reader.release()
  }
}
