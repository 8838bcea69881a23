import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Cluster } from '../support/cluster.ts'
import { followersIn, leaders, withCluster } from '../support/cluster.ts'
import type { BrokerNode } from '../support/broker-node.ts'
import { activemqMissing } from '../support/failover-programs.ts'
import { assertIdenticalLogs } from '../support/log-comparison.ts'
import { runQuorate } from '../support/quorate-command.ts'
import { waitUntil } from '../support/wait-until.ts'
import { WalkthroughClient } from '../support/walkthrough-client.ts'
import { withoutZookeeper } from '../support/zookeeper.ts'

const DEADLINE_MS = 90_000
const ZK_PATH = '/default'
/** A dead broker's node stays until its session ends. */
const GHOSTS_GONE_WITHIN_MS = 20_000

interface ToldStatus {
  readonly leader: string | null
  readonly nodes: readonly { readonly status: { readonly role: string } | null }[]
}

async function sendAndReceiveThree(client: WalkthroughClient, about: string): Promise<void> {
  const texts = ['one', 'two', 'three'].map((word) => `${word} ${about}`)
  for (const text of texts) await client.send(text)
  for (const text of texts) assert.equal(await client.receive(), text)
  assert.equal(await client.receive(300), null)
}

/** What an operator is told must agree: by the command, and by the nodes ActiveMQ's users know. */
async function assertSeen(cluster: Cluster, leader: BrokerNode): Promise<void> {
  const urls = cluster.nodes.flatMap(({ ports }) => ['--url', `http://127.0.0.1:${ports.console}`])
  const told = await runQuorate('status', '--json', ...urls)
  assert.equal(told.exitCode, 0, told.stderr)
  const status = JSON.parse(told.stdout) as ToldStatus
  assert.equal(status.leader, leader.name)
  assert.deepEqual(status.nodes.map((node) => node.status?.role).sort(), [
    'follower',
    'follower',
    'leader',
  ])
  await waitUntil(async () => (await electedPositions(cluster)).join() === 'elected,null,null', {
    what: 'one elected member among three in the coordination',
    timeoutMs: GHOSTS_GONE_WITHIN_MS,
  })
}

/** Whether each member's node in the coordination names itself elected, as ActiveMQ's does. */
async function electedPositions(cluster: Cluster): Promise<string[]> {
  const servers = ['--zookeeper', cluster.coordination.address]
  const { stdout } = await runQuorate('zk', 'ls', ZK_PATH, '--json', ...servers)
  const nodes = JSON.parse(stdout) as { path: string; data: string }[]
  const members = nodes.filter(({ path }) => /\/0\d{10}$/.test(path))
  return members
    .map(({ path, data }) => {
      const { elected } = JSON.parse(data) as { elected: string | null }
      return elected === null ? 'null' : path.endsWith(`/0${elected}`) ? 'elected' : 'of another'
    })
    .sort()
}

async function walk(cluster: Cluster, client: WalkthroughClient): Promise<void> {
  const before = await cluster.statuses()
  assert.equal(leaders(before).length, 1)
  assert.equal(followersIn(before).length, 2)
  const dead = await cluster.leader()
  await assertSeen(cluster, dead)
  await sendAndReceiveThree(client, 'before the kill')

  await dead.kill9()
  await sendAndReceiveThree(client, 'after the kill')
  const successor = await cluster.leader()
  assert.notEqual(successor, dead)
  const [was] = leaders(before)
  const [is] = leaders(await cluster.statuses())
  assert(was !== undefined && is !== undefined && is.epoch > was.epoch)

  dead.start()
  await cluster.waitUntilWhole()
  assert.equal((await dead.status())?.role, 'follower')
  assert.equal(await cluster.leader(), successor)
  await assertSeen(cluster, successor)
  await sendAndReceiveThree(client, 'after the rejoin')
  await assertIdenticalLogs(cluster)
}

describe('the walkthrough with ActiveMQ\u2019s Java client', () => {
  const withoutJava = activemqMissing()

  for (const coordination of ['embedded', 'zookeeper'] as const) {
    const skip = withoutJava || (coordination === 'zookeeper' && withoutZookeeper())
    it(`goes through every step (${coordination} coordination)`, { skip }, async () => {
      await withCluster({ coordination, deadlineMs: DEADLINE_MS }, async (cluster) => {
        const client = await WalkthroughClient.start({
          uri: cluster.clientUri(),
          directory: cluster.directory,
        })
        try {
          await walk(cluster, client)
        } finally {
          await client.dispose()
        }
      })
    })
  }
})
