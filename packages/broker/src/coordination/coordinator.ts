/**
 * What replication asks of the coordination service. Nothing here makes the cluster safe or unsafe:
 * members and the leader hint say who might be alive, and the epoch register hands out numbers that
 * the voters bind by their own durable promises (R5, R6). A coordinator that lies, stalls or is
 * wiped costs the ability to fail over, never a confirmed message.
 */

/** End of a replica's contiguous valid log, compared lexicographically. */
export interface LastRecord {
  readonly epoch: number
  readonly index: number
}

/** What a broker tells the others about itself. Gone when its session is. */
export interface Member {
  readonly nodeId: string
  /** Identity of the data directory; a wiped directory gets a new one (R1). */
  readonly storeUuid: string
  /**
   * The store has never held a record: the node may take part in a first bootstrap (R2). One that
   * holds records and belongs to no cluster was restored from a backup.
   */
  readonly empty: boolean
  /** `host:port` of the replication listener. */
  readonly replicationAddress: string
  readonly clientUris: readonly string[]
  readonly consoleUrl: string | null
  /** The replica's state, for people: VOTER, LEARNER, LEADER ... */
  readonly state: string
  readonly last: LastRecord
  /** Byte offset of the end of the log: what ActiveMQ's own view calls `position`. */
  readonly position: number
  readonly weight: number
  readonly suspect: boolean
  readonly build: string
  /** null until the store belongs to a cluster. */
  readonly clusterId: string | null
}

/** A seat of the first configuration. */
export interface Seat {
  readonly nodeId: string
  readonly storeUuid: string
}

/**
 * The first configuration, created once (R2). A null seat is vacant: it counts as a failed voter.
 */
export interface Bootstrap {
  readonly clusterId: string
  readonly seats: readonly (Seat | null)[]
  /**
   * Of a cluster that is founded from a backup: the first configuration. Only the store with the
   * data takes it from here and stands in `seats`; the others begin as learners, and find that they
   * vote in a record behind everything that was restored.
   */
  readonly electorate?: readonly (Seat | null)[]
}

/** Who leads, as a hint: the proof is the epoch at the voters. */
export interface LeaderHint {
  readonly epoch: number
  readonly nodeId: string
  readonly clientUris: readonly string[]
}

/** A number that this coordinator handed to nobody else, with the nonce that proves it. */
export interface EpochGrant {
  readonly epoch: number
  readonly nonce: string
}

export type SessionState = 'connected' | 'disconnected' | 'expired'

export type CoordinatorEvent =
  /** The whole list, self included, sorted by nodeId; sent only when it changed. */
  | { readonly type: 'members'; readonly members: readonly Member[] }
  /** Sent only when it changed. */
  | { readonly type: 'leader'; readonly leader: LeaderHint | null }
  /**
   * `disconnected` asks for no action (R26). After `expired` the coordinator opens a new session,
   * announces the member and claims the leadership again by itself.
   */
  | { readonly type: 'session'; readonly state: SessionState }

export type CoordinatorListener = (event: CoordinatorEvent) => void

/**
 * One broker's access to the coordination service of its cluster.
 *
 * The methods that return void state a wish: it is kept, coalesced (the newest wins), carried out
 * when there is a session, and carried out again in every new session. They never fail.
 *
 * The methods that return a promise wait for a session for at most the operation timeout, then
 * reject with COORDINATION_LOST; a refusal by the service (no permission, for instance) rejects
 * with COORDINATION_REJECTED. Either way the caller may simply try again later.
 */
export interface Coordinator {
  /** Where the service keeps the first configuration: the name by which people find it. */
  readonly bootstrapPath: string
  /** Connects in the background, for ever, and announces `self` as long as the session lives. */
  start(self: Member, listener: CoordinatorListener): void
  /** Replaces what was announced; `nodeId` cannot change. */
  update(self: Member): void
  /** R5: a new epoch, greater than `above` and than every number handed out before. */
  allocateEpoch(above: number): Promise<EpochGrant>
  /** The first configuration as the service's leader knows it, or null when there is none. */
  readBootstrap(): Promise<Bootstrap | null>
  /** Create-if-absent: resolves to the one that exists afterwards, ours or another node's. */
  createBootstrap(bootstrap: Bootstrap): Promise<Bootstrap>
  /**
   * Publishes the hint until `releaseLeader`. A hint with a higher epoch is left alone, one with a
   * lower epoch is replaced.
   */
  claimLeader(hint: LeaderHint): void
  releaseLeader(): void
  /** Mirrors the committed configuration for tools; nobody decides by it (R39). */
  publishConfig(json: string): void
  /** Ends the session, so that everything announced vanishes at once. Resolves in bounded time. */
  stop(): Promise<void>
}
