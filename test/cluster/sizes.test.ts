import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Cluster } from '../support/cluster.ts'
import { withCluster } from '../support/cluster.ts'
import { activemqMissing } from '../support/failover-programs.ts'
import { assertIdenticalLogs } from '../support/log-comparison.ts'
import { WalkthroughClient } from '../support/walkthrough-client.ts'

const DEADLINE_MS = 90_000

async function withClient(
  cluster: Cluster,
  test: (client: WalkthroughClient) => Promise<void>,
): Promise<void> {
  const client = await WalkthroughClient.start({
    uri: cluster.clientUri('maxReconnectDelay=500'),
    directory: cluster.directory,
  })
  try {
    await test(client)
  } finally {
    await client.dispose()
  }
}

describe('clusters of other sizes', () => {
  const skip = activemqMissing()

  it('a cluster of one confirms alone and keeps what it confirmed over kill -9', { skip }, () =>
    withCluster({ replicas: 1, deadlineMs: DEADLINE_MS }, async (cluster) => {
      await withClient(cluster, async (client) => {
        const only = await cluster.leader()
        await client.send('before')
        await only.kill9()
        const waiting = client.beginSend('meanwhile', DEADLINE_MS)
        only.start()
        await waiting
        assert.equal(await client.receive(), 'before')
        assert.equal(await client.receive(), 'meanwhile')
        assert.equal(await client.receive(300), null)
      })
    }),
  )

  it('a cluster of five survives the loss of its leader and of another', { skip }, () =>
    withCluster({ replicas: 5, deadlineMs: DEADLINE_MS }, async (cluster) => {
      await withClient(cluster, async (client) => {
        await client.send('five')
        const leader = await cluster.leader()
        const [other] = await cluster.followers()
        assert(other !== undefined)
        await Promise.all([leader.kill9(), other.kill9()])
        await client.send('three')
        leader.start()
        other.start()
        await cluster.waitUntilWhole()
        await client.send('five again')
        for (const text of ['five', 'three', 'five again']) {
          assert.equal(await client.receive(), text)
        }
        await assertIdenticalLogs(cluster)
      })
    }),
  )
})
