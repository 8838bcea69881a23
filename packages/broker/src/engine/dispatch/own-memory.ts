import type { Message } from '../client.ts'
import { SHARED_MEMORY_FACTOR } from '../policy/limits.ts'

/**
 * A body for as long as it waits: itself, or a copy where it lies in a chunk with others, which may
 * be gone soon.
 */
export function ownMemory(body: Buffer): Buffer {
  if (body.buffer.byteLength <= SHARED_MEMORY_FACTOR * body.length) return body
  const own = Buffer.allocUnsafeSlow(body.length)
  own.set(body)
  return own
}

/** A message that waits keeps its bytes only, not what it came in and what it was decoded to. */
export function stay(message: Message): void {
  message.decoded = undefined
  message.body = ownMemory(message.body)
}
