import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { BrokerError, errnoOf } from '@quorate/core/base/errors'
import { appendConfigs } from '../replication/config-history.ts'
import { configsIn } from '../replication/log-records.ts'
import { appendLosses, lossesIn } from '../replication/loss-history.ts'
import type { ReplicaMeta, StoredMeta } from '../replication/meta.ts'
import { encodeMeta, freshMeta } from '../replication/meta.ts'
import { CheckpointFile } from '../store/journal/checkpoint-file.ts'
import type { LogPoint } from '../store/journal/log-batch.ts'
import { parseBatch } from '../store/journal/log-batch.ts'
import { nodeFileSystem } from '../store/journal/node-file-system.ts'
import { TwoSlotFile } from '../store/two-slot-file.ts'
import type { BackupManifest } from './backup-manifest.ts'
import {
  MANIFEST_BYTES_MAX,
  MANIFEST_FILE,
  backupFilePosition,
  decodeManifest,
} from './backup-manifest.ts'
import type { CopyProgress } from './backup-log.ts'
import type { CopiedLog, SourceSegment } from './copy-log.ts'
import { copyLog } from './copy-log.ts'
import { FreshDirectory } from './fresh-directory.ts'

export interface RestoreRequest {
  readonly backup: string
  /** The data directory to make: not there yet, or empty. */
  readonly target: string
  /** The node that it is for; the one that was backed up by default. */
  readonly nodeId: string | undefined
  /** Identity of the store that it makes. */
  readonly storeUuid: string
  readonly signal: AbortSignal
  readonly progress: CopyProgress
}

export interface RestoreReport {
  readonly path: string
  readonly nodeId: string
  readonly storeUuid: string
  readonly manifest: BackupManifest
}

type Told = Pick<ReplicaMeta, 'configs' | 'losses'>

/**
 * Makes a data directory out of a backup, with which a new cluster begins: the log of the old one,
 * and a store of its own that never promised anything to anybody. It belongs to no cluster until it
 * founds one (R2), so it cannot be taken for the replica that was backed up (R1, R36).
 *
 * Every record and file is verified; the target appears when all is on the disk, or not at all.
 * Throws INVALID_ARGUMENT for what is no backup and for a target that holds anything,
 * JOURNAL_CORRUPT when the backup is damaged, the reason of the signal when it aborts.
 */
export async function restoreBackup(request: RestoreRequest): Promise<RestoreReport> {
  const manifest = await readManifest(resolve(request.backup))
  const segments = await findSegments(resolve(request.backup), manifest)
  const fresh = await FreshDirectory.prepare(request.target)
  try {
    const journalPath = join(fresh.path, 'journal')
    await nodeFileSystem.makeDirectory(journalPath)
    const told = await copyInto(journalPath, { manifest, segments, request })
    const nodeId = request.nodeId ?? manifest.nodeId
    await writeMeta(fresh.path, restoredMeta(manifest, told, { ...request, nodeId }))
    await fresh.publish()
    return { path: fresh.target, nodeId, storeUuid: request.storeUuid, manifest }
  } catch (error) {
    await fresh.discard()
    throw error
  }
}

/** Throws INVALID_ARGUMENT with a hint when the directory is no backup. */
export async function readManifest(backup: string): Promise<BackupManifest> {
  const path = join(backup, MANIFEST_FILE)
  const bytes = await sizeOf(path)
  if (bytes === null) throw await notABackup(backup)
  if (bytes > MANIFEST_BYTES_MAX) {
    throw new BrokerError('JOURNAL_CORRUPT', `${path}: ${bytes} bytes are no manifest`)
  }
  return decodeManifest(await readFile(path, 'utf8'))
}

async function notABackup(backup: string): Promise<BrokerError> {
  const names = await nodeFileSystem.list(backup).catch((): string[] => [])
  const isData = names.includes('meta') && names.includes('journal')
  const inside: string[] = []
  for (const name of names.slice(0, NEIGHBOURS_MAX)) {
    if ((await sizeOf(join(backup, name, MANIFEST_FILE))) !== null) inside.push(join(backup, name))
  }
  const hint = isData
    ? 'it is the data directory of a broker, which can be started as it is'
    : inside.length > 0
      ? `these are: ${inside.join(', ')}`
      : names.length === 0
        ? 'it is empty, or not there'
        : `it has no ${MANIFEST_FILE}`
  return new BrokerError('INVALID_ARGUMENT', `${backup} is no backup: ${hint}`)
}

