import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cluster } from '../support/cluster.ts'
import { leaders, withCluster } from '../support/cluster.ts'
import { activemqMissing } from '../support/java-program.ts'
import { LoadClient } from '../support/load-client.ts'
import { assertIdenticalLogs } from '../support/log-comparison.ts'
import { violations } from '../support/total-queue.ts'
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
    assert.deepEqual(violations(load.verdict()), [])
    assert.equal(load.verdict().unknown, 0)
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
async function deposeWithTail(cluster: Cluster, client: WalkthroughClient): Promise<void> {
  await client.send('replicated')
  const deposed = await cluster.leader()
  const followers = await cluster.followers()
  for (const follower of followers) follower.pause()
  const resent = client.beginSend('in the tail', DEADLINE_MS)
  const tail = await waitUntil(
    async () => {
      const log = (await deposed.status())?.log
      return log !== undefined && log.index > log.committedIndex && log
    },
    { what: 'an unreplicated tail', timeoutMs: PROGRESS_WITHIN_MS, pollMs: 10 },
  )
  await deposed.kill9()
  for (const follower of followers) await follower.kill9()
  for (const follower of followers) follower.start()
  await resent
  const [leader] = leaders(await cluster.statuses())
  assert(leader !== undefined && leader.epoch > tail.epoch)
  await client.send('of the next epoch')

  deposed.start()
  await cluster.waitUntilWhole(REJOINED_WITHIN_MS)
  await assertIdenticalLogs(cluster)
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

  it('a deposed leader with a tail that no other broker has', { skip }, async () => {
    await withCluster({ logSize: '1mb', deadlineMs: DEADLINE_MS }, async (cluster) => {
      const client = await WalkthroughClient.start({
        uri: cluster.clientUri(),
        directory: cluster.directory,
      })
      try {
        await deposeWithTail(cluster, client)
      } finally {
        await client.dispose()
      }
    })
  })
})
