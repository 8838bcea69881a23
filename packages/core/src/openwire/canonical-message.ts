/**
 * The encoding in which the store keeps messages, whatever their connections negotiated: version
 * 12, loose, no cache, no size prefix.
 *
 *   canonical = type: byte, fields of the message as schema.ts lists them
 */
import { wrapInPlace } from '../base/roomy-memory.ts'
import type { MessageCommand } from './commands.ts'
import { isMessage } from './commands.ts'
import { malformed } from './malformed.ts'
import { StructureReader } from './structure-reader.ts'
import { StructureWriter } from './structure-writer.ts'
import { joined } from './wire-writer.ts'

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

/**
 * The bytes to store. Those of a large message are laid around its content, in the frame that it
 * came in if it has just arrived: nothing else may be read from that frame afterwards. Throws
 * INVALID_ARGUMENT for a message that no frame can hold.
 */
export function encodeCanonical(message: MessageCommand): Buffer {
  writer.frame(message)
  const pieces = writer.takeBatch()
  const [head, content, tail, more] = pieces
  const isAroundOne = head !== undefined && content !== undefined && tail !== undefined && !more
  return (isAroundOne ? wrapInPlace(head, content, tail) : null) ?? joined(pieces)
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
