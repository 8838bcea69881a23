import { reachableConsoleUrl } from './announced-addresses.ts'
import type { BrokerOptions } from './config/broker-options.ts'
import type { LeaderHint, Member, SessionState } from './coordination/coordinator.ts'
import type { EngineView } from './engine/engine-view.ts'
import { flowStatus } from './flow-status-view.ts'
import type {
  AnnouncedCluster,
  BrokerStatus,
  CatchUpStatus,
  FollowerStatus,
  PossibleLoss,
  StoreStatus,
} from './management/broker-status.ts'
import { isVoter } from './replication/cluster-config.ts'
import type { LossEntry } from './replication/carried-state.ts'
import type { CatchUpPicture } from './replication/replica/catch-up.ts'
import type { FollowerProgress } from './replication/replica/progress.ts'
import type { Replica } from './replication/replica/replica.ts'
import type { ReplicaNode } from './replication/replica-node.ts'

/**
 * Members that are told of as they are announced: a cluster has five at most, and some that left.
 */
const ANNOUNCED_MEMBERS_MAX = 32

export interface StatusSources {
  readonly options: BrokerOptions
  readonly node: ReplicaNode
  readonly appliedIndex: number
  readonly uptimeMs: number
  readonly nowMs: number
  readonly build: string
  readonly isServing: boolean
  readonly session: SessionState
  readonly members: readonly Member[]
  /** Who holds the leadership at the coordination service. */
  readonly elected: LeaderHint | null
  /** What a node that takes no part in a cluster yet waits for. */
  readonly doubt: string | null
  readonly view: EngineView | null
  readonly clientUris: readonly string[]
  readonly replicationAddress: string
}

/** What one node says of itself, put together from the rooms' own views. */
export function brokerStatus(sources: StatusSources): BrokerStatus {
  const { options, node, members } = sources
  const { replica, journal } = node
  const { tail } = journal
  const config = replica.meta.configs.at(-1)?.config ?? null
  const role = roleOf(sources)
  return {
    brokerName: options.brokerName,
    nodeId: options.nodeId,
    pid: process.pid,
    dataDirectory: options.dataDirectory,
    build: sources.build,
    uptimeMs: Math.round(sources.uptimeMs),
    role,
    trouble: troubleOf(replica) ?? (role === 'starting' ? sources.doubt : null),
    suspect: replica.suspect !== null,
    possibleLosses: replica.meta.losses.map(possibleLossOf),
    epoch: replica.leadership?.epoch ?? replica.meta.promised.epoch,
    leader: replica.leader,
    sync: options.replication.sync.words,
    confirmsOnQuorum: options.replication.sync.waitsForFollowers,
    seats: (config?.seats ?? []).map((seat) => seat?.nodeId ?? null),
    log: {
      epoch: tail.epoch,
      index: tail.index,
      position: tail.position,
      syncedIndex: journal.syncedIndex,
      committedIndex: replica.commitIndex,
      appliedIndex: sources.appliedIndex,
    },
    store: storeOf(node),
    catchUp: catchUpOf(replica.catchUpAt(sources.nowMs)),
    followers: followersOf(sources),
    links: node.links,
    coordination: { address: options.coordination.zkAddress, state: sources.session },
    members: members.map((member) => ({
      nodeId: member.nodeId,
      consoleUrl: reachableConsoleUrl(member, sources.replicationAddress),
    })),
    announced: announcedOf(sources),
    clients: clientsOf(sources.view),
    flow: sources.view === null ? null : flowStatus(sources.view),
    clientUris: sources.clientUris,
    replicationAddress: sources.replicationAddress,
  }
}

function announcedOf({ options, members, elected }: StatusSources): AnnouncedCluster {
  return {
    path: options.coordination.zkPath,
    elected: elected === null ? null : { nodeId: elected.nodeId, epoch: elected.epoch },
    members: members.slice(0, ANNOUNCED_MEMBERS_MAX).map((member) => ({
      nodeId: member.nodeId,
      state: member.state,
      lastEpoch: member.last.epoch,
      lastIndex: member.last.index,
      position: member.position,
      weight: member.weight,
    })),
  }
}

