import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cluster } from '../support/cluster.ts'
import { withCluster } from '../support/cluster.ts'
import { distributionOf, failoverTimes, formatDistribution } from '../support/failover-times.ts'
import type { FailoverTime } from '../support/failover-times.ts'
import { activemqMissing } from '../support/failover-programs.ts'
import { LoadClient } from '../support/load-client.ts'
import { assertIdenticalLogs } from '../support/log-comparison.ts'
import { monotonicNowMs } from '../support/ndjson-process.ts'
import { violationLines } from '../support/history/judge.ts'
import { waitUntil } from '../support/wait-until.ts'
import { withoutZookeeper } from '../support/zookeeper.ts'

const KILLS = 20
const PRODUCERS = 4
const CONSUMERS = 2
const RATE_PER_PRODUCER = 50
const MEDIAN_BELOW_MS = 1000
const WORST_BELOW_MS = 2000
const CONFIRMED_WITHIN_MS = 20_000
const DRAINED_WITHIN_MS = 20_000
const DEADLINE_MS = 300_000

/** One round: kill, wait for every producer's next confirmation, restart, wait for the rejoin. */
async function killLeaderOnce(cluster: Cluster, load: LoadClient): Promise<FailoverTime[]> {
  const leader = await cluster.waitUntilWhole()
  const killedMs = monotonicNowMs()
  await leader.kill9()
  const times = await waitUntil(
    () => {
      const found = failoverTimes(load.history, { killedMs, producers: PRODUCERS })
      return found.length === PRODUCERS && found
    },
    { what: 'a confirmed send of every producer', timeoutMs: CONFIRMED_WITHIN_MS, pollMs: 20 },
  )
  leader.start()
  await cluster.waitUntilWhole()
  return times
}

async function killLeaderTwentyTimes(
  cluster: Cluster,
  ack: 'auto' | 'client',
  test: TestContext,
): Promise<void> {
  const load = await LoadClient.start({
    uri: cluster.clientUri(),
    directory: cluster.directory,
    producers: PRODUCERS,
    consumers: CONSUMERS,
    rate: RATE_PER_PRODUCER,
    ack,
  })
  try {
    load.produce()
    const times: FailoverTime[][] = []
    for (let kill = 0; kill < KILLS; kill++) {
      // Not always at the same point of the flow, of a heartbeat or of an fsync.
      await delay(300 + ((kill * 37) % 100))
      times.push(await killLeaderOnce(cluster, load))
    }
    await load.pause()
    await load.drain(DRAINED_WITHIN_MS)
    judge(load, times, test)
    await assertIdenticalLogs(cluster)
  } catch (error) {
    process.stderr.write(`--- load client\n${load.errors.join('\n')}\n${load.logTail()}\n`)
    throw error
  } finally {
    await load.quit()
  }
}

function judge(load: LoadClient, times: readonly FailoverTime[][], test: TestContext): void {
  const clients = times.flat().map((time) => time.milliseconds)
  const first = times.map((kill) => Math.min(...kill.map((time) => time.milliseconds)))
  const everyClient = distributionOf(clients)
  const verdict = load.verdict()
  const { counts } = verdict
  test.diagnostic(`kill -9 to the first confirmed send, first client: ${text(first)}`)
  test.diagnostic(`kill -9 to the first confirmed send, every client: ${text(clients)}`)
  test.diagnostic(
    `${counts.sent} sent, ${counts.confirmed} confirmed, ${counts.received} received, ` +
      `${counts.redeliveries} redelivered, ${verdict.violations.length} violations`,
  )
  assert.deepEqual(violationLines(verdict), [])
  assert.equal(counts.unknown, 0, 'every send of a waiting client is confirmed in the end')
  assert.equal(times.length, KILLS)
  assert(everyClient.median < MEDIAN_BELOW_MS, `median ${everyClient.median} ms`)
  assert(everyClient.max < WORST_BELOW_MS, `worst ${everyClient.max} ms`)
}

function text(values: readonly number[]): string {
  return formatDistribution(distributionOf(values))
}

describe('kill -9 of the leader, twenty times under a steady flow', () => {
  const withoutJava = activemqMissing()

  const variants = [
    { coordination: 'embedded', ack: 'auto' },
    { coordination: 'zookeeper', ack: 'client' },
  ] as const
  for (const { coordination, ack } of variants) {
    const skip = withoutJava || (coordination === 'zookeeper' && withoutZookeeper())
    const under = `${coordination} coordination, ${ack} acknowledgement`
    it(`loses nothing and repeats nothing unexplained (${under})`, { skip }, async (test) => {
      await withCluster({ coordination, deadlineMs: DEADLINE_MS }, (cluster) =>
        killLeaderTwentyTimes(cluster, ack, test),
      )
    })
  }
})
