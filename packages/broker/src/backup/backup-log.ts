import { link, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { BrokerError, errnoOf } from '@quorate/core/base/errors'
import { openDataDirectory } from '../inspection/data-directory.ts'
import type { DataDirectory } from '../inspection/data-directory.ts'
import { Findings } from '../inspection/findings.ts'
import { judgeEnd } from '../inspection/log-end.ts'
import type { ReplicaMeta } from '../replication/meta.ts'
import { CheckpointFile } from '../store/journal/checkpoint-file.ts'
import { EMPTY_LOG } from '../store/journal/log-batch.ts'
import { nodeFileSystem } from '../store/journal/node-file-system.ts'
import { segmentFileName } from '../store/journal/segment.ts'
import type { BackupManifest } from './backup-manifest.ts'
import { MANIFEST_FILE, encodeManifest } from './backup-manifest.ts'
import type { CopiedLog, SourceSegment } from './copy-log.ts'
import { copyLog } from './copy-log.ts'
import { FreshDirectory } from './fresh-directory.ts'
import type { CopyOrder, EndPlace } from './segment-copy.ts'

export interface BackupRequest {
  /** Data directory of the broker. */
  readonly directory: string
  /** Where the backup goes: not there yet, or an empty directory. */
  readonly target: string
  /** What the broker that runs there says; null when none does. */
  readonly running: RunningNode | null
  /** The machine has stopped since the log was written, as far as is known. */
  readonly powerLost: boolean
  /** Full segments stay hard links to the broker's own files, where the file system allows it. */
  readonly keepLinks: boolean
  readonly quorate: string
  readonly createdAt: Date
  readonly signal: AbortSignal
  readonly progress: CopyProgress
  /** Rejects when what was assumed at the beginning is not so any more; nothing appears then. */
  readonly beforePublishing: () => Promise<void>
  /** Before it begins anew; a fifth of a second by default. */
  readonly pause?: () => Promise<void>
}

export interface RunningNode {
  readonly role: string
  /** Committed, and on the disk of this node. */
  readonly committedIndex: number
}

export interface CopyProgress {
  /** Begins, or begins anew: so many bytes at most. */
  begin(totalBytes: number): void
  done(bytes: number): void
}

export interface BackupReport {
  readonly path: string
  readonly manifest: BackupManifest
  /** Segments that share their bytes with the broker's. */
  readonly linked: number
  /** How often it began, because segments were released while they were copied. */
  readonly attempts: number
}

/** How often a backup begins: a log that outruns it moves up faster than a disk can be read. */
const ATTEMPTS_MAX = 5
const ATTEMPT_PAUSE_MS = 200

/**
 * Copies the committed log of a data directory into a directory of its own. Every record is
 * verified on its way. The target appears when everything in it is on the disk, or not at all.
 *
 * Throws INVALID_ARGUMENT for a directory or target that cannot be, JOURNAL_CORRUPT with file and
 * position for a damaged log, the reason of the signal when it aborts.
 */
export async function backupLog(request: BackupRequest): Promise<BackupReport> {
  const fresh = await FreshDirectory.prepare(request.target)
  try {
    for (let attempts = 1; ; attempts++) {
      const outcome = await attempt(request, fresh)
      if (outcome !== 'moved') {
        await request.beforePublishing()
        await fresh.publish()
        return { ...outcome, path: fresh.target, attempts }
      }
      if (attempts === ATTEMPTS_MAX) throw outrun(request.directory)
      await (request.pause?.() ?? wait(ATTEMPT_PAUSE_MS, undefined, { signal: request.signal }))
    }
  } catch (error) {
    await fresh.discard()
    throw error
  }
}

type Attempt = Omit<BackupReport, 'path' | 'attempts'>

/** 'moved' when the log began later before all of it was protected or copied. */
async function attempt(request: BackupRequest, fresh: FreshDirectory): Promise<Attempt | 'moved'> {
  const journalPath = join(fresh.path, 'journal')
  await fresh.discard()
  await nodeFileSystem.makeDirectory(journalPath)
  // Small files before the names of the segments: what they say stays true of a broker that runs.
  const data = await openDataDirectory(request.directory)
  try {
    return await copyFrom(data, request, fresh.path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || isReleased(error)) return 'moved'
    throw error
  }
}

class Released extends Error {}

function isReleased(error: unknown): boolean {
  return error instanceof Released
}

async function copyFrom(
  data: DataDirectory,
  request: BackupRequest,
  path: string,
): Promise<Attempt> {
  const { running, signal, progress, keepLinks } = request
  const journalPath = join(path, 'journal')
  metaOf(data)
  const origin = originOf(data)
  const files = data.files.filter(({ position }) => position >= origin.position)
  if (running !== null && files[0]?.position !== origin.position) throw new Released()
  const segments = await protect(data, files, { journalPath, keepLinks })
  const throughIndex = running?.committedIndex ?? Infinity
  progress.begin(files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
  const order: CopyOrder = {
    throughIndex,
    signal,
    onProgress: (bytes) => progress.done(bytes),
    isEnd: (place) => isEnd(place, { data, request }),
  }
  const known = data.checkpoint.value?.epochs ?? []
  const epochs = known.filter(({ firstIndex }) => firstIndex <= origin.index)
  const log = { fileSystem: data.fileSystem, segments, origin, epochs }
  const copied = await copyLog(log, order, journalPath)
  if (copied.end.index === 0) {
    throw new BrokerError('INVALID_ARGUMENT', `${data.path} holds no records: nothing to back up`)
  }
  await removeUnused(segments, copied, journalPath)
  await finish(path, manifestOf(data, copied, request))
  return { manifest: manifestOf(data, copied, request), linked: linkedIn(segments, copied) }
}

/** Links to segments behind the last record that was wanted. */
async function removeUnused(
  segments: readonly SourceSegment[],
  { files }: CopiedLog,
  journalPath: string,
): Promise<void> {
  for (const { position } of segments.slice(files.length)) {
    await rm(join(journalPath, segmentFileName(position)), { force: true })
  }
}

/** Segments whose link was kept: those that a backup holds whole. */
function linkedIn(segments: readonly SourceSegment[], { files }: CopiedLog): number {
  const isShared = ({ isKept, sizeBytes }: SourceSegment, i: number): boolean =>
    isKept && files[i]?.bytes === sizeBytes
  return segments.filter(isShared).length
}

function originOf({ checkpoint, files, path }: DataDirectory) {
  if (checkpoint.value !== null) return checkpoint.value.origin
  if ((files[0]?.position ?? 0) === 0) return EMPTY_LOG
  const text = `${path}: the journal has no readable checkpoint, so nobody knows where its log begins`
  throw new BrokerError('JOURNAL_CORRUPT', text)
}

/**
 * Puts hard links to the full segments into the folder, the oldest first: what the broker releases
 * from now on stays until it is copied. Where links cannot be, it is copied as it lies.
 */
async function protect(
  data: DataDirectory,
  files: DataDirectory['files'],
  { journalPath, keepLinks }: { readonly journalPath: string; readonly keepLinks: boolean },
): Promise<SourceSegment[]> {
  const segments: SourceSegment[] = []
  let canLink = true
  for (const [i, { position, sizeBytes }] of files.entries()) {
    const name = segmentFileName(position)
    const own = join(data.journalPath, name)
    // The last one is written to; and a link of what is already copied would be in the way.
    const isFull = i < files.length - 1
    const linked = join(journalPath, name)
    if (isFull && canLink) canLink = await tryLink(own, linked)
    const isLinked = isFull && canLink
    const path = isLinked ? linked : own
    segments.push({ position, sizeBytes, path, isKept: isLinked && keepLinks })
  }
  return segments
}

/** File systems without links, another one, and files of other users. */
const cannotLink = new Set([
  'EXDEV',
  'EPERM',
  'EACCES',
  'EMLINK',
  'ENOSYS',
  'ENOTSUP',
  'EOPNOTSUPP',
])

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (cannotLink.has(errnoOf(error) ?? '')) return false
    throw error
  }
}

