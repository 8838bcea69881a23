import { BrokerError } from '@quorate/core/base/errors'
import { ManualClock } from '@quorate/core/base/manual-clock'
import { silentLog } from '@quorate/core/base/log'
import type { SyncPolicy } from '@quorate/broker/store/journal/appender'
import type { FileSystem } from '@quorate/broker/store/journal/file-system'
import { Journal } from '@quorate/broker/store/journal/journal'
import type { JournalListener } from '@quorate/broker/store/journal/journal-options'
import type { RecoveryReport } from '@quorate/broker/store/journal/recovery'
import type { LogBatch } from '@quorate/broker/store/journal/log-batch'
import { BatchBuilder, forEachRecord } from '@quorate/broker/store/journal/log-batch'
import type { CrashCause } from './crash-states.ts'
import type { Boot, Subject } from './explorer.ts'
import type { Trace } from './trace.ts'

export const JOURNAL_DIRECTORY = '/data/journal'

/** A record type that the journal's users above replication use. */
const DATA = 50

/** What a journal owes after a crash at some moment. Records are known by their chains. */
export interface JournalDuty {
  /** Everything appended, from record 1 on: what may be found, and nothing else. */
  readonly chains: readonly number[]
  /** Reported as written: must survive the process. */
  readonly written: number
  /** Reported as synced: must survive the machine. */
  readonly synced: number
  /** The log may begin at any record from the first to the second of these. */
  readonly firstIndexes: readonly [number, number]
  /** Damage that no crash made: 'corrupt' is the right answer from this record on. */
  readonly damagedFrom: number | null
  /** The machine stopped, and the journal has not been opened since. */
  readonly rebooted: boolean
}

export interface FoundJournal {
  readonly chains: readonly number[]
  readonly firstIndex: number
  readonly outcome: 'clean' | 'tornTail' | 'corrupt'
  readonly because: string
}

export interface JournalSettings {
  readonly segmentSizeBytes: number
  readonly syncPolicy: SyncPolicy
}

/** A journal that is open on a disk under test, and the duty that its reports make. */
export class JournalRun {
  readonly clock = new ManualClock()
  readonly #settings: JournalSettings
  readonly #onDuty: (duty: JournalDuty) => void
  #duty: JournalDuty
  #journal: Journal | null = null
  /** Records behind it are about to be cut: nobody may rely on them. */
  #cutTo = Infinity
  #written: () => void = () => undefined

  constructor(
    settings: JournalSettings,
    duty: JournalDuty,
    onDuty: (duty: JournalDuty) => void = () => undefined,
  ) {
    this.#settings = settings
    this.#duty = duty
    this.#onDuty = onDuty
  }

