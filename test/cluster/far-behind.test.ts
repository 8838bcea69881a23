import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { BrokerNode } from '../support/broker-node.ts'
import type { Cluster } from '../support/cluster.ts'
import { leaders, withCluster } from '../support/cluster.ts'
import { activemqMissing } from '../support/failover-programs.ts'
import { violationLines } from '../support/history/judge.ts'
import { LoadClient } from '../support/load-client.ts'
import { assertIdenticalLogs } from '../support/log-comparison.ts'
import { waitUntil } from '../support/wait-until.ts'
import { WalkthroughClient } from '../support/walkthrough-client.ts'

const DEADLINE_MS = 90_000
const PROGRESS_WITHIN_MS = 20_000
const MOVED_WITHIN_MS = 25_000
/** A segment of 1 MB is full after some dozens. */
const BODY_BYTES = 16 * 1024
/** Ahead of the others in an election of equals. */
const HEAVY = 10

interface Clients {
  /** What passes through: consumed as it comes. */
  readonly load: LoadClient
  /** What waits in another queue all the time. */
  readonly waiting: WalkthroughClient
}

/** Where the oldest segment begins that is still there. */
function startOfLog({ dataDirectory }: BrokerNode): number {
  const names = readdirSync(join(dataDirectory, 'journal')).filter((name) => name.endsWith('.log'))
  return Math.min(...names.map((name) => Number.parseInt(name, 16)))
}

async function endOfLog(node: BrokerNode): Promise<number> {
  return (await node.status())?.log.position ?? 0
}

async function withClients(
  cluster: Cluster,
  test: (clients: Clients) => Promise<void>,
): Promise<void> {
  const uri = cluster.clientUri('maxReconnectDelay=500')
  const { directory } = cluster
  const load = await LoadClient.start({ uri, directory, bodyBytes: BODY_BYTES, rate: 50 })
  try {
    const waiting = await WalkthroughClient.start({ uri, directory })
    try {
      await test({ load, waiting })
    } finally {
      await waiting.dispose()
    }
  } finally {
    await load.quit()
  }
}

/** Ends the flow, kills the leader, and demands the other one as the next with all that waits. */
async function electAndJudge(cluster: Cluster, successor: BrokerNode, clients: Clients) {
  const { load, waiting } = clients
  await load.pause()
  const old = await cluster.waitUntilWhole()
  await old.kill9()
  await cluster.waitFor('the follower that came back as leader', (statuses) =>
    leaders(statuses).some(({ nodeId }) => nodeId === successor.name),
  )
  await waiting.send('after')
  for (const text of ['before', 'meanwhile', 'after']) assert.equal(await waiting.receive(), text)
  assert.equal(await waiting.receive(300), null, 'nothing comes twice')
  await load.drain(PROGRESS_WITHIN_MS)
  assert.deepEqual(violationLines(load.verdict()), [])
  assert.equal(load.verdict().counts.unknown, 0)
  old.start()
  await cluster.waitUntilWhole()
  await assertIdenticalLogs(cluster)
}

/** A follower is away until its leader's log begins behind what it had, and comes back. */
async function passBy(
  cluster: Cluster,
  clients: Clients,
  { weight, isWiped }: { readonly weight: number; readonly isWiped: boolean },
): Promise<void> {
  const { load, waiting } = clients
  const leader = await cluster.leader()
  const [follower] = await cluster.followers()
  assert(follower !== undefined)
  await waiting.send('before')
  load.produce()
  await load.progress(50)
  await follower.kill9()
  const had = await endOfLog(leader)
  if (isWiped) follower.wipe()
  await waiting.send('meanwhile')
  const isPassed = (): boolean => startOfLog(leader) > had
  const what = 'a log that begins behind what the follower had'
  await waitUntil(isPassed, { what, timeoutMs: MOVED_WITHIN_MS })

  follower.change({ weight })
  follower.start()
  await cluster.waitUntilWhole()
  assert(startOfLog(follower) > had, 'it has no more than its leader')
  await electAndJudge(cluster, follower, clients)
}

describe('a follower that the start of the log has passed by', () => {
  const skip = activemqMissing()

  it('is in step again, stopped or wiped, and leads with all that waits', { skip }, () =>
    withCluster({ logSize: '1mb', deadlineMs: DEADLINE_MS }, (cluster) =>
      withClients(cluster, async (clients) => {
        await passBy(cluster, clients, { weight: HEAVY, isWiped: false })
        await passBy(cluster, clients, { weight: 2 * HEAVY, isWiped: true })
      }),
    ),
  )
})
