import { join } from 'node:path'
import { BrokerError } from '@quorate/core/base/errors'
import { EPOCHS_MAX } from '../store/journal/checkpoint-file.ts'
import type { FileSystem } from '../store/journal/file-system.ts'
import { nodeFileSystem } from '../store/journal/node-file-system.ts'
import type { EpochStart, LogPoint } from '../store/journal/log-batch.ts'
import { segmentFileName } from '../store/journal/segment.ts'
import type { BackupFile } from './backup-manifest.ts'
import { backupFileName } from './backup-manifest.ts'
import type { CopiedSegment, CopyOrder } from './segment-copy.ts'
import { SegmentCopier } from './segment-copy.ts'

export interface LogToCopy {
  readonly fileSystem: FileSystem
  /** Where the segments lie: for each the path that it is read from, in order. */
  readonly segments: readonly SourceSegment[]
  readonly origin: LogPoint
  /** The epochs up to the origin. */
  readonly epochs: readonly EpochStart[]
}

export interface SourceSegment {
  readonly position: number
  readonly path: string
  /** Its size when it was looked at. */
  readonly sizeBytes: number
  /** The file stays: a hard link that nobody else writes to. */
  readonly isKept: boolean
}

export interface CopiedLog {
  readonly end: LogPoint
  readonly epochs: readonly EpochStart[]
  readonly files: readonly BackupFile[]
}

/** Written beside a hard link of the same name, and then put in its place. */
const DRAFT_SUFFIX = '.copy'

/**
 * Copies a log into a folder, the oldest segment first, and syncs what it writes. Throws
 * JOURNAL_CORRUPT when a record is damaged or the log ends before the last record of the order.
 */
export async function copyLog(
  log: LogToCopy,
  order: CopyOrder,
  journalPath: string,
): Promise<CopiedLog> {
  const copier = new SegmentCopier(order)
  const files: BackupFile[] = []
  let epochs = log.epochs
  let point = log.origin
  for (const [i, segment] of log.segments.entries()) {
    demandContinuity(segment, point)
    const endPosition = log.segments[i + 1]?.position ?? Infinity
    const job = { log, copier, journalPath, segment, start: point, endPosition }
    const { end, bytes, sha256, epochs: more, isLast } = await copyOne(job)
    point = end
    epochs = [...epochs, ...more].slice(-EPOCHS_MAX)
    if (bytes > 0) files.push({ name: backupFileName(segment.position), bytes, sha256 })
    if (isLast) break
  }
  if (order.throughIndex !== Infinity && point.index < order.throughIndex) {
    const text = `the log ends with record ${point.index}: record ${order.throughIndex} is missing`
    throw new BrokerError('JOURNAL_CORRUPT', text)
  }
  await nodeFileSystem.syncDirectory(journalPath)
  return { end: point, epochs, files }
}

interface CopyJob {
  readonly log: LogToCopy
  readonly copier: SegmentCopier
  readonly journalPath: string
  readonly segment: SourceSegment
  readonly start: LogPoint
  readonly endPosition: number
}

async function copyOne(job: CopyJob): Promise<CopiedSegment> {
  const { log, segment } = job
  const source = await log.fileSystem.open(segment.path, 'read')
  try {
    if (segment.isKept) {
      const copied = await read(job, source, null)
      if (copied.bytes === segment.sizeBytes) return copied
      // Zeros behind the last record, or records behind the last one wanted: it is no backup's.
    }
    return await write(job, source)
  } finally {
    await source.close()
  }
}

type Source = Awaited<ReturnType<FileSystem['open']>>

function read(job: CopyJob, source: Source, target: Source | null): Promise<CopiedSegment> {
  const { copier, segment, start, endPosition } = job
  const name = join('journal', segmentFileName(segment.position))
  return copier.copy({ source, name, start, endPosition, target })
}

async function write(job: CopyJob, source: Source): Promise<CopiedSegment> {
  const path = join(job.journalPath, segmentFileName(job.segment.position))
  const draft = `${path}${DRAFT_SUFFIX}`
  const target = await nodeFileSystem.open(draft, 'create')
  let copied: CopiedSegment
  try {
    copied = await read(job, source, target)
    await target.sync()
  } finally {
    await target.close()
  }
  // Only the last segment may hold nothing that is wanted: then there is none.
  if (copied.bytes === 0) await nodeFileSystem.remove(draft)
  else await nodeFileSystem.rename(draft, path)
  return copied
}

function demandContinuity({ position }: SourceSegment, point: LogPoint): void {
  if (position === point.position) return
  const file = join('journal', segmentFileName(point.position))
  const text = `${file} is missing: no file holds record ${point.index + 1} and what follows it`
  const details = { file, offset: 0, fromIndex: point.index + 1 }
  throw new BrokerError('JOURNAL_CORRUPT', text, { details })
}
