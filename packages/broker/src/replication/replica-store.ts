import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '@quorate/core/base/clock'
import { BrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { FileSystem } from '../store/journal/file-system.ts'
import { MEM_SYNC } from '../store/journal/appender.ts'
import { Journal } from '../store/journal/journal.ts'
import type { JournalListener } from '../store/journal/journal.ts'
import { TwoSlotFile } from '../store/two-slot-file.ts'
import type { ReplicaMeta } from './meta.ts'
import { NO_PROMISE, decodeMeta, encodeMeta } from './meta.ts'
import { suspicionAtStart, wasVolatile } from './suspicion.ts'
import type { SyncLevel } from './sync-level.ts'
import { isVolatile } from './sync-level.ts'

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
  readonly log: Log
  readonly journalListener: JournalListener
}

/** The durable side of a replica: its meta file and its journal, opened and judged. */
export interface ReplicaStore {
  readonly meta: ReplicaMeta
  readonly metaFile: TwoSlotFile
  readonly journal: Journal
}

/**
 * Opens the data directory. On return the meta file says that a process is running (R31), and the
 * replica knows whether its past acknowledgements can be relied upon (R33).
 */
export async function openReplicaStore(options: ReplicaStoreOptions): Promise<ReplicaStore> {
  const { fileSystem, directory, log } = options
  await fileSystem.makeDirectory(directory)
  const { metaFile, found } = await openMeta(options)
  const { journal, recovery } = await Journal.open({
    directory: join(directory, 'journal'),
    fileSystem,
    segmentSizeBytes: options.segmentSizeBytes,
    syncPolicy: isVolatile(options.sync) ? MEM_SYNC : 'always',
    clock: options.clock,
    log,
    listener: options.journalListener,
  })
  const journalIsCorrupt = recovery.outcome === 'corrupt'
  const suspect = suspicionAtStart(found, { bootId: options.bootId, journalIsCorrupt })
  if (suspect !== null) log.warn('this replica is suspect until it has caught up', { suspect })
  const meta: ReplicaMeta = {
    ...found,
    configs: found.configs.filter(({ index }) => index <= journal.tail.index),
    sync: options.sync.words,
    bootId: options.bootId,
    clean: false,
    suspect,
  }
  // R22: what the mem modes left in the page cache reaches the disk before the new mode counts.
  if (wasVolatile(found.sync) && !isVolatile(options.sync) && !journalIsCorrupt)
    await journal.sync()
  await metaFile.write(encodeMeta(meta))
  // R32: the damaged rest is kept aside and fetched again from the leader.
  if (journalIsCorrupt) await journal.repair(journal.tail.index + 1)
  return { meta, metaFile, journal }
}

async function openMeta(
  options: ReplicaStoreOptions,
): Promise<{ metaFile: TwoSlotFile; found: ReplicaMeta }> {
  const { fileSystem, directory, brokerName, nodeId, log } = options
  const path = join(directory, 'meta')
  let opened = await TwoSlotFile.open({ fileSystem, path })
  const hasJournal = await holdsSegments(fileSystem, join(directory, 'journal'))
  if (opened.state === 'bad' || (opened.state === 'absent' && hasJournal)) {
    // R3: a store that forgot its promises is a lost store. Its files are kept, not used.
    const aside = await setAside(options)
    log.error('the meta file is unreadable: the store is lost and starts anew', { aside })
    await opened.file.close()
    opened = await TwoSlotFile.open({ fileSystem, path })
  }
  const metaFile = opened.file
  if (opened.payload === null) return { metaFile, found: newMeta(options) }
  const found = decodeMeta(opened.payload)
  if (found.brokerName !== brokerName || found.nodeId !== nodeId) {
    throw new BrokerError(
      'FOREIGN_CLUSTER',
      `${directory} belongs to node "${found.nodeId}" of broker "${found.brokerName}"`,
      { details: { directory, nodeId, brokerName } },
    )
  }
  return { metaFile, found }
}

function newMeta(options: ReplicaStoreOptions): ReplicaMeta {
  return {
    brokerName: options.brokerName,
    nodeId: options.nodeId,
    storeUuid: randomUUID(),
    clusterId: null,
    configs: [],
    promised: NO_PROMISE,
    sync: options.sync.words,
    bootId: '',
    clean: true,
    suspect: null,
    commitHint: 0,
    peers: {},
  }
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
  await fileSystem.syncDirectory(directory)
  return aside
}
