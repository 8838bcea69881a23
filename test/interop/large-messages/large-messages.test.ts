import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { BrokerNode } from '../../support/broker-node.ts'
import { withCluster } from '../../support/cluster.ts'
import type { Cluster } from '../../support/cluster.ts'
import { compileJava, javaMissing, runJava } from '../../support/java.ts'
import { assertIdenticalLogs } from '../../support/log-comparison.ts'

const DEADLINE_MS = 60_000
const MEGABYTE = 1024 * 1024
/** A frame of this body is just below the limit of 104,857,600 bytes. */
const FITS_BYTES = 104_857_000
const TOO_LARGE_BYTES = 101 * MEGABYTE
/**
 * Beside what a process takes that has nothing: the frame that it came in, which becomes its
 * record, what is read back for its consumer, and half of one for what is not collected yet.
 */
const LEADER_PEAK_BYTES = 100 * MEGABYTE + 2.5 * FITS_BYTES
/** The record, and the same half. */
const FOLLOWER_PEAK_BYTES = 100 * MEGABYTE + 1.5 * FITS_BYTES
/** Two frames at a time (LARGE_FRAMES_BYTES_MAX), and those that are read back for consumers. */
const SHARED_LEADER_PEAK_BYTES = 100 * MEGABYTE + 6 * FITS_BYTES
const CLIENT_HEAP_MB = 1100

/** The most memory that a process ever had. */
function peakBytes({ pid }: BrokerNode): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1])
}

interface Sending {
  readonly connections: number
  readonly isTransacted?: boolean
  /** Of one more message, which is refused; none by default. */
  readonly tooLargeBytes?: number
}

/** A cluster of processes that had nothing large before, and what sends to its leader. */
async function withLargeMessages(
  sending: Sending,
  test: (cluster: Cluster, leader: BrokerNode, send: () => Promise<string[]>) => Promise<void>,
): Promise<void> {
  const classPath = await compileJava(fileURLToPath(new URL('./java', import.meta.url)))
  const { connections, isTransacted = false, tooLargeBytes = 0 } = sending
  await withCluster({ deadlineMs: DEADLINE_MS, logSize: '100mb' }, async (cluster) => {
    const leader = await cluster.leader()
    const numbers = [FITS_BYTES, tooLargeBytes, connections]
    const args = [leader.clientUri, ...numbers, isTransacted].map(String)
    await test(cluster, leader, async () => {
      const output = await runJava('LargeMessages', args, { classPath, heapMb: CLIENT_HEAP_MB })
      return output.trim().split('\n')
    })
    await assertIdenticalLogs(cluster)
  })
}

/** One that fits goes through; one that is too large comes behind it. */
async function assertLimits(isTransacted: boolean): Promise<void> {
  const sending = { connections: 1, isTransacted, tooLargeBytes: TOO_LARGE_BYTES }
  await withLargeMessages(sending, async (cluster, leader, send) => {
    const followers = await cluster.followers()
    const before = await leader.status()
    const [sent, received, refused = '', untouched] = await send()
    assert.deepEqual([sent, received], [isTransacted ? 'committed 1' : 'sent 1', 'received 1'])
    assert.equal(untouched, 'untouched true')
    assert.match(refused, /^refused Frame size of 101 MB larger than max allowed 100 MB$/)
    const after = await leader.status()
    assert.equal(after?.epoch, before?.epoch, 'nobody took the leader for dead')
    assert.ok(peakBytes(leader) < LEADER_PEAK_BYTES, `leader: ${peakBytes(leader)}`)
    for (const follower of followers) {
      const peak = peakBytes(follower)
      assert.ok(peak < FOLLOWER_PEAK_BYTES, `${follower.name}: ${peak}`)
    }
  })
}

describe("messages of 100 MB, with ActiveMQ's Java client", { skip: javaMissing() }, () => {
  it('go through a cluster; a larger one is refused, and others do not notice', async () => {
    await assertLimits(false)
  })

  it('go through a cluster in a transaction, and take no more memory there', async () => {
    await assertLimits(true)
  })

  it('go through four at a time, and nobody takes the leader for dead', async () => {
    await withLargeMessages({ connections: 4 }, async (_cluster, leader, send) => {
      const before = await leader.status()
      assert.deepEqual(await send(), ['sent 4', 'received 4'])
      const after = await leader.status()
      assert.deepEqual([after?.epoch, after?.role], [before?.epoch, 'leader'])
      assert.ok(peakBytes(leader) < SHARED_LEADER_PEAK_BYTES, `leader: ${peakBytes(leader)}`)
    })
  })
})
