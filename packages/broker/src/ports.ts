import type { Clock } from '@quorate/core/base/clock'
import { systemClock } from '@quorate/core/base/clock'
import type { Entropy } from '@quorate/core/base/entropy'
import { systemEntropy } from '@quorate/core/base/entropy'
import type { Log } from '@quorate/core/base/log'
import { thisMachine } from '@quorate/core/base/process-identity'
import type { Network } from '@quorate/core/transport/network'
import { tcpNetwork } from '@quorate/core/transport/tcp-network'
import type { HeldDirectory } from './data-directory-lock.ts'
import { lockDataDirectory } from './data-directory-lock.ts'
import type { UncommittedMax } from './engine/policy/flow-control.ts'
import { uncommittedMax } from './engine/policy/flow-control.ts'
import type { ManagementOptions } from './management/api/management-api.ts'
import type { ReplicaObserver } from './replication/replica-node.ts'
import { BODY_CACHE_BYTES } from './store/fold/body-cache.ts'
import { PAGE_BOUNDS } from './store/fold/page-pool.ts'
import type { PageBounds } from './store/fold/page-pool.ts'
import type { FileSystem } from './store/journal/file-system.ts'
import { nodeFileSystem } from './store/journal/node-file-system.ts'
import type { CheckpointDue } from './store/leveldb/checkpoint-schedule.ts'
import { checkpointDue } from './store/leveldb/checkpoint-schedule.ts'
import { classicLevelBackend } from './store/leveldb/classic-level-backend.ts'
import type { IndexBackend } from './store/leveldb/index-database.ts'
import type { LevelStore } from './store/leveldb/level-store.ts'

/**
 * Everything outside of the process that a broker touches. The simulation brings a machine of its
 * own, and the same broker runs in it (test/simulation).
 */
export interface BrokerPorts {
  readonly log: Log
  readonly clock: Clock
  readonly entropy: Entropy
  readonly network: Network
  readonly fileSystem: FileSystem
  readonly index: IndexBackend
  /** When the index is due for a checkpoint. */
  readonly checkpointDue: CheckpointDue
  /** Bodies of so many bytes of log stay in memory; others are read back. */
  readonly bodyCacheBytes: number
  /**
   * How waiting messages are put on pages: a data directory goes by the same for all of its life.
   */
  readonly pages: PageBounds
  /** What may be on its way into the log before senders have to wait. */
  readonly uncommittedMax: UncommittedMax
  /** Changes when the machine boots; '' when unknown: every restart counts as a reboot (R33). */
  readonly bootId: string
  /** Runs the work once at the end of this turn of the event loop. */
  readonly schedule: (work: () => void) => void
  /**
   * Keeps the data directory to this process; asked before anything in there is read or written.
   * Rejects with STORE_IN_USE.
   */
  readonly lockDirectory: (directory: string) => Promise<HeldDirectory>
  readonly startManagement: (options: ManagementOptions) => Promise<Management>
  /** For simulations and protocol traces; nobody listens otherwise. */
  readonly observer?: BrokerObserver
}

export interface BrokerObserver extends ReplicaObserver {
  /** The index is open; the log has yet to be applied to it from there on. */
  indexed(store: LevelStore): void
}

export interface Management {
  readonly url: string
  stop(): Promise<void>
}

/** The machine that we run on. */
export function systemPorts(log: Log): BrokerPorts {
  return {
    log,
    clock: systemClock,
    entropy: systemEntropy,
    network: tcpNetwork,
    fileSystem: nodeFileSystem,
    index: classicLevelBackend,
    checkpointDue,
    bodyCacheBytes: BODY_CACHE_BYTES,
    pages: PAGE_BOUNDS,
    uncommittedMax,
    bootId: thisMachine.bootId(),
    schedule: (work) => {
      setImmediate(work)
    },
    lockDirectory: (directory) => lockDataDirectory(directory, log),
    startManagement: async (options) => {
      const { ManagementApi } = await import('./management/api/management-api.ts')
      return ManagementApi.start(options)
    },
  }
}
