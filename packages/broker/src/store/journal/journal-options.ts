import type { BrokerError } from '@quorate/core/base/errors'
import type { Clock } from '@quorate/core/base/clock'
import type { Log } from '@quorate/core/base/log'
import type { SyncPolicy } from './appender.ts'
import type { FileSystem } from './file-system.ts'
import type { LogPoint } from './log-batch.ts'

export interface JournalListener {
  /** Records up to `index` survive the end of the process. */
  written(index: number): void
  /** Records up to `index` survive the end of the machine. */
  synced(index: number): void
  /**
   * The disk failed, once and for all: nothing more is written, and nothing reported. The process
   * has to end, and its copy of the log is suspect when it returns (R37). STORE_FULL for a full
   * disk.
   */
  fatal(error: BrokerError): void
  /** True: the disk has no room to prepare another segment. False: it has room again. */
  spaceLow?(low: boolean): void
}

/**
 * Who remembers, besides the checkpoint, how late the log may begin: files which begin later than
 * that are known not to be all of it.
 */
export interface OriginWitness {
  /** The log begins here or earlier; null: not known. */
  readonly latestOrigin: LogPoint | null
  /** Resolves when it will be known after a crash that the log may begin there. */
  remember(origin: LogPoint): Promise<void>
}

export interface JournalOptions {
  readonly directory: string
  readonly fileSystem: FileSystem
  /** A segment is preallocated to this size; the leader begins a new one when it is used up. */
  readonly segmentSizeBytes: number
  readonly syncPolicy: SyncPolicy
  readonly clock: Clock
  readonly log: Log
  readonly listener: JournalListener
  /** Where a new, empty journal begins: for a copy that is fetched from a leader's start (R38). */
  readonly origin?: LogPoint
  /** Nobody by default. */
  readonly originWitness?: OriginWitness
  /** Whether segments may take so much of the disk before they are needed; true by default. */
  readonly mayPrepare?: (bytes: number) => boolean
  /** The machine has stopped while it was open: holes behind the checkpoint are no decay (R32). */
  readonly powerLost?: boolean
  /** Nobody else has this log: what is cut is put aside whole, however much it is. */
  readonly isAlone?: boolean
}
