/** frame = length: int32, body. */
export const FRAME_PREFIX_BYTES = 4

export interface WholeFrames {
  readonly frames: number
  readonly bytes: number
}

/** How many whole frames the bytes begin with, and where the rest starts. */
export function wholeFrames(bytes: Buffer): WholeFrames {
  let frames = 0
  let at = 0
  while (at + FRAME_PREFIX_BYTES <= bytes.length) {
    const end = at + FRAME_PREFIX_BYTES + bytes.readInt32BE(at)
    if (end > bytes.length) break
    frames++
    at = end
  }
  return { frames, bytes: at }
}

export function frameOf(body: Buffer): Buffer {
  const frame = Buffer.alloc(FRAME_PREFIX_BYTES + body.length)
  frame.writeInt32BE(body.length)
  body.copy(frame, FRAME_PREFIX_BYTES)
  return frame
}
