import type { LogBatch, LogPoint } from '../../store/journal/log-batch.ts'
import type { ClusterConfig } from '../cluster-config.ts'
import type { ConfigEntry } from '../config-history.ts'
import type { Frame } from '../frames.ts'
import type { EpochOpening } from '../log-records.ts'
import type { ReplicaMeta } from '../meta.ts'

/** What happens to a replica. Every event carries no time of its own: `step` is told the time. */
export type ReplicaEvent =
  | { readonly type: 'tick' }
  | { readonly type: 'frame'; readonly from: string; readonly frame: Frame }
  /** A large frame of this node is on its way, and with it whatever it says behind that. */
  | { readonly type: 'arriving'; readonly from: string }
  /** Records from the leader, verified as a batch that continues `batch.previous`. */
  | {
      readonly type: 'records'
      readonly from: string
      readonly epoch: number
      readonly session: number
      readonly commit: number
      readonly batch: LogBatch
      /** The configurations that the batch brings, mostly none (R39). */
      readonly configs: readonly ConfigEntry[]
    }
  /** Our link to this node can carry frames. */
  | {
      readonly type: 'linkUp'
      readonly peer: string
      readonly storeUuid: string
      readonly weight: number
    }
  /** `refused`: nobody listens at the node's replication address (R12). */
  | { readonly type: 'linkDown'; readonly peer: string; readonly refused: boolean }
  /** The meta file holds this generation. */
  | { readonly type: 'persisted'; readonly generation: number }
  /** No append is under way (R7). */
  | { readonly type: 'quiesced' }
  | { readonly type: 'truncated' }
  /** The log is empty and begins where it was to. */
  | { readonly type: 'restarted' }
  /** The journal has written or synced more. */
  | { readonly type: 'journalAdvanced' }
  | { readonly type: 'epochAllocated'; readonly epoch: number; readonly nonce: string }
  | { readonly type: 'epochRefused' }
  /** The leader's own records have been handed to the journal. */
  | {
      readonly type: 'appended'
      readonly batch: LogBatch
      readonly configs: readonly ConfigEntry[]
    }
  /** A wanted stretch of the log; null when the journal has nothing there, yet or any more. */
  | {
      readonly type: 'batchRead'
      readonly peer: string
      readonly session: number
      readonly batch: LogBatch | null
    }
  /** This node belongs to a cluster from now on (R2); without a configuration, as a learner. */
  | { readonly type: 'joined'; readonly clusterId: string; readonly config: ClusterConfig | null }
  /** Where the other nodes are, to be remembered. */
  | { readonly type: 'peersMoved'; readonly peers: Readonly<Record<string, string>> }
  /** The broker is stopping, or an operator wants another leader (R28). */
  | { readonly type: 'abdicate' }
  | { readonly type: 'stepDown'; readonly reason: string }

/** What a replica wants done. The owner carries effects out in order, before the next event. */
export type ReplicaEffect =
  | { readonly type: 'send'; readonly to: string; readonly frame: Frame }
  /** Write the meta file and sync it; answer `persisted`. */
  | { readonly type: 'persist'; readonly generation: number; readonly meta: ReplicaMeta }
  /** Answer `quiesced` once everything appended is written. */
  | { readonly type: 'quiesce' }
  | { readonly type: 'append'; readonly batch: LogBatch }
  /** Cut the log after this record; answer `truncated`. */
  | { readonly type: 'truncate'; readonly after: number }
  /** Drop the whole log, which from now on begins here (R38); answer `restarted`. */
  | { readonly type: 'restart'; readonly origin: LogPoint }
  /** Make what is appended durable now, whatever the sync policy. */
  | { readonly type: 'sync' }
  /** Read up to `maxBytes` of the log from this record; answer `batchRead`. */
  | {
      readonly type: 'read'
      readonly peer: string
      readonly session: number
      readonly from: number
      readonly maxBytes: number
    }
  /** R5: allocate an epoch above this one; answer `epochAllocated` or `epochRefused`. */
  | { readonly type: 'allocateEpoch'; readonly above: number }
  /** Begin to append in this epoch, with this record first; answer `appended`. */
  | { readonly type: 'openEpoch'; readonly start: EpochOpening }
  | { readonly type: 'appendConfig'; readonly config: ClusterConfig }
  /** Everything up to this record is committed. */
  | { readonly type: 'commit'; readonly index: number }
  /** The epoch start is committed: serve (R20). */
  | { readonly type: 'lead'; readonly epoch: number }
  /** Stop serving at once, answer nobody (R29). */
  | { readonly type: 'stepDown'; readonly reason: string }
  /** Keep the data, do nothing more, call the operator (R15). */
  | { readonly type: 'halt'; readonly reason: string }
  | { readonly type: 'alarm'; readonly message: string; readonly fields: Record<string, unknown> }
