import { lstatSync, readdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

/** Of one journal directory: what it holds of the disk. */
export interface JournalUsage {
  readonly segments: number
  /** Blocks of the segments, preallocated ones included. */
  readonly bytes: number
}

const BLOCK_BYTES = 512

export function journalUsage(dataDirectory: string): JournalUsage {
  const folder = join(dataDirectory, 'journal')
  const segments = readdirSync(folder).filter((name) => name.endsWith('.log'))
  const bytes = segments.reduce((sum, name) => sum + blocksOf(join(folder, name)), 0)
  return { segments: segments.length, bytes }
}

/** Lengths of all files in the directory, which nobody writes at the moment. */
export function lengthOfFiles(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name)
    return sum + (entry.isDirectory() ? lengthOfFiles(path) : lstatSync(path).size)
  }, 0)
}

export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

/** A segment may be deleted between the listing and the look. */
function blocksOf(path: string): number {
  return (lstatSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * BLOCK_BYTES
}