  get journal(): Journal {
    if (this.#journal === null) throw new Error('the journal is not open')
    return this.#journal
  }

  get duty(): JournalDuty {
    return this.#duty
  }

  /** Opens it; everything that it finds counts as synced once it is open. */
  async open(fileSystem: FileSystem, boot: Boot = 0): Promise<FoundJournal> {
    const { segmentSizeBytes, syncPolicy } = this.#settings
    const { journal, recovery } = await Journal.open({
      directory: JOURNAL_DIRECTORY,
      fileSystem,
      segmentSizeBytes,
      syncPolicy,
      clock: this.clock,
      log: silentLog,
      powerLost: boot > 0,
      listener: this.listener,
    })
    return this.attach(journal, recovery)
  }

  /** What the journal reports becomes duty. */
  readonly listener: JournalListener = {
    written: (index) => {
      this.note({ written: Math.min(index, this.#cutTo) })
      this.#written()
    },
    synced: (index) => this.note({ synced: Math.min(index, this.#cutTo) }),
    fatal: (error) => {
      throw error
    },
  }

  /** Goes on with a journal that was opened with `listener`, once all of it has been read. */
  async attach(
    journal: Journal,
    recovery: Pick<RecoveryReport, 'outcome' | 'because'>,
  ): Promise<FoundJournal> {
    this.#journal = journal
    const { chains, readsAll } = await chainsIn(journal)
    const { outcome, because } = recovery
    const { firstIndex } = journal
    if (readsAll) return { chains, firstIndex, outcome, because }
    return { chains, firstIndex, outcome: 'corrupt', because: 'damage was met by reading' }
  }

  note(change: Partial<JournalDuty>): void {
    this.#duty = { ...this.#duty, ...change }
    this.#onDuty(this.#duty)
  }

  /** From here on the records found are the log, all of them synced. */
  adopt(found: FoundJournal): void {
    const tail = found.firstIndex - 1 + found.chains.length
    const { chains } = this.#duty
    this.note({ chains: chains.slice(0, tail), written: tail, synced: tail, rebooted: false })
  }

  append(payloadLengths: readonly number[], newEpoch = false): LogBatch {
    const { index, epoch } = this.journal.tail
    const text = `<${index} of ${epoch}>`
    const payloads = payloadLengths.map((length) => Buffer.alloc(length, text))
    return this.appendRecords(DATA, payloads, newEpoch)
  }

  appendRecords(type: number, payloads: readonly Buffer[], newEpoch = false): LogBatch {
    const { journal } = this
    const builder = new BatchBuilder({
      tail: journal.tail,
      epoch: Math.max(1, journal.tail.epoch) + (newEpoch ? 1 : 0),
      segmentStart: journal.segmentStart,
      segmentSizeBytes: this.#settings.segmentSizeBytes,
    })
    for (const payload of payloads) builder.add(type, payload)
    const batch = builder.take()
    this.note({ chains: [...this.#duty.chains, ...chainsOf(batch)] })
    journal.append(batch)
    return batch
  }

  async truncateAfter(index: number): Promise<void> {
    await this.#cut(index, () => this.journal.truncateAfter(index))
  }

  async repair(fromIndex: number): Promise<void> {
    await this.#cut(fromIndex - 1, () => this.journal.repair(fromIndex))
    this.note({ damagedFrom: null })
  }

  async releaseBefore(index: number): Promise<void> {
    const [oldest] = this.#duty.firstIndexes
    this.note({ firstIndexes: [oldest, Math.max(oldest, index)] })
    await this.journal.releaseBefore(index)
    const { firstIndex } = this.journal
    this.note({ firstIndexes: [firstIndex, firstIndex] })
  }

  /** Resolves at the next report of a write. */
  nextWrite(): Promise<void> {
    return new Promise((resolve) => {
      this.#written = resolve
    })
  }

  async #cut(index: number, cut: () => Promise<unknown>): Promise<void> {
    const { written, synced } = this.#duty
    this.#cutTo = index
    this.note({ written: Math.min(written, index), synced: Math.min(synced, index) })
    await cut()
    this.#cutTo = Infinity
    this.note({ chains: this.#duty.chains.slice(0, index), written: index, synced: index })
  }
}

export function freshDuty(): JournalDuty {
  return {
    chains: [],
    written: 0,
    synced: 0,
    firstIndexes: [1, 1],
    rebooted: false,
    damagedFrom: null,
  }
}

/** The journal alone, opened on every state with the settings of the run. */
export class JournalSubject implements Subject<JournalDuty, FoundJournal> {
  readonly #settings: JournalSettings

  constructor(settings: JournalSettings) {
    this.#settings = settings
  }

  recover(fileSystem: FileSystem, boot: Boot): Promise<FoundJournal> {
    return new JournalRun(this.#settings, freshDuty()).open(fileSystem, boot)
  }

  bootOf({ rebooted }: JournalDuty, cause: CrashCause): Boot {
    return rebooted || cause === 'power' ? 1 : 0
  }

  judge(found: FoundJournal, duty: JournalDuty, cause: CrashCause): string | null {
    return judgeJournal(found, duty, cause)
  }

  /** Whatever the first crash left behind the tail must not come back under new records. */
  async liveOn(
    fileSystem: FileSystem,
    trace: Trace<JournalDuty>,
    duty: JournalDuty,
  ): Promise<void> {
    const run = new JournalRun(this.#settings, duty, (next) => trace.note(next))
    run.note({ written: duty.synced, rebooted: true })
    const found = await run.open(fileSystem, 1)
    if (found.outcome === 'corrupt') {
      const tail = found.firstIndex - 1 + found.chains.length
      await run.repair(tail + 1)
    } else {
      run.adopt(found)
    }
    run.append([30, 700], true)
    await run.journal.sync()
    run.append([100])
    await run.journal.sync()
  }
}

export function judgeJournal(
  found: FoundJournal,
  duty: JournalDuty,
  cause: CrashCause,
): string | null {
  const { chains, firstIndex, outcome, because } = found
  const [oldest, newest] = duty.firstIndexes
  if (firstIndex < oldest || firstIndex > newest) {
    return `begins at ${firstIndex}, not between ${oldest} and ${newest}`
  }
  const tail = firstIndex - 1 + chains.length
  const promised = cause === 'power' ? duty.synced : duty.written
  const least = Math.min(promised, (duty.damagedFrom ?? Infinity) - 1)
  if (tail < least) return `lost: ${tail} recovered, ${least} acknowledged (${because})`
  if (tail > duty.chains.length) return `invented: ${tail} of ${duty.chains.length} (${because})`
  const wrong = chains.findIndex((chain, at) => chain !== duty.chains[firstIndex - 1 + at])
  if (wrong >= 0) return `record ${firstIndex + wrong} is another one`
  if (outcome === 'corrupt' && duty.damagedFrom === null) return `falsely suspected: ${because}`
  return null
}

export function chainsOf(batch: LogBatch): number[] {
  const chains: number[] = []
  forEachRecord(batch, (record) => chains.push(record.headerChecksum))
  return chains
}

/** The records that can be read, from the first on. */
export async function chainsIn(journal: Journal): Promise<ReadRecords> {
  const chains: number[] = []
  for (let next = journal.firstIndex; ; next++) {
    try {
      const batch = await journal.read(next, READ_BYTES)
      if (batch === null) return { chains, readsAll: true }
      chains.push(...chainsOf(batch))
      next = batch.lastIndex
    } catch (error) {
      if (error instanceof BrokerError && error.code === 'JOURNAL_CORRUPT') {
        return { chains, readsAll: false }
      }
      throw error
    }
  }
}

export interface ReadRecords {
  readonly chains: readonly number[]
  /** False where damage ended the reading. */
  readonly readsAll: boolean
}

const READ_BYTES = 64 * 1024
