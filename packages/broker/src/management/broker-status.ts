/** What one node says of itself: `GET /api/v1/status` and `quorate status --json`. */
export interface BrokerStatus {
  readonly brokerName: string
  readonly nodeId: string
  /** null for those who may not look. */
  readonly pid: number | null
  /** Absolute, on the machine of the broker; null for those who may not look. */
  readonly dataDirectory: string | null
  readonly build: string
  readonly uptimeMs: number
  readonly role: 'leader' | 'follower' | 'candidate' | 'learner' | 'starting' | 'halted'
  /** Why the node is not a healthy voter, else null. */
  readonly trouble: string | null
  readonly suspect: boolean
  /** Possible losses of the past that this node's log tells of, oldest first; the newest eight. */
  readonly possibleLosses: readonly PossibleLoss[]
  readonly epoch: number
  readonly leader: string | null
  readonly sync: string
  /** False when `sync` confirms before a quorum has the record. */
  readonly confirmsOnQuorum: boolean
  readonly seats: readonly (string | null)[]
  readonly log: {
    readonly epoch: number
    readonly index: number
    /** End of the log in bytes. */
    readonly position: number
    readonly syncedIndex: number
    readonly committedIndex: number
    readonly appliedIndex: number
  }
  /** null: told by a broker of an earlier version. */
  readonly store: StoreStatus | null
  /** Its own way to the end of the leader's log; null when it is not far behind. */
  readonly catchUp: CatchUpStatus | null
  /** Filled by the leader. */
  readonly followers: readonly FollowerStatus[]
  /** The other nodes that it dials, in every role; empty as well of a broker that does not tell. */
  readonly links: readonly LinkStatus[]
  readonly coordination: { readonly address: string; readonly state: string }
  readonly members: readonly { readonly nodeId: string; readonly consoleUrl: string | null }[]
  /** null for those who may not look, and told by a broker of an earlier version. */
  readonly announced: AnnouncedCluster | null
  readonly clients: {
    readonly connections: number
    readonly consumers: number
    readonly destinations: number
    readonly waitingMessages: number
    /** By all destinations since this node leads. */
    readonly enqueuedMessages: number
    /** From all queues and durable subscriptions since this node leads. */
    readonly dequeuedMessages: number
  }
  /** What senders wait for (docs/usage-limits.md); null where no clients are served. */
  readonly flow: FlowStatus | null
  readonly clientUris: readonly string[]
  readonly replicationAddress: string
}

/** What the coordination service says, as this node last saw it. */
export interface AnnouncedCluster {
  /** zkPath: where `zkCli ls` shows the members. */
  readonly path: string
  /** Who holds the leadership there; null: nobody. A hint: the voters decide who leads. */
  readonly elected: { readonly nodeId: string; readonly epoch: number } | null
  /** By name; 32 at most. */
  readonly members: readonly AnnouncedMember[]
}

export interface AnnouncedMember {
  readonly nodeId: string
  /** VOTER, LEARNER, LEADER ... in its own words. */
  readonly state: string
  /** Where its log ends: the epoch and the index of the last record, and bytes. */
  readonly lastEpoch: number
  readonly lastIndex: number
  readonly position: number
  readonly weight: number
}

export interface StoreStatus {
  /** Bytes of the log. */
  readonly usedBytes: number
  /** What the log may use: storeLimit, in bytes or percent, or less where the disk has less. */
  readonly limitBytes: number
  readonly percentUsed: number
  /** Free on the disk, and in segments that are prepared; null when the disk does not tell. */
  readonly freeBytes: number | null
  /** What new messages leave free. */
  readonly headRoomBytes: number
  /** Ours has no space for new messages. */
  readonly isShort: boolean
  /**
   * Filled by the leader: senders of persistent messages wait, for its own disk or its followers'.
   */
  readonly blocksSenders: boolean
}

/**
 * An election without a quorum in good standing, which all nodes had to attend: what was confirmed
 * before and stood after `afterIndex` may be missing.
 */
export interface PossibleLoss {
  readonly epoch: number
  /** The node that was elected. */
  readonly leader: string
  /** The last record of before that was kept; the records after it are of later epochs. */
  readonly afterIndex: number
  /** ISO 8601, by the clock of the elected node; null when it is not known. */
  readonly since: string | null
}

/** The way from this node to the replication port of another one. */
export interface LinkStatus {
  readonly nodeId: string
  /** It was reached, and both have proven who they are. */
  readonly connected: boolean
}

export interface FollowerStatus {
  readonly nodeId: string
  readonly state: 'voter' | 'suspect' | 'learner'
  readonly connected: boolean
  readonly ackedIndex: number
  readonly lagRecords: number
  readonly lagBytes: number
  /** Its disk has no space for new messages. */
  readonly isShortOfSpace: boolean
  /** Since its last heartbeat answer; null = never. */
  readonly silentMs: number | null
  /** Its way to the end of the leader's log; null when it is not far behind. */
  readonly catchUp: CatchUpStatus | null
}

/** A follower that is behind by more than may be on its way to it. */
export interface CatchUpStatus {
  /** Bytes of the log that it got since it began to catch up. */
  readonly hadBytes: number
  /** Bytes from where it began to where the leader's log ends now. */
  readonly neededBytes: number
  readonly percent: number
  /** What it got in the last seconds; null when it just began. */
  readonly bytesPerSecond: number | null
  /** Until it is in step, if all goes on like this; null when that is not known, or never. */
  readonly remainingMs: number | null
}

export interface FlowStatus {
  /** Non-persistent messages that wait or are handed out. */
  readonly memoryUsedBytes: number
  readonly memoryLimitBytes: number
  /** Messages that memory had no room for, on the disk; null: they stay in memory. */
  readonly temporary: TemporaryStatus | null
  /** Reasons that concern the whole broker now: `uncommitted`, `memory`, `store`, `temp`. */
  readonly shortages: readonly string[]
  /** Sends that wait for room, by reason; reasons that nobody waits for are left out. */
  readonly waitingSends: Readonly<Record<string, number>>
  /** Connections that are not read from until there is room. */
  readonly pausedConnections: number
  /** Messages that slow subscribers of topics never got, since this broker leads. */
  readonly discardedMessages: number
  /**
   * Destinations that hold messages that are not stored, the fullest first; at most ten. null for
   * those who may not look.
   */
  readonly fullest: readonly FullestDestination[] | null
}

export interface FullestDestination {
  readonly destination: string
  /** What its messages in memory count: more than their bytes. */
  readonly memoryUsedBytes: number
  /** 0 = no limit of its own. */
  readonly memoryLimitBytes: number
  /** Bytes of those that are in the temporary store alone. */
  readonly spilledBytes: number
}

export interface TemporaryStatus {
  /** Bytes of the files. */
  readonly usedBytes: number
  /** tempLimit, or what tempLimitPercent comes to. */
  readonly limitBytes: number
  readonly percentUsed: number
  /** It takes nothing at present: the limit is reached, or the disk is full or fails. */
  readonly isFull: boolean
  /** Messages that could not be read back, since this broker leads. */
  readonly lostMessages: number
}
