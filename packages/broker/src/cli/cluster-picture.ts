import { toBrokerError } from '@quorate/core/base/errors'
import type { BrokerStatus } from '../management/broker-status.ts'
import { fetchStatus } from '../management/status-client.ts'

/** What is known of one node: its own word, or why there is none. */
export interface NodePicture {
  /** The URL where the name is not known. */
  readonly nodeId: string
  readonly consoleUrl: string
  readonly status: BrokerStatus | null
  /** Why there is no status; null when there is one. */
  readonly problem: string | null
}

/** Nodes asked at most: what members tell is not trusted to end. */
export const NODES_ASKED_MAX = 32

/**
 * Asks these nodes, and through any that answers all the others. `known` names nodes by the origin
 * of their URL, for the case that nobody who answers does.
 */
export async function gatherCluster(
  urls: readonly string[],
  timeoutMs: number,
  known: ReadonlyMap<string, string> = new Map(),
): Promise<NodePicture[]> {
  const asked = new Set<string>()
  const pictures: NodePicture[] = []
  const names = new Map(known)
  let next = urls.filter(isConsoleUrl)
  while (next.length > 0) {
    const round = next.filter((url) => !asked.has(url)).slice(0, NODES_ASKED_MAX - asked.size)
    for (const url of round) asked.add(url)
    const answers = await Promise.all(round.map((url) => askNode(url, timeoutMs)))
    pictures.push(...answers)
    const members = answers.flatMap(({ status }) => status?.members ?? [])
    const found = members.filter(({ consoleUrl }) => isConsoleUrl(consoleUrl))
    for (const { nodeId, consoleUrl } of found) names.set(originOf(consoleUrl), nodeId)
    next = found.flatMap(({ consoleUrl }) => consoleUrl ?? [])
    next = next.filter((url) => !asked.has(url) && asked.size < NODES_ASKED_MAX)
  }
  return distinct(pictures.map((picture) => named(picture, names)))
}

/** What a broker says of others is looked at before they are asked. */
function isConsoleUrl(url: unknown): boolean {
  return typeof url === 'string' && /^https?:/i.test(url) && URL.canParse(url)
}

function originOf(consoleUrl: string | null): string {
  return consoleUrl === null ? '' : new URL(consoleUrl).origin
}

export async function askNode(consoleUrl: string, timeoutMs: number): Promise<NodePicture> {
  try {
    const status = await fetchStatus(consoleUrl, timeoutMs)
    return { nodeId: status.nodeId, consoleUrl, status, problem: null }
  } catch (error) {
    const { code, message } = toBrokerError(error)
    const problem = code === 'CONNECTION_LOST' ? 'not running' : message
    return { nodeId: consoleUrl, consoleUrl, status: null, problem }
  }
}

function named(picture: NodePicture, names: ReadonlyMap<string, string>): NodePicture {
  const name = names.get(originOf(picture.consoleUrl))
  return picture.status === null && name !== undefined ? { ...picture, nodeId: name } : picture
}

/** One picture a node, those that answered first; in the order of names. */
function distinct(pictures: readonly NodePicture[]): NodePicture[] {
  const byName = new Map<string, NodePicture>()
  for (const picture of pictures) {
    if (picture.status !== null || !byName.has(picture.nodeId)) byName.set(picture.nodeId, picture)
  }
  return [...byName.values()].sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1))
}

/** The node that leads: of those that say so themselves the one of the newest epoch. */
export function leaderOf(nodes: readonly NodePicture[]): BrokerStatus | undefined {
  let leader: BrokerStatus | undefined
  for (const { status } of nodes) {
    if (status?.role === 'leader' && status.epoch > (leader?.epoch ?? -1)) leader = status
  }
  return leader
}
