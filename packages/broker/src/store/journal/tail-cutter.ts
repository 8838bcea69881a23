import { join } from 'node:path'
import { toBrokerError } from '@quorate/core/base/errors'
import type { CutPiece } from './diverged-store.ts'
import { DIVERGED_FILE_MAX_BYTES, DivergedStore } from './diverged-store.ts'
import type { LogPoint } from './log-batch.ts'
import { segmentFileName } from './segment.ts'
import type { FoundFile, SegmentDirectory } from './segment-directory.ts'

/**
 * Cuts the log behind a point, physically: keeps a copy of the bytes up to `endPosition`, removes
 * the files that begin at or behind the point, the last one first, so that a crash on the way
 * leaves a longer prefix and never a hole, and shortens the one that holds the point. Durable when
 * it resolves.
 *
 * The journal must be quiet, and the persisted checkpoint must not lie behind the point any more:
 * otherwise a crash after the cut would look like synced records that are gone.
 *
 * `isKept` is false when the disk has no room for the copy: a cut makes room, so it goes ahead.
 */
export async function cutTail(
  directory: SegmentDirectory,
  point: LogPoint,
  endPosition: number,
): Promise<{ readonly isKept: boolean }> {
  const files = await directory.findFiles()
  const isKept = await keepCopy(directory, files, { from: point.position, to: endPosition })
  for (const file of files.filter((found) => found.position >= point.position).reverse()) {
    if (directory.last?.start.position === file.position) await directory.removeLast()
    else await directory.fileSystem.remove(pathOf(directory, file))
  }
  directory.noteNamesChanged()
  await directory.syncNames()
  const last = directory.last
  if (last === undefined) return { isKept }
  await directory.using(last, async (file) => {
    await file.truncate(last.offsetOf(point.position))
    // Not only the data: the shorter size itself has to survive.
    await file.sync()
  })
  last.points.truncateAfter(point.index)
  return { isKept }
}

async function keepCopy(
  directory: SegmentDirectory,
  files: readonly FoundFile[],
  range: { readonly from: number; readonly to: number },
): Promise<boolean> {
  const { from } = range
  const to = Math.min(range.to, from + DIVERGED_FILE_MAX_BYTES)
  const pieces: CutPiece[] = []
  try {
    for (const found of files) {
      const start = Math.max(from, found.position)
      const length = Math.min(to, found.position + found.sizeBytes) - start
      if (length <= 0) continue
      const file = await directory.fileSystem.open(pathOf(directory, found), 'read')
      pieces.push({ file, offset: start - found.position, length })
    }
    if (pieces.length === 0) return true
    const store = new DivergedStore(directory.fileSystem, join(directory.path, 'diverged'))
    await store.keep(from, pieces)
    return true
  } catch (error) {
    if (toBrokerError(error).code === 'STORE_FULL') return false
    throw error
  } finally {
    for (const { file } of pieces) await file.close()
  }
}

function pathOf(directory: SegmentDirectory, file: FoundFile): string {
  return join(directory.path, segmentFileName(file.position))
}
