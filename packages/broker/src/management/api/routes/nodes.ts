import type { BrokerStatus } from '../../broker-status.ts'
import { electionCauses } from '../../election-report.ts'
import type { SeenElection } from '../../election-report.ts'
import { TOLD_ELECTIONS_MAX } from '../../elections-client.ts'
import { knownNodes } from '../cluster/known-nodes.ts'
import type { Answer, Route } from '../http/route.ts'
import { route } from '../http/route.ts'
import { flag, integer, list, nullable, object, oneOf, text } from '../http/schema.ts'
import type { Schema, Static } from '../http/schema.ts'
import type { ManagedBroker } from '../managed-broker.ts'

const roleSchema = oneOf(['leader', 'follower', 'candidate', 'learner', 'starting', 'halted'])

const statusSchema: Schema<BrokerStatus> = {
  type: 'object',
  description: 'BrokerStatus; docs/reference/http-api.md says what it is for.',
}

const healthSchema = object({ status: oneOf(['alive']) })

const readinessSchema = object({
  status: oneOf(['ready', 'not ready']),
  role: roleSchema,
  trouble: nullable(text()),
})

const brokerSchema = object({
  nodeId: text(),
  isThis: flag({ description: 'The node that answers.' }),
  leads: flag(),
  hasSeat: flag({ description: 'It is a member of the configuration, and votes.' }),
  consoleUrl: nullable(text({ description: 'Where its API answers, if it is known.' })),
})

const followerSchema = object({
  nodeId: text(),
  state: oneOf(['voter', 'suspect', 'learner']),
  connected: flag(),
  lagRecords: integer(),
  lagBytes: integer(),
  silentMs: nullable(integer()),
})

const reportSchema = object({
  nodeId: text(),
  isThis: flag({ description: 'The node that answers.' }),
  hasSeat: flag({ description: 'It is a member of the configuration, and votes.' }),
  consoleUrl: nullable(text({ description: 'Where its API answers, if it is known.' })),
  status: nullable(statusSchema),
})

export type NodeReport = Static<typeof reportSchema>

const announcedSchema = object({
  path: text({ description: 'zkPath: where `zkCli ls` shows the members.' }),
  elected: nullable(object({ nodeId: text(), epoch: integer() })),
  members: list(
    object({
      nodeId: text(),
      state: text({ description: 'In its own words.' }),
      lastEpoch: integer({ description: 'Of the last record of its log.' }),
      lastIndex: integer(),
      position: integer({ description: 'Where its log ends, in bytes.' }),
      weight: integer(),
    }),
    { description: 'What the coordination service says, as this node last saw it.' },
  ),
})

const clusterSchema = object({
  brokerName: text({ description: 'What the brokers of the cluster share.' }),
  epoch: integer(),
  leader: nullable(text()),
  sync: text({ description: 'What has to be on which disks before a send is confirmed.' }),
  seats: list(nullable(text()), { description: 'null: vacant.' }),
  quorum: integer({ description: 'Seats that have to agree.' }),
  inStep: nullable(
    integer({ description: 'Seats that are filled and connected; told by the leader alone.' }),
  ),
  mayFail: nullable(
    integer({
      description:
        'Of them, how many may fail while the rest is a quorum. null: there is no quorum (inStep ' +
        'is less), or this node does not lead (inStep is null).',
    }),
  ),
  followers: list(followerSchema, { description: 'Told by the leader alone.' }),
  coordination: object({ address: text(), state: text() }),
  announced: nullable(announcedSchema),
  clientUris: list(text(), { description: 'Where clients reach this node while it leads.' }),
  possibleLosses: list(
    object({
      epoch: integer(),
      leader: text(),
      afterIndex: integer(),
      since: nullable(text()),
    }),
  ),
})

const electionSchema = object({
  epoch: integer({ description: '0 while nobody is elected.' }),
  leader: nullable(text({ description: 'null while nobody is elected.' })),
  cause: oneOf(electionCauses),
  noticedAt: text({ description: 'When the node noticed that nobody leads.' }),
  servingAt: nullable(text({ description: 'When the new leader served, or was heard.' })),
  durationMs: nullable(integer()),
  seenBy: text({ description: 'The node that saw it so.' }),
})

export type Election = Static<typeof electionSchema>

/**
 * A node is ready unless it is starting or halted. Readiness does not ask for a quorum, a leader or
 * a seat in the configuration: an orchestrator that starts the second broker only when the first is
 * ready would otherwise wait forever.
 */
