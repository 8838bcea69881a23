import { ManualClock } from '@quorate/core/base/manual-clock'
import { silentLog } from '@quorate/core/base/log'
import type { BrokerError } from '@quorate/core/base/errors'
import type { SyncPolicy } from '../../../src/store/journal/appender.ts'
import { CHECK_BYTES, writeCheck } from '../../../src/store/journal/checked-bytes.ts'
import { Journal } from '../../../src/store/journal/journal.ts'
import type { JournalOptions } from '../../../src/store/journal/journal-options.ts'
import type { LogBatch } from '../../../src/store/journal/log-batch.ts'
import { BatchBuilder, forEachRecord } from '../../../src/store/journal/log-batch.ts'
import { MemoryFileSystem } from '../../../src/store/journal/memory-file-system.ts'
import type { MemoryFileSystemOptions } from '../../../src/store/journal/memory-file-system.ts'
import type { RecoveryReport } from '../../../src/store/journal/recovery.ts'

export const DIRECTORY = '/data/journal'
export const SEGMENT_BYTES = 4096

export interface FixtureOptions extends MemoryFileSystemOptions {
  readonly policy?: SyncPolicy
  readonly segmentSizeBytes?: number
}

type StartOptions = Pick<
  JournalOptions,
  'origin' | 'originWitness' | 'powerLost' | 'mayPrepare' | 'isAlone'
>

/** A journal on a disk in memory, and everything it reported. */
export class JournalFixture {
  fileSystem: MemoryFileSystem
  clock = new ManualClock()
  readonly fatal: BrokerError[] = []
  readonly spaceLow: boolean[] = []
  onWritten: () => void = () => undefined
  onSynced: () => void = () => undefined
  written = 0
  synced = 0
  readonly #policy: SyncPolicy
  readonly segmentSizeBytes: number

  constructor(options: FixtureOptions = {}) {
    this.fileSystem = new MemoryFileSystem(options)
    this.#policy = options.policy ?? 'always'
    this.segmentSizeBytes = options.segmentSizeBytes ?? SEGMENT_BYTES
  }

  /** The machine loses power, and the process with it. */
  crash(seed: number): void {
    this.fileSystem = this.fileSystem.crash(seed)
    this.clock = new ManualClock()
  }

  /** The process ends, the page cache stays. */
  kill(): void {
    this.fileSystem = this.fileSystem.kill()
    this.clock = new ManualClock()
  }

  async open(start: StartOptions = {}): Promise<{ journal: Journal; recovery: RecoveryReport }> {
    return Journal.open({
      directory: DIRECTORY,
      fileSystem: this.fileSystem,
      segmentSizeBytes: this.segmentSizeBytes,
      syncPolicy: this.#policy,
      clock: this.clock,
      log: silentLog,
      ...start,
      listener: {
        written: (index) => {
          this.written = index
          this.onWritten()
        },
        synced: (index) => {
          this.synced = index
          this.onSynced()
        },
        fatal: (error) => this.fatal.push(error),
        spaceLow: (low) => this.spaceLow.push(low),
      },
    })
  }

  builder(journal: Journal, epoch = Math.max(1, journal.tail.epoch)): BatchBuilder {
    return new BatchBuilder({
      tail: journal.tail,
      epoch,
      segmentStart: journal.segmentStart,
      segmentSizeBytes: this.segmentSizeBytes,
    })
  }

  /** Appends one batch of records with these payloads. */
  append(journal: Journal, payloads: readonly Buffer[], epoch?: number): LogBatch {
    const builder = this.builder(journal, epoch)
    for (const payload of payloads) builder.add(1, payload)
    const batch = builder.take()
    journal.append(batch)
    return batch
  }
}

/** A payload that tells which one it is. */
export function payloadOf(number: number, length = 100): Buffer {
  return Buffer.alloc(length, `<${number}>`)
}

/** Its check, and then what tells which one it is: a body as the log holds it. */
export function checkedPayloadOf(number: number, length = 100): Buffer {
  const payload = payloadOf(number, length)
  writeCheck(payload, 0, payload.subarray(CHECK_BYTES))
  return payload
}

/** Every record of the journal from its first on, as payload texts. */
export async function payloadsIn(journal: Journal): Promise<string[]> {
  const payloads: string[] = []
  let from = journal.firstIndex
  for (;;) {
    const batch = await journal.read(from, 1_000_000)
    if (batch === null) return payloads
    forEachRecord(batch, (record) => payloads.push(record.payload.toString('latin1')))
    from = batch.lastIndex + 1
  }
}

/** Lets promises and immediate callbacks run until nothing more happens at once. */
export async function settle(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
}
