import type { ConsoleUser } from './console-user.ts'
import type { DeclaredDestination } from './declared-destinations.ts'
import type { SyncLevel } from '../replication/sync-level.ts'

/** Everything a broker is started with: checked, complete and frozen. Made by config/load.ts. */
export interface BrokerOptions {
  /** Brokers that share this name form one cluster. */
  readonly brokerName: string
  /** This member of the cluster; stable across restarts, unique in the cluster. */
  readonly nodeId: string
  /** Directory of this node's journal, index and meta file. */
  readonly dataDirectory: string
  readonly transportConnectors: readonly TransportConnectorOptions[]
  readonly management: ManagementOptions
  readonly replication: ReplicationOptions
  readonly coordination: CoordinationOptions
  /** They are there as soon as somebody leads. */
  readonly destinations: readonly DeclaredDestination[]
  /** Bytes of memory for messages that are not stored. */
  readonly memoryLimitBytes: number
  /** Bytes of disk for such messages that memory has no room for; 0 = they stay in memory. */
  readonly tempLimitBytes: number
  /** The same in percent of the disk, as soon as its size is known; null: the bytes count. */
  readonly tempLimitPercent: number | null
  /** What holds for some destinations... */
  readonly policies: readonly PolicyEntryOptions[]
  /** ...and for all others. */
  readonly otherwise: DestinationPolicyOptions
  readonly store: StoreOptions
}

export interface StoreOptions {
  /** Bytes that the log may use. */
  readonly limitBytes: number
  /** The same in percent of the disk, as soon as its size is known; null: the bytes count. */
  readonly limitPercent: number | null
  /** Bytes of the disk that new messages leave free; null: by the size of the disk. */
  readonly headRoomBytes: number | null
}

/** Limits of a destination; the engine's DestinationPolicy says what each means. */
export interface DestinationPolicyOptions {
  readonly memoryLimitBytes: number
  readonly producerFlowControl: boolean
  readonly sendFailIfNoSpace: boolean
  readonly sendFailIfNoSpaceAfterTimeoutMs: number
  readonly pendingMessageLimit: number
}

export interface PolicyEntryOptions extends DestinationPolicyOptions {
  readonly destination: {
    readonly kind: 'queue' | 'topic' | 'temp-queue' | 'temp-topic'
    readonly name: string
  }
}

export interface TransportConnectorOptions {
  readonly name: string
  /** `tcp://host:port?option=value`; served by the leader only. */
  readonly uri: string
  /** The address told to clients, where it differs from `uri` (NAT); '' otherwise. */
  readonly publishedUri: string
}

export interface ManagementOptions {
  readonly host: string
  /** Port of the HTTP API, in every role. 0 = any free port. */
  readonly port: number
  /** Who may log in to it. None: it only reads, and answers on this machine alone. */
  readonly users: readonly ConsoleUser[]
}

export interface ReplicationOptions {
  /** Configured voters: 1, 3 or 5. */
  readonly replicas: number
  readonly sync: SyncLevel
  /** `tcp://host:port` to listen on for the other brokers. */
  readonly bind: string
  /** `host:port` that the others are told. */
  readonly advertisedAddress: string
  /** Shared secret of the cluster; '' = none. Proven by HMAC, never sent. */
  readonly securityToken: string
  /** Higher is preferred among equals in an election. */
  readonly weight: number
  readonly logSizeBytes: number
  readonly heartbeatMs: number
  /** Tmin: how long a voter stays with a leader that it heard (R11, R12). */
  readonly stickyMs: number
  /** L: how long heartbeat acknowledgements entitle a leader to dispatch (R27). Below stickyMs. */
  readonly leaseMs: number
  /** Tquorum: a leader without a quorum's heartbeats for this long steps down (R25). */
  readonly quorumTimeoutMs: number
  /** How long the first start waits for absent nodes before their seats stay vacant (R2). */
  readonly bootstrapGraceMs: number
  readonly stepDownOnZkExpiry: boolean
}

export interface CoordinationOptions {
  /** `host:port,host:port`. */
  readonly zkAddress: string
  readonly zkPath: string
  /** '' = nodes are world-writable. */
  readonly zkPassword: string
  readonly zkSessionTimeoutMs: number
}