/** Of a stopped node: as the next start would judge the end of its log. */
async function isEnd(
  { point, start, hasHeader, length }: EndPlace,
  { data, request }: { readonly data: DataDirectory; readonly request: BackupRequest },
): Promise<boolean> {
  const found = data.files.at(-1)
  if (found === undefined || found.position !== start.position) return false
  const judgement = await judgeEnd({
    data,
    findings: new Findings(),
    isRunning: false,
    powerLost: request.powerLost,
    point,
    files: [found],
    found,
    name: join('journal', segmentFileName(found.position)),
    hasHeader,
    length,
  })
  return judgement.isEnd
}

function manifestOf(
  data: DataDirectory,
  { end, epochs, files }: CopiedLog,
  { running, quorate, createdAt }: BackupRequest,
): BackupManifest {
  const { brokerName, nodeId, clusterId, commitHint } = metaOf(data)
  return {
    quorate,
    createdAt: createdAt.toISOString(),
    brokerName,
    nodeId,
    clusterId,
    role: running?.role ?? 'stopped',
    committed: running !== null || commitHint >= end.index,
    origin: originOf(data),
    end,
    epochs,
    files,
  }
}

function metaOf({ meta, path }: DataDirectory): ReplicaMeta {
  if (meta.value !== null) return meta.value
  const why = meta.problem ?? `it is ${meta.state}`
  const text = `${path}: whose log this is cannot be known, for its meta file: ${why}`
  throw new BrokerError('STORE_UNAVAILABLE', text)
}

/** The journal's own checkpoint as well, so that the commands that read a log can read a backup. */
async function finish(path: string, manifest: BackupManifest): Promise<void> {
  const { origin, end, epochs } = manifest
  const { file } = await CheckpointFile.open(nodeFileSystem, join(path, 'journal', 'checkpoint'))
  await file.write({ origin, synced: end, epochs, clean: true })
  await file.close()
  await writeFile(join(path, MANIFEST_FILE), encodeManifest(manifest), { flag: 'wx', flush: true })
}

function outrun(directory: string): BrokerError {
  const text =
    `${directory}: segments were released ${ATTEMPTS_MAX} times while they were copied; ` +
    'a target on the same file system is protected by hard links'
  return new BrokerError('STORE_UNAVAILABLE', text)
}
