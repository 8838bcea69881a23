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
 * The journal must be quiet.
 *
 * `isKept` is false when the disk has no room for the copy: a cut makes room, so it goes ahead. But
 * where nobody else has what is cut STORE_FULL is thrown before anything is.
 */
export async function cutTail(
  directory: SegmentDirectory,
  point: LogPoint,
  { origin, endPosition, keep, remember }: CutOptions,
): Promise<{ readonly isKept: boolean }> {
  const files = await withoutReleased(directory, origin)
  const diverged = divergedStoreOf(directory)
  const behind = files.filter(({ position }) => position >= point.position).reverse()
  let isKept = true
  if (keep !== 'some') {
    isKept = await moveAway(directory, diverged, { files, behind, point, keep })
    directory.noteNamesChanged()
    await directory.syncNames()
    // Not earlier: a crash before must find the damage again, not a tail that was never synced.
    await remember()
  } else {
    // Before the cut, or a crash behind it would look like lost synced records.
    await remember()
    const range = { from: point.position, to: endPosition }
    isKept = await keepCopy(directory, diverged, { files, ...range })
    for (const file of behind) await remove(directory, file)
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

/**
 * How much of what is cut stays in `diverged/`: `some` of what was never committed; `most` of what
 * is damaged or lies behind damage, where whole files are moved and not copied; `all` where nobody
 * else has it.
 */
export type Keep = 'some' | 'most' | 'all'

export interface CutOptions {
  /** Where the log begins. */
  readonly origin: number
  /** Where the log ended; Infinity where nobody knows. */
  readonly endPosition: number
  readonly keep: Keep
  /** Makes durable that the log ends at the point. */
  readonly remember: () => Promise<void>
}

export function divergedStoreOf({ fileSystem, path }: SegmentDirectory): DivergedStore {
  return new DivergedStore(fileSystem, join(path, 'diverged'))
}

/**
 * The files of the log. Those before it were released, and a crash was faster than their removal: a
 * start makes up for that, but not where it finds damage, and changes nothing.
 */
async function withoutReleased(directory: SegmentDirectory, origin: number): Promise<FoundFile[]> {
  const files = await directory.findFiles()
  for (const file of files) {
    if (file.position < origin) await directory.fileSystem.remove(pathOf(directory, file))
  }
  return files.filter(({ position }) => position >= origin)
}

async function remove(directory: SegmentDirectory, file: FoundFile, movedTo?: string) {
  const { fileSystem } = directory
  if (directory.last?.start.position === file.position) await directory.removeLast(movedTo)
  else if (movedTo === undefined) await fileSystem.remove(pathOf(directory, file))
  else await fileSystem.rename(pathOf(directory, file), movedTo)
}

/** A crash on the way leaves the rest where it was, still damaged: the next start goes on. */
async function moveAway(
  directory: SegmentDirectory,
  diverged: DivergedStore,
  cut: {
    readonly files: readonly FoundFile[]
    readonly behind: readonly FoundFile[]
    readonly point: LogPoint
    readonly keep: Keep
  },
): Promise<boolean> {
  const { position } = cut.point
  const holding = cut.files.findLast((found) => found.position < position)
  const to = (holding?.position ?? 0) + (holding?.sizeBytes ?? 0)
  const range = { files: cut.files, from: position, to }
  const copied = usingPieces(directory, range, (pieces) => diverged.keepAll(position, pieces))
  const isKept = await (cut.keep === 'all' ? copied.then(() => true) : roomFor(copied))
  for (const file of cut.behind) {
    await remove(directory, file, await diverged.placeFor(file.position))
  }
  if (cut.behind.length > 0) await diverged.sync()
  return isKept
}

async function keepCopy(
  directory: SegmentDirectory,
  diverged: DivergedStore,
  range: LogRange,
): Promise<boolean> {
  const { files, from } = range
  const to = Math.min(range.to, from + DIVERGED_FILE_MAX_BYTES)
  return roomFor(
    usingPieces(directory, { files, from, to }, (pieces) => diverged.keep(from, pieces)),
  )
}

/** False when the disk has no room for it. */
async function roomFor(copied: Promise<void>): Promise<boolean> {
  try {
    await copied
    return true
  } catch (error) {
    if (toBrokerError(error).code === 'STORE_FULL') return false
    throw error
  }
}

interface LogRange {
  readonly files: readonly FoundFile[]
  readonly from: number
  readonly to: number
}

/** Not called where the range is empty. */
async function usingPieces(
  directory: SegmentDirectory,
  { files, from, to }: LogRange,
  use: (pieces: readonly CutPiece[]) => Promise<void>,
): Promise<void> {
  const pieces: CutPiece[] = []
  try {
    for (const found of files) {
      const start = Math.max(from, found.position)
      const length = Math.min(to, found.position + found.sizeBytes) - start
      if (length <= 0) continue
      const file = await directory.fileSystem.open(pathOf(directory, found), 'read')
      pieces.push({ file, offset: start - found.position, length })
    }
    if (pieces.length > 0) await use(pieces)
  } finally {
    for (const { file } of pieces) await file.close()
  }
}

function pathOf(directory: SegmentDirectory, file: FoundFile): string {
  return join(directory.path, segmentFileName(file.position))
}
