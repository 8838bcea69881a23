import { checksum } from './checksum.ts'

/**
 * Bytes inside a record that can be read, and verified, without the rest of it. A record's own
 * checksum covers the whole record; these have one more of their own, directly before them:
 *
 * ```
 *   ... | check u32 | bytes | ...
 * ```
 *
 * The check is the CRC-32 of the bytes. Whoever refers to such bytes keeps their position and their
 * length only: the check is found with them.
 */
export const CHECK_BYTES = 4

/** Writes the check of `bytes` to `target` at `at`; the bytes themselves have to follow it. */
export function writeCheck(target: Buffer, at: number, bytes: Buffer): void {
  target.writeUInt32BE(checksum(bytes, 0, bytes.length), at)
}

/** Whether the check at `at` is the one of the `length` bytes behind it. */
export function isIntact(source: Buffer, at: number, length: number): boolean {
  const start = at + CHECK_BYTES
  if (start + length > source.length) return false
  return source.readUInt32BE(at) === checksum(source, start, start + length)
}
