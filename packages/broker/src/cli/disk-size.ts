import { statSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { sizeOf } from '../store/journal/store-space.ts'

/**
 * Bytes of the file system that a directory lies on, or will lie on once it is made; null where
 * that does not tell.
 */
export function diskSizeOf(directory: string): number | null {
  try {
    const { blocks, bsize } = statfsSync(nearestFolder(directory))
    return sizeOf({ totalBytes: blocks * bsize })
  } catch {
    return null
  }
}

function nearestFolder(path: string): string {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  return isFolder || path === dirname(path) ? path : nearestFolder(dirname(path))
}
