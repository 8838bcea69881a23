import { systemEntropy } from '@quorate/core/base/entropy'
import { silentLog } from '@quorate/core/base/log'
import type { ClusterConfig } from '@quorate/broker/replication/cluster-config'
import { appendConfigs } from '@quorate/broker/replication/config-history'
import type { ConfigEntry } from '@quorate/broker/replication/config-history'
import { CONFIG, configsIn, encodeConfigRecord } from '@quorate/broker/replication/log-records'
import type { ReplicaMeta } from '@quorate/broker/replication/meta'
import { openReplicaStore } from '@quorate/broker/replication/replica-store'
import type { ReplicaStore } from '@quorate/broker/replication/replica-store'
import { isVolatile, parseSyncLevel } from '@quorate/broker/replication/sync-level'
import type { FileSystem } from '@quorate/broker/store/journal/file-system'
import type { Journal } from '@quorate/broker/store/journal/journal'
import type { CrashCause } from './crash-states.ts'
import type { Boot, Subject } from './explorer.ts'
import type { FoundJournal, JournalDuty } from './journal-subject.ts'
import { JournalRun, freshDuty, judgeJournal } from './journal-subject.ts'
import type { Trace } from './trace.ts'

const SEGMENT_BYTES = 8192

/** What a replica's store owes: its journal's duty, and what its meta file says. */
export interface ReplicaDuty {
  readonly journal: JournalDuty
  /** Epochs of the promise: at least the first, which was persisted, at most the second. */
  readonly promised: readonly [number, number]
  /** Null until the store has been opened for the first time. */
  readonly storeUuid: string | null
  /** The boot that it was last opened on. */
  readonly boot: Boot
  /** It was found to be suspect, and stays so. */
  readonly isSuspect: boolean
  /** What has to be thought of it after a loss of power (R33). */
  readonly suspicion: 'no' | 'maybe' | 'yes'
}

export interface FoundReplica {
  readonly journal: FoundJournal
  readonly meta: ReplicaMeta
  /** Configurations that stand in the log, by what the whole of it says. */
  readonly configs: readonly ConfigEntry[]
}

export function freshReplicaDuty(): ReplicaDuty {
  return {
    journal: freshDuty(),
    promised: [0, 0],
    storeUuid: null,
    boot: 0,
    isSuspect: false,
    suspicion: 'no',
  }
}

/** A replica's store that is open on a disk under test, and the duty that its answers make. */
export class ReplicaRun {
  readonly #words: string
  readonly #isVolatile: boolean
  readonly #onDuty: (duty: ReplicaDuty) => void
  #duty: ReplicaDuty
  #store: ReplicaStore | null = null
  #meta: ReplicaMeta | null = null
  readonly run: JournalRun

  constructor(
    words: string,
    duty: ReplicaDuty,
    onDuty: (duty: ReplicaDuty) => void = () => undefined,
  ) {
    this.#words = words
    this.#isVolatile = isVolatile(parseSyncLevel(words))
    this.#duty = duty
    this.#onDuty = onDuty
    const settings = { segmentSizeBytes: SEGMENT_BYTES, syncPolicy: 'always' } as const
    this.run = new JournalRun(settings, duty.journal, (journal) => this.note({ journal }))
  }

  get duty(): ReplicaDuty {
    return this.#duty
  }

