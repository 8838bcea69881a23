import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Cluster } from '../support/cluster.ts'
import { followersIn, leaders, withCluster } from '../support/cluster.ts'
import { activemqMissing } from '../support/java-program.ts'
import { assertIdenticalLogs } from '../support/log-comparison.ts'
import { WalkthroughClient } from '../support/walkthrough-client.ts'
import { withoutZookeeper } from '../support/zookeeper.ts'

const DEADLINE_MS = 90_000

async function sendAndReceiveThree(client: WalkthroughClient, about: string): Promise<void> {
  const texts = ['one', 'two', 'three'].map((word) => `${word} ${about}`)
  for (const text of texts) await client.send(text)
  for (const text of texts) assert.equal(await client.receive(), text)
  assert.equal(await client.receive(300), null)
}

async function walk(cluster: Cluster, client: WalkthroughClient): Promise<void> {
  const before = await cluster.statuses()
  assert.equal(leaders(before).length, 1)
  assert.equal(followersIn(before).length, 2)
  await sendAndReceiveThree(client, 'before the kill')

  const dead = await cluster.leader()
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
