import { join } from 'node:path'
import type { File, FileSystem } from './file-system.ts'
import { FileWindow } from './file-window.ts'
import type { LogPoint } from './log-batch.ts'
import { HEADER_BYTES, RECORD_MAGIC, decodeHeader, emptyHeader } from './record.ts'
import type { RecoveryFacts } from './recovery-table.ts'
import { segmentFileName } from './segment.ts'
import type { FoundFile } from './segment-directory.ts'

/** What lies behind the place where the records of a log end. */
export interface RestFacts extends Pick<RecoveryFacts, 'restZero' | 'validFollows'> {
  /** Bytes behind the tail up to the last that is not zero. */
  readonly usedBytes: number
}

/** Nothing but zeros, or nothing at all. */
export const NO_REST: RestFacts = { restZero: true, validFollows: false, usedBytes: 0 }

/** Held in memory at a time while what lies behind the last record is searched. */
const REST_WINDOW_BYTES = 1024 * 1024

/** Looks through everything that these files hold behind the tail. */
export async function examineRest(
  directory: { readonly fileSystem: FileSystem; readonly path: string },
  files: readonly FoundFile[],
  tail: LogPoint,
): Promise<RestFacts> {
  const rest = { ...NO_REST }
  for (const found of files) {
    if (found.position + found.sizeBytes <= tail.position) continue
    const path = join(directory.path, segmentFileName(found.position))
    const file = await directory.fileSystem.open(path, 'read')
    try {
      await examineFile(found, file, { tail, rest })
    } finally {
      await file.close()
    }
  }
  return rest
}

interface Search {
  readonly tail: LogPoint
  readonly rest: { -readonly [K in keyof RestFacts]: RestFacts[K] }
}

async function examineFile(found: FoundFile, file: File, { tail, rest }: Search): Promise<void> {
  const window = new FileWindow(file, REST_WINDOW_BYTES)
  const start = Math.max(0, tail.position - found.position)
  for (let offset = start; offset < found.sizeBytes; offset += REST_WINDOW_BYTES) {
    // Some bytes more, so that no header is missed because it straddles two windows.
    const bytes = await window.at(offset, REST_WINDOW_BYTES + HEADER_BYTES - 1)
    const used = lengthWithoutZeros(bytes)
    if (used === 0) continue
    rest.restZero = false
    rest.usedBytes = found.position + offset + used - tail.position
    if (!rest.validFollows)
      rest.validFollows = await hasRecord(bytes, offset, { found, file, tail })
  }
}

interface Place {
  readonly found: FoundFile
  readonly file: File
  readonly tail: LogPoint
}

/** A whole record that can have come after the tail: not below it in index or epoch. */
async function hasRecord(
  bytes: Buffer,
  offset: number,
  { found, file, tail }: Place,
): Promise<boolean> {
  const position = found.position + offset
  const header = emptyHeader()
  for (let at = bytes.indexOf(MAGIC_BYTES); at >= 0; at = bytes.indexOf(MAGIC_BYTES, at + 1)) {
    if (position + at === tail.position || at + HEADER_BYTES > bytes.length) continue
    if (decodeHeader(bytes, at, header) !== 'none') continue
    const ahead = header.index - tail.index
    const distance = position + at - tail.position
    if (ahead < 1 || ahead > 1 + distance / HEADER_BYTES) continue
    if (header.epoch < tail.epoch) continue
    const payload = await new FileWindow(file, REST_WINDOW_BYTES).checksumAt(
      offset + at + HEADER_BYTES,
      header.payloadLength,
    )
    if (payload === header.payloadChecksum) return true
  }
  return false
}

const MAGIC_BYTES = Buffer.alloc(4)
MAGIC_BYTES.writeUInt32BE(RECORD_MAGIC)

const ZEROS = Buffer.alloc(4096)

/** Length of `bytes` up to the last that is not zero. */
function lengthWithoutZeros(bytes: Buffer): number {
  let length = bytes.length
  while (length >= ZEROS.length && bytes.subarray(length - ZEROS.length, length).equals(ZEROS)) {
    length -= ZEROS.length
  }
  while (length > 0 && bytes[length - 1] === 0) length--
  return length
}
