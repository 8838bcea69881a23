import type { BrokerStatus, PossibleLoss } from '../management/broker-status.ts'
import { leaderOf } from './cluster-picture.ts'
import type { NodePicture } from './cluster-picture.ts'
import { storeCell } from './store-lines.ts'
import type { Colors, Paint } from './terminal.ts'
import { formatTable, printable } from './text-table.ts'
import type { Cell, Column } from './text-table.ts'

const columns: readonly Column[] = [
  { title: 'NODE' },
  { title: 'ROLE' },
  { title: 'EPOCH', align: 'right' },
  { title: 'POSITION', align: 'right' },
  { title: 'COMMITTED', align: 'right' },
  { title: 'LAG', align: 'right' },
  { title: 'CLIENTS', align: 'right' },
  { title: 'CONSUMERS', align: 'right' },
  { title: 'WAITING', align: 'right' },
  { title: 'STORE', align: 'right' },
  { title: 'PID', align: 'right' },
  { title: 'ADDRESS' },
]

export interface TableOptions {
  readonly colors: Colors
  readonly columnsMax: number
}

/** The line above the table: who leads, and how many may still fail. */
export function summarize(nodes: readonly NodePicture[], { colors, columnsMax }: TableOptions) {
  const leader = leaderOf(nodes)
  const any = leader ?? nodes.find(({ status }) => status !== null)?.status
  if (any === null || any === undefined) return colors.red('no broker answers')
  const parts =
    leader === undefined
      ? [`cluster ${any.brokerName}`, 'no leader', believed(any), `sync ${any.sync}`]
      : [
          `cluster ${any.brokerName}`,
          `leader ${leader.nodeId}`,
          `epoch ${leader.epoch}`,
          `sync ${leader.sync}`,
          margin(leader),
        ]
  const line = parts.filter((part) => part !== '').join(' · ')
  const paint: Paint = leader === undefined ? colors.red : colors.bold
  return paint(printable(line).slice(0, columnsMax))
}

function believed({ leader, nodeId }: BrokerStatus): string {
  return leader === null
    ? ''
    : `${nodeId} still believes in ${leader}, which does not answer as one`
}

/** How far the cluster is from losing its quorum. */
function margin({ seats, followers }: BrokerStatus): string {
  if (seats.length === 0) return ''
  const quorum = Math.floor(seats.length / 2) + 1
  const voters = 1 + followers.filter((f) => f.state === 'voter' && f.connected).length
  const spare = voters - quorum
  if (spare < 0) return `${voters} of ${seats.length} here: no quorum`
  return spare === 0
    ? `${voters} of ${seats.length} here: none may fail`
    : `${voters} of ${seats.length} here: ${spare} may fail`
}

/** One line a node, aligned. */
export function clusterTable(nodes: readonly NodePicture[], options: TableOptions): string[] {
  const leader = leaderOf(nodes)
  const rows = nodes.map((node) => rowOf(node, leader, options.colors))
  const { columnsMax, colors } = options
  return formatTable(columns, rows, { columnsMax, paintTitle: colors.dim })
}

function rowOf(
  { nodeId, consoleUrl, status, problem }: NodePicture,
  leader: BrokerStatus | undefined,
  colors: Colors,
): Cell[] {
  if (status === null) {
    const blanks = columns.slice(3).map(() => ({ text: '' }))
    const why = { text: problem ?? 'silent', paint: colors.red }
    return [{ text: nodeId }, why, ...blanks.slice(0, -1), { text: '' }, { text: consoleUrl }]
  }
  const { log, clients } = status
  const isLeader = status.nodeId === leader?.nodeId
  const follower = leader?.followers.find((each) => each.nodeId === status.nodeId)
  const forLeader = (count: number): string => (isLeader ? String(count) : '-')
  return [
    { text: nodeId },
    { text: roleText(status), paint: rolePaint(status, colors) },
    { text: String(status.epoch) },
    { text: String(log.position) },
    { text: String(log.committedIndex) },
    { text: isLeader || follower === undefined ? '-' : String(follower.lagRecords) },
    { text: forLeader(clients.connections) },
    { text: forLeader(clients.consumers) },
    { text: forLeader(clients.waitingMessages) },
    storeCell(status.store, colors),
    { text: String(status.pid ?? '-') },
    { text: status.clientUris.join(' ') },
  ]
}

function roleText({ role, suspect }: BrokerStatus): string {
  return suspect ? `${role} (suspect)` : role
}

function rolePaint({ role, suspect, trouble }: BrokerStatus, colors: Colors): Paint {
  if (role === 'halted') return colors.red
  if (role === 'leader') return colors.green
  return suspect || trouble !== null || role !== 'follower' ? colors.yellow : colors.reset
}

/** What is wrong with nodes that answer, one line each. */
export function troubleLines(nodes: readonly NodePicture[]): string[] {
  return nodes.flatMap(({ nodeId, status }) =>
    status === null || status.trouble === null
      ? []
      : [`${printable(nodeId)}: ${printable(status.trouble)}`],
  )
}

/** Nodes that do not reach the coordination service, and nodes of several clusters. */
export function coordinationLines(nodes: readonly NodePicture[]): string[] {
  const statuses = nodes.flatMap(({ status }) => (status === null ? [] : [status]))
  const deaf = statuses.filter(
    ({ coordination, trouble }) => coordination.state !== 'connected' && trouble === null,
  )
  const names = new Set(statuses.map(({ brokerName }) => brokerName))
  const lines: string[] = []
  const [first] = deaf
  if (first !== undefined) {
    const who = deaf.map(({ nodeId }) => nodeId).join(', ')
    lines.push(
      `ZooKeeper at ${first.coordination.address} does not answer ${who}: no failover until it does`,
    )
  }
  if (names.size > 1) {
    const who = statuses.map(({ nodeId, brokerName }) => `${nodeId} "${brokerName}"`).join(', ')
    lines.push(`brokerName differs, so they form no cluster together: ${who}`)
  }
  return lines.map(printable)
}

/** What the cluster may have lost in the past, as any node that answers knows it; oldest first. */
export function possibleLossesOf(nodes: readonly NodePicture[]): PossibleLoss[] {
  const byEpoch = new Map<number, PossibleLoss>()
  for (const { status } of nodes) {
    for (const loss of status?.possibleLosses ?? []) byEpoch.set(loss.epoch, loss)
  }
  return [...byEpoch.values()].sort((a, b) => a.epoch - b.epoch)
}

/** The newest of these losses in a line; none when there was none. */
export function lossLines(losses: readonly PossibleLoss[]): string[] {
  const last = losses.at(-1)
  if (last === undefined) return []
  const { epoch, leader, afterIndex, since } = last
  const by = since === null ? `by ${leader}` : `by ${leader} at ${since}`
  const others = losses.length - 1
  const rest = others === 0 ? '' : `; ${others} earlier, see --json`
  const line =
    `possible loss: epoch ${epoch}, won ${by} without a quorum in good standing, ` +
    `may lack what was confirmed after record ${afterIndex}${rest}`
  return [printable(line)]
}
