import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NetworkHost } from '../hosts/network.ts'
import { Network } from '../hosts/network.ts'
import { isInside, runInside } from '../hosts/private-namespaces.ts'
import { makeWorkDirectory } from '../hosts/work-directory.ts'
import { ChaosCluster, hostNames } from './chaos-cluster.ts'
import { plainEquipment } from './equipment.ts'

/** What the consoles of three machines know of each other, by the name of the node that tells. */
export interface ConsolesReport {
  /** Where the leader's API answers. */
  readonly leaderUrl: string
  readonly addresses: Readonly<Record<string, string>>
  readonly told: Readonly<Record<string, readonly ToldNode[]>>
  /** What a follower answers who is asked for a change. */
  readonly refused: { readonly status: number; readonly leaderUrl?: string }
}

export interface ToldNode {
  readonly nodeId: string
  readonly consoleUrl: string | null
  /** Whether the one that tells had an answer of its own from this node. */
  readonly answers: boolean
}

const LOGIN = 'admin:secret'
const authorization = `Basic ${Buffer.from(LOGIN).toString('base64')}`

const urlOf = ({ address }: NetworkHost): string => `http://${address}:8161`

async function ask(host: NetworkHost, path: string, method = 'GET'): Promise<Response> {
  const headers = { authorization, 'content-type': 'application/json' }
  const body = method === 'GET' ? {} : { body: '{}' }
  return fetch(`${urlOf(host)}/api/v1${path}`, { method, headers, ...body })
}

async function toldBy(host: NetworkHost): Promise<ToldNode[]> {
  const answer = await ask(host, '/cluster/nodes')
  const { items } = (await answer.json()) as { items: (ToldNode & { status: object | null })[] }
  return items.map(({ nodeId, consoleUrl, status }) => {
    return { nodeId, consoleUrl, answers: status !== null }
  })
}

async function askConsoles(directory: string): Promise<ConsolesReport> {
  const consoleUsers = join(directory, 'users.properties')
  writeFileSync(consoleUsers, `${LOGIN.replace(':', ': ')}, admin\n`, { mode: 0o600 })
  const cluster = await ChaosCluster.start({
    network: await Network.open(hostNames),
    directory: join(directory, 'cluster'),
    equipment: { ...plainEquipment, settings: { consoleHost: '0.0.0.0', consoleUsers } },
    sync: 'quorum_disk',
    random: () => 0,
  })
  try {
    const leader = cluster.hostOf(await cluster.leader())
    const follower = cluster.hostOf(await cluster.follower())
    const told: Record<string, ToldNode[]> = {}
    for (const host of cluster.brokerHosts) told[host.name] = await toldBy(host)
    const refused = await ask(follower, '/destinations/queue/ORDERS', 'PUT')
    return {
      leaderUrl: urlOf(leader),
      addresses: Object.fromEntries(
        cluster.brokerHosts.map(({ name, address }) => [name, address]),
      ),
      told,
      refused: { ...((await refused.json()) as object), status: refused.status },
    }
  } finally {
    await cluster.dispose()
  }
}

if (!isInside()) process.exit(await runInside())
const directory = makeWorkDirectory()
try {
  process.stdout.write(`${JSON.stringify(await askConsoles(directory))}\n`)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
process.exit()