  get #opened(): { readonly store: ReplicaStore; readonly meta: ReplicaMeta } {
    if (this.#store === null || this.#meta === null) throw new Error('the store is not open')
    return { store: this.#store, meta: this.#meta }
  }

  note(change: Partial<ReplicaDuty>): void {
    this.#duty = { ...this.#duty, ...change }
    this.#onDuty(this.#duty)
  }

  async open(fileSystem: FileSystem, boot: Boot): Promise<FoundReplica> {
    if (this.#isVolatile && this.#duty.suspicion === 'no') this.note({ suspicion: 'maybe' })
    const store = await openReplicaStore({
      directory: '/data',
      fileSystem,
      brokerName: 'b',
      nodeId: 'a',
      sync: parseSyncLevel(this.#words),
      segmentSizeBytes: SEGMENT_BYTES,
      bootId: `boot-${boot}`,
      clock: this.run.clock,
      entropy: systemEntropy,
      log: silentLog,
      journalListener: this.run.listener,
    })
    this.#store = store
    this.#meta = store.meta
    // The outcome of the journal's recovery shows in the suspicion only.
    const outcome = store.meta.suspect === 'the journal was corrupt' ? 'corrupt' : 'clean'
    const journal = await this.run.attach(store.journal, { outcome, because: 'suspect' })
    return { journal, meta: store.meta, configs: await configsOf(store.journal) }
  }

  /** From here on what was found is what the store answers for. */
  adopt({ journal, meta }: FoundReplica, boot: Boot): void {
    const { epoch } = meta.promised
    // All at once: the journal's part is noted last.
    this.#duty = {
      ...this.#duty,
      promised: [epoch, epoch],
      storeUuid: meta.storeUuid,
      boot,
      isSuspect: meta.suspect !== null,
      suspicion: this.#isVolatile ? 'yes' : 'no',
    }
    this.run.adopt(journal)
  }

  async promise(epoch: number): Promise<void> {
    const [persisted] = this.#duty.promised
    this.note({ promised: [persisted, epoch] })
    await this.#write({ promised: { epoch, candidate: 'c', nonce: `n${epoch}` } })
    this.note({ promised: [epoch, epoch] })
  }

  /** A record with a configuration, and the meta file following as it does in a running node. */
  async configure(version: number): Promise<void> {
    const batch = this.run.appendRecords(CONFIG, [encodeConfigRecord(configOf(version))])
    const { meta } = this.#opened
    await this.#write({ configs: appendConfigs(meta.configs, configsIn(batch)) })
  }

  async hintCommit(index: number): Promise<void> {
    await this.#write({ commitHint: index })
  }

  async close(): Promise<void> {
    const { store } = this.#opened
    await store.journal.close({ clean: true })
    if (this.#duty.suspicion === 'yes') this.note({ suspicion: 'maybe' })
    await this.#write({ clean: true })
    if (this.#duty.suspicion === 'maybe') this.note({ suspicion: 'no' })
    await store.metaFile.close()
  }

  async #write(change: Partial<ReplicaMeta>): Promise<void> {
    const { store, meta } = this.#opened
    this.#meta = { ...meta, ...change }
    await store.metaFile.write(this.#meta)
  }
}

/** A replica's whole store, opened by the code that a starting node runs. */
export class ReplicaSubject implements Subject<ReplicaDuty, FoundReplica> {
  readonly #words: string

  constructor(words: string) {
    this.#words = words
  }

  bootOf({ journal, boot }: ReplicaDuty, cause: CrashCause): Boot {
    return boot + (journal.rebooted ? 1 : 0) + (cause === 'power' ? 1 : 0)
  }

  recover(fileSystem: FileSystem, boot: Boot): Promise<FoundReplica> {
    return new ReplicaRun(this.#words, freshReplicaDuty()).open(fileSystem, boot)
  }

  judge(found: FoundReplica, duty: ReplicaDuty, cause: CrashCause): string | null {
    const { meta, journal, configs } = found
    const { epoch } = meta.promised
    const [least, most] = duty.promised
    if (duty.storeUuid !== null && meta.storeUuid !== duty.storeUuid) return 'a store of its own'
    if (epoch < least) return `the promise went back to ${epoch}, ${least} was given`
    if (epoch > most) return `a promise that nobody gave: ${epoch}`
    if (meta.configs.length !== configs.length || !meta.configs.every(isSameAs(configs))) {
      return `knows ${versionsOf(meta.configs)}, the log holds ${versionsOf(configs)}`
    }
    const { suspect } = meta
    const expected = suspicionOf(duty, cause)
    const isWrong = expected === 'yes' ? suspect === null : expected === 'no' && suspect !== null
    if (isWrong) return `suspect: ${suspect}`
    return judgeJournal(journal, duty.journal, cause)
  }

  async liveOn(
    fileSystem: FileSystem,
    trace: Trace<ReplicaDuty>,
    duty: ReplicaDuty,
  ): Promise<void> {
    const run = new ReplicaRun(this.#words, duty, (next) => trace.note(next))
    run.run.note({ written: duty.journal.synced, rebooted: true })
    const boot = duty.boot + 1
    run.adopt(await run.open(fileSystem, boot), boot)
    const [persisted] = run.duty.promised
    await run.promise(persisted + 1)
    run.run.append([100, 900], true)
    await run.run.journal.sync()
  }
}

function suspicionOf(duty: ReplicaDuty, cause: CrashCause): ReplicaDuty['suspicion'] {
  if (duty.isSuspect) return 'yes'
  return cause === 'power' || duty.journal.rebooted ? duty.suspicion : 'no'
}

function configOf(version: number): ClusterConfig {
  return { version, seats: [{ nodeId: 'a', storeUuid: 'a-1' }, null, null] }
}

async function configsOf(journal: Journal): Promise<readonly ConfigEntry[]> {
  let configs: readonly ConfigEntry[] = []
  for (let next = journal.firstIndex; ;) {
    const batch = await journal.read(next, 64 * 1024)
    if (batch === null) return configs
    configs = appendConfigs(configs, configsIn(batch))
    next = batch.lastIndex + 1
  }
}

function isSameAs(others: readonly ConfigEntry[]) {
  return ({ index, epoch, config }: ConfigEntry, at: number): boolean => {
    const other = others[at]
    return (
      other?.index === index && other.epoch === epoch && other.config.version === config.version
    )
  }
}

function versionsOf(configs: readonly ConfigEntry[]): string {
  return `[${configs.map(({ config, index }) => `${config.version} at ${index}`).join()}]`
}