/** What keeps it from counting as a voter, or from everything. */
function troubleOf(replica: Replica): string | null {
  if (replica.suspect !== null) return replica.suspect
  if (replica.isIncomplete) return 'fetches the log from its new start'
  // In a working cluster this takes a moment; with the only replica's store lost it is for good.
  const isInCluster = replica.meta.clusterId !== null
  if (isInCluster && replica.role === 'learner' && replica.leader === null) return WITHOUT_SEAT
  return replica.role === 'halted' ? 'halted' : null
}

const WITHOUT_SEAT = 'holds no seat of the cluster, and waits for a leader that gives it one'

function possibleLossOf({ index, epoch, leader, wonAtMs }: LossEntry): PossibleLoss {
  const since = wonAtMs === null ? null : new Date(wonAtMs).toISOString()
  return { epoch, leader, afterIndex: index - 1, since }
}

function roleOf({ node, isServing }: StatusSources): BrokerStatus['role'] {
  const { role, meta } = node.replica
  if (role === 'halted') return 'halted'
  if (meta.clusterId === null) return 'starting'
  // Elected, but the epoch start is not committed yet: nobody is served.
  return role === 'leader' && !isServing ? 'candidate' : role
}

function storeOf(node: ReplicaNode): StoreStatus {
  const { view } = node.space
  const { usedBytes, limitBytes } = view
  return {
    ...view,
    percentUsed: limitBytes === 0 ? 100 : Math.round((100 * usedBytes) / limitBytes),
    blocksSenders: node.replica.leadership !== null && node.lacksSpace,
  }
}

function followersOf({ node, nowMs }: StatusSources): readonly FollowerStatus[] {
  const { replica, journal } = node
  const { leadership } = replica
  if (leadership === null) return []
  const config = replica.meta.configs.at(-1)?.config ?? null
  return [...leadership.followers].map((progress) => ({
    nodeId: progress.peer.nodeId,
    state: stateOf(progress, isVoter(config, progress.peer.storeUuid)),
    connected: progress.isStreaming,
    ackedIndex: progress.syncedIndex,
    lagRecords: Math.max(0, journal.tail.index - progress.syncedIndex),
    lagBytes: progress.unackedBytes,
    isShortOfSpace: progress.isShortOfSpace,
    silentMs: progress.heardMs === null ? null : Math.round(nowMs - progress.heardMs),
    catchUp: catchUpOf(catchUpAt(progress, journal.tail.position, nowMs)),
  }))
}

function catchUpAt(progress: FollowerProgress, end: number, nowMs: number): CatchUpPicture | null {
  const { isStreaming, catchUp, position } = progress
  return isStreaming ? catchUp.picture({ atMs: nowMs, had: position, end }) : null
}

function catchUpOf(picture: CatchUpPicture | null): CatchUpStatus | null {
  if (picture === null) return null
  const { begin, had, end, bytesPerSecond, remainingMs } = picture
  const hadBytes = had - begin
  const neededBytes = end - begin
  const percent = Math.floor((100 * hadBytes) / neededBytes)
  return { hadBytes, neededBytes, percent, bytesPerSecond, remainingMs }
}

function stateOf(progress: FollowerProgress, votes: boolean): FollowerStatus['state'] {
  if (!votes) return 'learner'
  return progress.isStreaming && progress.suspect ? 'suspect' : 'voter'
}

function clientsOf(view: EngineView | null): BrokerStatus['clients'] {
  const queues = view?.queues ?? []
  const durables = view?.durables ?? []
  const topics = view?.topics ?? []
  const sums = { waiting: 0, enqueued: 0, dequeued: 0 }
  for (const list of [queues, durables]) {
    for (const { depth, dequeued } of list) {
      sums.waiting += depth
      sums.dequeued += dequeued
    }
  }
  for (const { enqueued } of queues) sums.enqueued += enqueued
  for (const { published } of topics) sums.enqueued += published
  return {
    connections: view?.clients ?? 0,
    consumers: view?.consumers ?? 0,
    destinations: queues.length + topics.length,
    waitingMessages: sums.waiting,
    enqueuedMessages: sums.enqueued,
    dequeuedMessages: sums.dequeued,
  }
}
