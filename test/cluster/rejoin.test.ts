import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { BrokerStatus } from '@quorate/broker/management/broker-status'
import type { BrokerNode } from '../support/broker-node.ts'
import type { Cluster } from '../support/cluster.ts'
import { leaders, withCluster } from '../support/cluster.ts'
import { activemqMissing } from '../support/failover-programs.ts'
import { LoadClient } from '../support/load-client.ts'
import { assertIdenticalLogs } from '../support/log-comparison.ts'
import { violationLines } from '../support/history/judge.ts'
import { waitUntil } from '../support/wait-until.ts'
import { WalkthroughClient } from '../support/walkthrough-client.ts'

const DEADLINE_MS = 120_000
const REJOINED_WITHIN_MS = 60_000
const PROGRESS_WITHIN_MS = 20_000
const PAUSED_MS = 10_000
/** Several segments' worth of log while a follower is away. */
const BODY_BYTES = 4096

/** Runs the fault under a flow, ends the flow, and demands a sound queue and equal logs. */
async function underFlow(
  cluster: Cluster,
  fault: (load: LoadClient) => Promise<void>,
): Promise<void> {
  const load = await LoadClient.start({
    uri: cluster.clientUri(),
    directory: cluster.directory,
    bodyBytes: BODY_BYTES,
    rate: 100,
  })
  try {
    load.produce()
    await load.progress(200)
    await fault(load)
    await cluster.waitUntilWhole(REJOINED_WITHIN_MS)
    await load.pause()
    await load.drain(PROGRESS_WITHIN_MS)
    assert.deepEqual(violationLines(load.verdict()), [])
    assert.equal(load.verdict().counts.unknown, 0)
    await assertIdenticalLogs(cluster)
  } finally {
    await load.quit()
  }
}

/**
 * The leader appends what no follower has, and dies. The followers are stopped meanwhile, and then
 * restarted rather than continued: what the leader sent lies in their socket buffers, and reading
 * it after the leader's death would replicate the tail after all.
 */
async function deposeDead(cluster: Cluster, client: WalkthroughClient): Promise<void> {
  await client.send('replicated')
  const deposed = await cluster.leader()
  const followers = await cluster.followers()
  for (const follower of followers) follower.pause()
  const resent = client.beginSend('in the tail', DEADLINE_MS)
  const tail = await untilTail(deposed)
  await deposed.kill9()
  for (const follower of followers) await follower.kill9()
  for (const follower of followers) follower.start()
  await resent
  const [leader] = leaders(await cluster.statuses())
  assert(leader !== undefined && leader.epoch > tail.epoch)
  await client.send('of the next epoch')

  deposed.start()
  await cluster.waitUntilWhole(REJOINED_WITHIN_MS)
  await judgeDeposed(cluster, deposed, client)
}

/**
 * The leader is cut off, appends what no follower has, and sleeps until the others have elected and
 * served. Then it wakes: alive, with its tail, and its clients still on its sockets.
 */
async function deposeAsleep(cluster: Cluster, client: WalkthroughClient): Promise<void> {
  await client.send('replicated')
  const deposed = await cluster.leader()
  for (const link of cluster.links) link.cut()
  const resent = client.beginSend('in the tail', DEADLINE_MS)
  const tail = await untilTail(deposed)
  deposed.pause()
  for (const link of cluster.links) link.heal()
  await cluster.waitFor('a leader of a later epoch', (statuses) =>
    leaders(statuses).some((leader) => leader.epoch > tail.epoch),
  )
  deposed.resume()
  await resent
  await client.send('of the next epoch')
  await cluster.waitUntilWhole(REJOINED_WITHIN_MS)
  await judgeDeposed(cluster, deposed, client)
}

/** On its disk: what is still on its way there a kill takes with it. */
async function untilTail(leader: BrokerNode): Promise<BrokerStatus['log']> {
  return waitUntil(
    async () => {
      const log = (await leader.status())?.log
      return log !== undefined && log.syncedIndex > log.committedIndex && log
    },
    { what: 'an unreplicated tail', timeoutMs: PROGRESS_WITHIN_MS, pollMs: 10 },
  )
}

async function judgeDeposed(cluster: Cluster, deposed: BrokerNode, client: WalkthroughClient) {
  await assertIdenticalLogs(cluster)
  const kept = readdirSync(join(deposed.dataDirectory, 'journal', 'diverged'))
  assert(kept.length > 0, 'what was cut is kept for whoever wants to look')
  for (const text of ['replicated', 'in the tail', 'of the next epoch']) {
    assert.equal(await client.receive(), text)
  }
  assert.equal(await client.receive(300), null, 'the tail was cut, and the send stored once')
  await assertIdenticalLogs(cluster)
}

describe('a broker that was away rejoins and ends byte-identical', { concurrency: false }, () => {
  const skip = activemqMissing()

  it('a follower whose disk was wiped', { skip }, async () => {
    await withCluster({ logSize: '1mb', deadlineMs: DEADLINE_MS }, async (cluster) => {
      const [wiped] = await cluster.followers()
      assert(wiped !== undefined)
      await underFlow(cluster, async (load) => {
        await wiped.kill9()
        wiped.wipe()
        await load.progress(200)
        wiped.start()
      })
    })
  })

  it('a follower that was stopped for ten seconds', { skip }, async () => {
    await withCluster({ logSize: '1mb', deadlineMs: DEADLINE_MS }, async (cluster) => {
      const [stopped] = await cluster.followers()
      assert(stopped !== undefined)
      await underFlow(cluster, async (load) => {
        stopped.pause()
        await delay(PAUSED_MS)
        await load.progress(200)
        stopped.resume()
      })
    })
  })

  it('a leader that was stopped for ten seconds', { skip }, async () => {
    await withCluster({ logSize: '1mb', deadlineMs: DEADLINE_MS }, async (cluster) => {
      await underFlow(cluster, async (load) => {
        const stopped = await cluster.leader()
        stopped.pause()
        await delay(PAUSED_MS)
        stopped.resume()
        await load.progress(200)
      })
    })
  })

  const depositions = { 'that died': deposeDead, 'that slept': deposeAsleep }
  for (const [how, depose] of Object.entries(depositions)) {
    it(`a deposed leader ${how} with a tail that no other broker has`, { skip }, async () => {
      const options = { logSize: '1mb', proxied: true, deadlineMs: DEADLINE_MS }
      await withCluster(options, async (cluster) => {
        const client = await WalkthroughClient.start({
          uri: cluster.clientUri('maxReconnectDelay=500'),
          directory: cluster.directory,
        })
        try {
          await depose(cluster, client)
        } finally {
          await client.dispose()
        }
      })
    })
  }
})