/** Names in a wrong path that are looked at for a hint. */
const NEIGHBOURS_MAX = 100

/** The files are there, and as large as the manifest says: before anything is written. */
async function findSegments(backup: string, { files }: BackupManifest): Promise<SourceSegment[]> {
  const segments: SourceSegment[] = []
  for (const { name, bytes } of files) {
    const path = join(backup, name)
    const sizeBytes = await sizeOf(path)
    if (sizeBytes === null) throw damaged(name, 'it is missing')
    if (sizeBytes !== bytes) throw damaged(name, `it has ${sizeBytes} bytes instead of ${bytes}`)
    segments.push({ position: backupFilePosition(name) ?? 0, path, sizeBytes, isKept: false })
  }
  return segments
}

interface Restoring {
  readonly manifest: BackupManifest
  readonly segments: readonly SourceSegment[]
  readonly request: RestoreRequest
}

async function copyInto(
  journalPath: string,
  { manifest, segments, request }: Restoring,
): Promise<Told> {
  const { origin, end, epochs } = manifest
  let told: Told = { configs: [], losses: [] }
  const learn = (records: Buffer, previous: LogPoint): void => {
    const batch = parseBatch([records], previous)
    const configs = appendConfigs(told.configs, configsIn(batch))
    told = { configs, losses: appendLosses(told.losses, lossesIn(batch)) }
  }
  request.progress.begin(segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
  const before = epochs.filter(({ firstIndex }) => firstIndex <= origin.index)
  const copied = await copyLog(
    { fileSystem: nodeFileSystem, segments, origin, epochs: before },
    {
      throughIndex: end.index,
      signal: request.signal,
      onProgress: (bytes) => request.progress.done(bytes),
      onRecords: learn,
      isEnd: () => Promise.resolve(false),
    },
    journalPath,
  )
  compare(copied, manifest)
  const { file } = await CheckpointFile.open(nodeFileSystem, join(journalPath, 'checkpoint'))
  await file.write({ origin, synced: copied.end, epochs: copied.epochs, clean: true })
  await file.close()
  return told
}

/** What was read against what was written once. */
function compare({ end, files }: CopiedLog, manifest: BackupManifest): void {
  for (const [i, { name, bytes, sha256 }] of manifest.files.entries()) {
    const found = files[i]
    if (found?.name !== name || found.bytes !== bytes) {
      throw damaged(name, 'its records end elsewhere than the manifest says')
    }
    if (found.sha256 !== sha256) throw damaged(name, 'it is not the file of the manifest (sha256)')
  }
  const { index, epoch, chain, position } = manifest.end
  const isSame = end.index === index && end.epoch === epoch && end.chain === chain
  if (isSame && end.position === position) return
  throw damaged(MANIFEST_FILE, `it names another end of the log than record ${end.index}`)
}

function restoredMeta(
  { brokerName, origin, end }: BackupManifest,
  told: Told,
  { nodeId, storeUuid }: { readonly nodeId: string; readonly storeUuid: string },
): StoredMeta {
  return {
    ...freshMeta({ brokerName, nodeId, storeUuid, sync: 'quorum_disk' }),
    ...told,
    // Epochs rise along a log: whoever leads with this one needs a number above all in it (R5).
    promised: { epoch: end.epoch, candidate: '', nonce: '' },
    // All of it is confirmed as far as the new cluster is concerned: nobody may cut it (R15).
    commitHint: end.index,
    logStart: origin,
  }
}

async function writeMeta(path: string, meta: StoredMeta): Promise<void> {
  const { file } = await TwoSlotFile.open({ fileSystem: nodeFileSystem, path: join(path, 'meta') })
  await file.write(encodeMeta(meta))
  await file.close()
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return null
    throw error
  }
}

function damaged(file: string, why: string): BrokerError {
  return new BrokerError('JOURNAL_CORRUPT', `the backup is damaged: ${file}: ${why}`, {
    details: { file },
  })
}
