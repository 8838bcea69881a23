import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cluster } from '../support/cluster.ts'
import { leaders, withCluster } from '../support/cluster.ts'
import { activemqMissing } from '../support/failover-programs.ts'
import { LoadClient } from '../support/load-client.ts'
import { assertIdenticalLogs } from '../support/log-comparison.ts'
import { violationLines } from '../support/history/judge.ts'
import { withoutZookeeper } from '../support/zookeeper.ts'

const DEADLINE_MS = 120_000
const SESSION_TIMEOUT = '2s'
/** Long enough for every session to have expired, had anybody been there to decide it. */
const OUTAGE_MS = 6000
const DRAINED_WITHIN_MS = 20_000

async function outlast(cluster: Cluster, load: LoadClient): Promise<void> {
  load.produce()
  await load.progress(50)
  const [before] = leaders(await cluster.statuses())
  await cluster.coordination.kill()
  await delay(OUTAGE_MS)
  await load.progress(50)
  const [during] = leaders(await cluster.statuses())
  assert.equal(during?.nodeId, before?.nodeId, 'the leader keeps serving')
  assert.equal(during?.epoch, before?.epoch, 'in the same epoch')

  await cluster.coordination.start()
  await cluster.waitFor('sessions with the coordination', (statuses) =>
    statuses.every((status) => status?.coordination.state === 'connected'),
  )
  const leader = await cluster.waitUntilWhole()
  await leader.kill9()
  await load.progress(50)
  assert.notEqual(await cluster.leader(), leader)
  leader.start()
  await cluster.waitUntilWhole()
  await load.pause()
  await load.drain(DRAINED_WITHIN_MS)
  assert.deepEqual(violationLines(load.verdict()), [])
  assert.equal(load.verdict().counts.unknown, 0)
  await assertIdenticalLogs(cluster)
}

describe('ZooKeeper down entirely', () => {
  for (const coordination of ['zookeeper', 'embedded'] as const) {
    const skip = activemqMissing() || (coordination === 'zookeeper' && withoutZookeeper())
    it(
      `the leader keeps serving, and failover works again afterwards (${coordination})`,
      { skip },
      async () => {
        const settings = { zkSessionTimeout: SESSION_TIMEOUT }
        await withCluster({ coordination, settings, deadlineMs: DEADLINE_MS }, async (cluster) => {
          const load = await LoadClient.start({
            uri: cluster.clientUri(),
            directory: cluster.directory,
          })
          try {
            await outlast(cluster, load)
          } finally {
            await load.quit()
          }
        })
      },
    )
  }
})
