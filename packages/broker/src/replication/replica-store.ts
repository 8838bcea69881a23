import { join } from 'node:path'
import type { Clock } from '@quorate/core/base/clock'
import type { Entropy } from '@quorate/core/base/entropy'
import { BrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { FileSystem } from '../store/journal/file-system.ts'
import { Journal } from '../store/journal/journal.ts'
import type { JournalListener } from '../store/journal/journal-options.ts'
import { segmentFileName } from '../store/journal/segment.ts'
import { SpaceWatch } from '../store/journal/space-watch.ts'
import type { SpaceLimits } from '../store/journal/store-space.ts'
import { defaultSpaceLimits } from '../store/journal/store-space.ts'
import { TwoSlotFile } from '../store/two-slot-file.ts'
import type { ConfigEntry } from './config-history.ts'
import { appendConfigs, configsHeld } from './config-history.ts'
import { configsIn } from './log-records.ts'
import type { LossEntry } from './carried-state.ts'
import { appendLosses, lossesHeld, lossesIn } from './loss-history.ts'
import type { ReplicaMeta } from './meta.ts'
import { decodeMeta, freshMeta } from './meta.ts'
import { MetaFile } from './meta-file.ts'
import { hasRebooted, suspicionAtStart } from './suspicion.ts'
import type { SyncLevel } from './sync-level.ts'
import { syncPolicyOf } from './sync-level.ts'

/** Bytes that are read at once when the end of the log is searched for configurations. */
const SCAN_BYTES = 4 * 1024 * 1024

export interface ReplicaStoreOptions {
  readonly directory: string
  readonly fileSystem: FileSystem
  readonly brokerName: string
  readonly nodeId: string
  readonly sync: SyncLevel
  readonly segmentSizeBytes: number
  /** Changes when the machine boots; '' when unknown. */
  readonly bootId: string
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly journalListener: JournalListener
  readonly spaceLimits?: SpaceLimits
  /** A cluster of one: nobody else has this log. */
  readonly isAlone?: boolean
}

/** The durable side of a replica: its meta file and its journal, opened and judged. */
export interface ReplicaStore {
  readonly meta: ReplicaMeta
  readonly metaFile: MetaFile
  readonly journal: Journal
  /** What the disk has left; not started yet. */
  readonly space: SpaceWatch
}

/**
 * Opens the data directory. On return the meta file says that a process is running (R31), and the
 * replica knows whether its past acknowledgements can be relied upon (R33).
 */
export async function openReplicaStore(options: ReplicaStoreOptions): Promise<ReplicaStore> {
  const { fileSystem, directory, log } = options
  await fileSystem.makeDirectory(directory)
  const metaFile = await openMeta(options)
  const found = metaFile.newest
  const limits = options.spaceLimits ?? defaultSpaceLimits
  const space = await SpaceWatch.open({ ...options, limits })
  const { journal, recovery } = await Journal.open({
    directory: join(directory, 'journal'),
    fileSystem,
    segmentSizeBytes: options.segmentSizeBytes,
    syncPolicy: syncPolicyOf(options.sync),
    clock: options.clock,
    log,
    listener: { ...options.journalListener, spaceLow: () => void space.look() },
    mayPrepare: (bytes) => space.mayPrepare(bytes),
    isAlone: options.isAlone ?? false,
    originWitness: metaFile,
    // Where boots cannot be told apart a kill -9 must not excuse decay.
    powerLost: options.bootId !== '' && !found.clean && hasRebooted(found, options.bootId),
  })
  const journalIsCorrupt = recovery.outcome === 'corrupt'
  let suspect = suspicionAtStart(found, { bootId: options.bootId, journalIsCorrupt })
  const repair = async ({ fromIndex: damagedFrom, file, offset }: Damage): Promise<void> => {
    suspect ??= 'the journal was corrupt'
    const place = file === undefined ? {} : { file: join(directory, 'journal', file), offset }
    const look = `quorate journal verify ${directory}`
    log.error(options.isAlone === true ? DAMAGED_ALONE : DAMAGED, { damagedFrom, ...place, look })
    await metaFile.write({ ...found, suspect, damagedFrom })
    try {
      await journal.repair(damagedFrom)
    } catch (error) {
      // More damage, met on the way to where the cut should be.
      const earlier = damageOf(error)
      if (earlier === null || earlier.fromIndex >= damagedFrom) throw error
      await repair(earlier)
    }
  }
  // R32: the damaged rest is kept aside, not trusted.
  const { tail, corrupt } = journal
  if (found.damagedFrom !== null && found.damagedFrom <= tail.index) {
    await repair(await damageAt(journal, found.damagedFrom))
  } else if (journalIsCorrupt) {
    await repair({ ...corrupt, fromIndex: tail.index + 1 })
  } else if (found.commitHint > tail.index && !found.incomplete) {
    // Not even the end of what is missing is left: a file or a whole directory that is not there.
    suspect ??= 'the end of the journal is missing'
    const { file = '', offset = 0 } = await damageAt(journal, tail.index + 1)
    const place = { file: join(directory, 'journal', file), offset }
    const facts = { lastIndex: tail.index, committed: found.commitHint, ...place }
    log.error(options.isAlone === true ? MISSING_ALONE : MISSING, facts)
  }
  const { configs, losses } = await toldByLog({ journal, found, repair })
  if (suspect !== null) log.warn('this replica is suspect until it has caught up', { suspect })
  const meta: ReplicaMeta = {
    ...found,
    configs,
    losses,
    sync: options.sync.words,
    // R22: recovery has synced what the mem modes left in the page cache, so a new mode may count.
    inMemory: !options.sync.followerDisk,
    bootId: options.bootId,
    clean: false,
    suspect,
    damagedFrom: null,
    commitHint: Math.min(found.commitHint, journal.tail.index),
  }
  await space.attach(journal)
  await metaFile.write(meta)
  return { meta, metaFile, journal, space }
}

interface Damage {
  /** The record from which on the log cannot be trusted. */
  readonly fromIndex: number
  /** The segment file, and where in it; absent when nobody can tell. */
  readonly file?: string
  readonly offset?: number
}

/** The record from which on the log cannot be trusted, if that is what the error says (R32). */
export function damagedFromOf(error: unknown): number | null {
  return damageOf(error)?.fromIndex ?? null
}

function damageOf(error: unknown): Damage | null {
  if (!(error instanceof BrokerError) || error.code !== 'JOURNAL_CORRUPT') return null
  const { fromIndex, file, offset } = error.details
  if (typeof fromIndex !== 'number') return null
  if (typeof file !== 'string' || typeof offset !== 'number') return { fromIndex }
  return { fromIndex, file, offset }
}

/** Where this record begins, of which only the number was remembered. */
async function damageAt(journal: Journal, fromIndex: number): Promise<Damage> {
  try {
    const { position } = await journal.pointAt(fromIndex - 1)
    const segment = journal.segments.findLast((each) => each.position <= position)
    if (segment === undefined) return { fromIndex }
    const file = segmentFileName(segment.position)
    return { fromIndex, file, offset: position - segment.position }
  } catch {
    // The cut goes the same way and fails alike: then it tells what is wrong there.
    return { fromIndex }
  }
}

/**
 * A directory with this file is a backup: a broker would set its log aside, for want of a meta
 * file.
 */
export const BACKUP_MANIFEST = 'backup.json'

const NO_COPY_WHOLE = 'no copy in the meta file is whole (torn or damaged)'
const META_MISSING = 'there is a journal, but its meta file is missing or was never written'

const MISSING =
  'the log ends before records that were committed and on this disk: files are missing, or another ' +
  'disk is mounted here; they are fetched again from the leader'
const MISSING_ALONE =
  'the log ends before records that were committed and on this disk, and no other broker has them: ' +
  'files are missing, or another disk is mounted here'
const DAMAGED =
  'the log is damaged: what follows goes to journal/diverged and is fetched again from the leader'
const DAMAGED_ALONE =
  'the log is damaged, and no other broker has it: all that follows goes to journal/diverged, ' +
  'nothing of it is deleted, and messages in it are not served'

interface ToldByLog {
  readonly configs: readonly ConfigEntry[]
  readonly losses: readonly LossEntry[]
}

/**
 * R39, R10: the configurations and possible losses that stand in the log, whatever the crash did to
 * the order of its writes: what the meta file knows and the log still holds, and what came after
 * the commit hint (see ReplicaMeta).
 */
async function toldByLog(store: {
  readonly journal: Journal
  readonly found: ReplicaMeta
  readonly repair: (damage: Damage) => Promise<void>
}): Promise<ToldByLog> {
  const { journal, found, repair } = store
  for (;;) {
    try {
      let configs = configsHeld(found.configs, journal)
      let losses = lossesHeld(found.losses, journal)
      let next = Math.max(found.commitHint + 1, journal.firstIndex)
      while (next <= journal.tail.index) {
        const batch = await journal.read(next, SCAN_BYTES)
        if (batch === null) break
        configs = appendConfigs(configs, configsIn(batch))
        losses = appendLosses(losses, lossesIn(batch))
        next = batch.lastIndex + 1
      }
      return { configs, losses }
    } catch (error) {
      const damage = damageOf(error)
      if (damage === null) throw error
      await repair(damage)
    }
  }
}

async function openMeta(options: ReplicaStoreOptions): Promise<MetaFile> {
  const { fileSystem, directory, brokerName, nodeId, entropy, log } = options
  const path = join(directory, 'meta')
  if ((await fileSystem.list(directory)).includes(BACKUP_MANIFEST)) {
    const text = `${directory} is a backup, and no broker's data directory: see quorate restore`
    throw new BrokerError('INVALID_ARGUMENT', text)
  }
  let opened = await TwoSlotFile.open({ fileSystem, path })
  const hasJournal = await holdsSegments(fileSystem, join(directory, 'journal'))
  if (opened.state === 'bad' || (opened.state === 'absent' && hasJournal)) {
    // R3: a store that forgot its promises is a lost store. Its files are kept, not used.
    const aside = await setAside(options)
    const why = opened.state === 'bad' ? NO_COPY_WHOLE : META_MISSING
    log.error(`${why}: the store is lost and starts anew as a learner`, { aside })
    await opened.file.close()
    opened = await TwoSlotFile.open({ fileSystem, path })
  }
  const sync = options.sync.words
  const found =
    opened.payload === null
      ? freshMeta({ brokerName, nodeId, storeUuid: entropy.uuid(), sync })
      : decodeMeta(opened.payload)
  if (found.brokerName !== brokerName || found.nodeId !== nodeId) {
    throw new BrokerError(
      'FOREIGN_CLUSTER',
      `${directory} belongs to node "${found.nodeId}" of broker "${found.brokerName}", and this is ` +
        `node "${nodeId}" of broker "${brokerName}": give it a directory of its own`,
      { details: { directory, nodeId, brokerName } },
    )
  }
  return new MetaFile(opened.file, found)
}

async function holdsSegments(fileSystem: FileSystem, directory: string): Promise<boolean> {
  const names = await fileSystem.list(directory)
  return names.some((name) => name.endsWith('.log'))
}

/** Moves everything of the store into `lost-N`, N being the first free number. */
async function setAside({ fileSystem, directory }: ReplicaStoreOptions): Promise<string> {
  const names = await fileSystem.list(directory)
  let number = 1
  while (names.includes(`lost-${number}`)) number++
  const aside = join(directory, `lost-${number}`)
  await fileSystem.makeDirectory(aside)
  for (const name of ['meta', 'journal', 'index']) {
    if (names.includes(name)) await fileSystem.rename(join(directory, name), join(aside, name))
  }
  // Where they are now before where they were: no loss of power may take both names.
  await fileSystem.syncDirectory(aside)
  await fileSystem.syncDirectory(directory)
  return aside
}
