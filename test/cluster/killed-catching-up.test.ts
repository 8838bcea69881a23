import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BrokerNode } from '../support/broker-node.ts'
import type { Cluster } from '../support/cluster.ts'
import { withCluster } from '../support/cluster.ts'
import { runInProcess } from '../support/command-line.ts'
import type { LinkProxy } from '../support/link-proxy.ts'
import { assertIdenticalLogs } from '../support/log-comparison.ts'
import { waitUntil } from '../support/wait-until.ts'

const DEADLINE_MS = 90_000
const HALFWAY_WITHIN_MS = 30_000
const MEGABYTE = 1024 * 1024
/** More than CATCH_UP_BYTES, so that a follower without it catches up. */
const MISSED_BYTES = 48 * MEGABYTE
const BODY_BYTES = 64 * 1024
/** So that it takes a while. */
const SLOW_BYTES_PER_SECOND = 4 * MEGABYTE
/** Heartbeats, handshakes, and what was on its way when it was killed. */
const BESIDE_BYTES = 2 * MEGABYTE

function linkTo(cluster: Cluster, node: BrokerNode): LinkProxy {
  const link = cluster.links[cluster.nodes.indexOf(node)]
  assert(link !== undefined)
  return link
}

async function endOfLog(node: BrokerNode): Promise<number> {
  return (await node.status())?.log.position ?? 0
}

async function store(cluster: Cluster, bytes: number): Promise<void> {
  const words = ['--destination', 'queue://BACKLOG', '--brokerUrl', cluster.clientUri()]
  const sizes = ['--messageCount', String(bytes / BODY_BYTES), '--messageSize', String(BODY_BYTES)]
  const { exitCode, err } = await runInProcess(['producer', ...words, ...sizes])
  assert.equal(exitCode, 0, err)
}

/** What `quorate status` says of the one who catches up, asked of all. */
async function catchUpLine(cluster: Cluster, { name }: BrokerNode): Promise<string | undefined> {
  const urls = cluster.nodes.flatMap(({ ports }) => ['--url', `http://127.0.0.1:${ports.console}`])
  const { out } = await runInProcess(['status', ...urls])
  return out.split('\n').find((line) => line.startsWith(`${name}: catches up`))
}

describe('a follower that is killed while it catches up', () => {
  it('says how far it is, and goes on where it was when it comes back', async () => {
    await withCluster({ deadlineMs: DEADLINE_MS, proxied: true }, async (cluster) => {
      const leader = await cluster.leader()
      const [follower] = await cluster.followers()
      assert(follower !== undefined)
      const link = linkTo(cluster, follower)
      await follower.kill9()
      await store(cluster, MISSED_BYTES)

      link.slowDown(SLOW_BYTES_PER_SECOND)
      follower.start()
      const halfway = async (): Promise<string | false> => {
        const line = await catchUpLine(cluster, follower)
        return /\([3-7]\d%\)/.test(line ?? '') && (line ?? false)
      }
      const what = 'a follower that is halfway'
      const line = await waitUntil(halfway, { what, timeoutMs: HALFWAY_WITHIN_MS })
      assert.match(line, /: catches up: has [\d.]+ MB of [\d.]+ MB of log \(\d+%\), .*\/s, about /)
      const had = await endOfLog(follower)
      await follower.kill9()
      const missing = (await endOfLog(leader)) - had
      assert.ok(missing > MISSED_BYTES / 10 && missing < 0.8 * MISSED_BYTES, `${missing} missing`)

      link.slowDown(Infinity)
      const before = link.carriedBytes
      follower.start()
      await cluster.waitUntilWhole()
      const fetched = link.carriedBytes - before
      assert.ok(fetched <= missing + BESIDE_BYTES, `fetched ${fetched}, where ${missing} missed`)
      assert.equal(await catchUpLine(cluster, follower), undefined)
      await assertIdenticalLogs(cluster)
    })
  })
})
