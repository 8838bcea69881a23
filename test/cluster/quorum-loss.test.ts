import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cluster } from '../support/cluster.ts'
import { leaders, withCluster } from '../support/cluster.ts'
import { activemqMissing } from '../support/failover-programs.ts'
import { assertIdenticalLogs } from '../support/log-comparison.ts'
import { WalkthroughClient } from '../support/walkthrough-client.ts'

const DEADLINE_MS = 90_000
/** Above the time after which a leader without a quorum steps down. */
const STEPPED_DOWN_WITHIN_MS = 10_000
const ALONE_MS = 5000

async function loseTwoOfThree(cluster: Cluster, client: WalkthroughClient): Promise<void> {
  await client.send('while whole')
  const [first, second] = await cluster.followers()
  const last = await cluster.leader()
  assert(first !== undefined && second !== undefined)
  await Promise.all([first.kill9(), second.kill9()])

  const unconfirmed = client.beginSend('while alone', DEADLINE_MS)
  const confirmed = unconfirmed.then(() => 'confirmed')
  await cluster.waitFor(
    'nobody to lead',
    (statuses) => leaders(statuses).length === 0,
    STEPPED_DOWN_WITHIN_MS,
  )
  assert.equal(await Promise.race([confirmed, delay(ALONE_MS, 'waiting')]), 'waiting')
  assert.equal(leaders(await cluster.statuses()).length, 0)

  first.start()
  await unconfirmed
  await client.send('while two')
  assert([first, last].includes(await cluster.leader()))

  second.start()
  await cluster.waitUntilWhole()
  for (const text of ['while whole', 'while alone', 'while two']) {
    assert.equal(await client.receive(), text)
  }
  assert.equal(await client.receive(300), null)
  await assertIdenticalLogs(cluster)
}

describe('two of three brokers down', () => {
  it(
    'nothing is confirmed and nobody leads; one comes back and nothing is lost',
    { skip: activemqMissing() },
    async () => {
      await withCluster({ deadlineMs: DEADLINE_MS }, async (cluster) => {
        const client = await WalkthroughClient.start({
          uri: cluster.clientUri('maxReconnectDelay=500'),
          directory: cluster.directory,
        })
        try {
          await loseTwoOfThree(cluster, client)
        } finally {
          await client.dispose()
        }
      })
    },
  )
})