function readiness({ role, trouble }: BrokerStatus): Answer {
  const ready = role !== 'starting' && role !== 'halted'
  const body = { status: ready ? 'ready' : 'not ready', role, trouble }
  return { status: ready ? 200 : 503, body }
}

function forStrangers(status: BrokerStatus): BrokerStatus {
  const flow = status.flow && { ...status.flow, fullest: null }
  return { ...status, pid: null, dataDirectory: null, announced: null, flow }
}

function brokersOf(status: BrokerStatus) {
  return knownNodes(status).map((node): Static<typeof brokerSchema> => ({
    ...node,
    leads: node.nodeId === status.leader,
  }))
}

export type ClusterAnswer = Static<typeof clusterSchema>

function clusterOf(status: BrokerStatus): ClusterAnswer {
  const { brokerName, epoch, leader, sync, seats, followers, coordination } = status
  const { announced, clientUris, possibleLosses } = status
  const quorum = seats.length === 0 ? 0 : Math.floor(seats.length / 2) + 1
  const voters = followers.filter(({ state, connected }) => state === 'voter' && connected)
  const inStep = status.role === 'leader' ? voters.length + 1 : null
  return {
    ...{ brokerName, epoch, leader, sync, seats, coordination, announced },
    ...{ clientUris, possibleLosses },
    quorum,
    inStep,
    mayFail: inStep === null || inStep < quorum ? null : inStep - quorum,
    followers: followers.map(({ nodeId, state, connected, lagRecords, lagBytes, silentMs }) => ({
      ...{ nodeId, state, connected, lagRecords, lagBytes, silentMs },
    })),
  }
}

function seenElections(broker: ManagedBroker): SeenElection[] {
  const { nodeId } = broker.status()
  const ended = broker.elections().filter(({ leader }) => leader !== null)
  return ended.slice(-TOLD_ELECTIONS_MAX).map((election) => ({ ...election, seenBy: nodeId }))
}

/** What every node tells, in every role. */
export const nodeRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/healthz',
    summary: 'Whether the process runs its event loop',
    tag: 'health',
    role: 'anybody',
    answers: { 200: healthSchema },
    handle: () => ({ status: 200, body: { status: 'alive' } }),
  }),
  route({
    method: 'GET',
    path: '/readyz',
    summary: 'Whether the node does what its role asks',
    tag: 'health',
    role: 'anybody',
    answers: { 200: readinessSchema, 503: readinessSchema },
    handle: ({ broker }) => readiness(broker.status()),
  }),
  route({
    method: 'GET',
    path: '/api/v1/status',
    summary: 'What this node says of itself and of the cluster; `quorate status` shows it',
    description:
      'Who may not look is not told `pid`, `dataDirectory`, `announced` and `flow.fullest`.',
    tag: 'cluster',
    role: 'stranger',
    answers: { 200: statusSchema },
    handle: ({ broker, caller }) => {
      const status = broker.status()
      return { status: 200, body: caller.role === null ? forStrangers(status) : status }
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/brokers',
    summary: 'The nodes of the cluster, as this one knows them',
    tag: 'cluster',
    role: 'viewer',
    answers: { 200: object({ items: list(brokerSchema) }) },
    handle: ({ broker }) => ({ status: 200, body: { items: brokersOf(broker.status()) } }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/cluster',
    summary: 'Who leads, who has a seat, and how many may fail',
    tag: 'cluster',
    role: 'viewer',
    answers: { 200: clusterSchema },
    handle: ({ broker }) => ({ status: 200, body: clusterOf(broker.status()) }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/cluster/elections',
    summary: 'The elections that the nodes have seen since they started, and why they had to be',
    description: 'This node asks the others at most every four seconds; each epoch is told once.',
    tag: 'cluster',
    role: 'viewer',
    answers: { 200: object({ elections: list(electionSchema) }) },
    async handle({ elections }) {
      return { status: 200, body: { elections: await elections.latest() } }
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/cluster/elections/seen',
    summary: 'The newest elections that this node saw itself and that came to an end',
    description: 'What it tells the other nodes; they have no login here.',
    tag: 'cluster',
    role: 'stranger',
    answers: { 200: object({ elections: list(electionSchema) }) },
    handle: ({ broker }) => ({ status: 200, body: { elections: seenElections(broker) } }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/cluster/nodes',
    summary: 'What every node of the cluster says of itself, asked by this one',
    description:
      '`status` is what `/api/v1/status` of that node answered within the last second or two; ' +
      'null: it did not.',
    tag: 'cluster',
    role: 'viewer',
    answers: { 200: object({ items: list(reportSchema) }) },
    async handle({ reports }) {
      return { status: 200, body: { items: await reports.latest() } }
    },
  }),
]
