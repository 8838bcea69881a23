/**
 * Memory for what is so large that copies of it are what a broker's memory goes to. There is room
 * on either side, so that headers can be put around it without moving it:
 *
 *   | room ................ | frame: ... | content | ...  | ........... room |    as it came in
 *   | room ......... | head              | content | tail | ........... room |    as it is stored
 *   | room .. | head | head, content, tail                | ........... room |    as it is logged
 */

/** From this size on bytes are large. */
export const LARGE_BYTES = 1024 * 1024
/** On either side; ids, names and headers are rarely longer. */
const ROOM_BYTES = 16 * 1024

interface Used {
  readonly start: number
  readonly end: number
}

/** What of roomy memory is in use; null while nothing has been wrapped. */
const usedOf = new WeakMap<ArrayBufferLike, Used | null>()

/** Memory that is to be filled, with room around it. */
export function allocateRoomy(byteCount: number): Buffer {
  const whole = Buffer.allocUnsafeSlow(ROOM_BYTES + byteCount + ROOM_BYTES)
  usedOf.set(whole.buffer, null)
  return whole.subarray(ROOM_BYTES, ROOM_BYTES + byteCount)
}

/**
 * `head`, `content` and `tail` in one piece, without moving the content. Null when it does not lie
 * in roomy memory, when the room does not suffice, and when something else is around it already.
 *
 * The first time the content may be any part of what was allocated, and all the rest of it is lost:
 * the caller keeps no other slice.
 */
export function wrapInPlace(head: Buffer, content: Buffer, tail: Buffer): Buffer | null {
  const { buffer, byteOffset } = content
  const used = usedOf.get(buffer)
  if (used === undefined) return null
  const contentEnd = byteOffset + content.length
  if (used !== null && (used.start !== byteOffset || used.end !== contentEnd)) return null
  const start = byteOffset - head.length
  const end = contentEnd + tail.length
  if (start < 0 || end > buffer.byteLength) return null
  usedOf.set(buffer, { start, end })
  const whole = Buffer.from(buffer, start, end - start)
  whole.set(head, 0)
  whole.set(tail, whole.length - tail.length)
  return whole
}
