import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { BrokerNode } from '../../support/broker-node.ts'
import { withCluster } from '../../support/cluster.ts'
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
/** ...and one that is garbage by then: a transacted message comes right behind another one. */
const GARBAGE_BYTES = FITS_BYTES
const LEADER_PEAK_BYTES = 100 * MEGABYTE + 2.5 * FITS_BYTES + GARBAGE_BYTES
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

describe("messages of 100 MB, with ActiveMQ's Java client", { skip: javaMissing() }, () => {
  it('go through a cluster, in a transaction too; a larger one is refused, and others do not notice', async () => {
    const classPath = await compileJava(fileURLToPath(new URL('./java', import.meta.url)))
    await withCluster({ deadlineMs: DEADLINE_MS, logSize: '100mb' }, async (cluster) => {
      const leader = await cluster.leader()
      const followers = await cluster.followers()
      const before = await leader.status()
      const args = [leader.clientUri, FITS_BYTES, TOO_LARGE_BYTES, 1].map(String)
      const output = await runJava('LargeMessages', args, { classPath, heapMb: CLIENT_HEAP_MB })
      const [sent, received, transacted, refused = '', untouched] = output.trim().split('\n')
      assert.deepEqual([sent, received, transacted], ['sent 1', 'received 1', 'transacted 1'])
      assert.equal(untouched, 'untouched true')
      assert.match(refused, /^refused Frame size of 101 MB larger than max allowed 100 MB$/)
      const after = await leader.status()
      assert.equal(after?.epoch, before?.epoch, 'nobody took the leader for dead')
      assert.ok(peakBytes(leader) < LEADER_PEAK_BYTES, `leader: ${peakBytes(leader)}`)
      for (const follower of followers) {
        const peak = peakBytes(follower)
        assert.ok(peak < FOLLOWER_PEAK_BYTES, `${follower.name}: ${peak}`)
      }
      await assertIdenticalLogs(cluster)
    })
  })

  it('go through four at a time, and nobody takes the leader for dead', async () => {
    const classPath = await compileJava(fileURLToPath(new URL('./java', import.meta.url)))
    await withCluster({ deadlineMs: DEADLINE_MS, logSize: '100mb' }, async (cluster) => {
      const leader = await cluster.leader()
      const before = await leader.status()
      const args = [leader.clientUri, FITS_BYTES, 0, 4].map(String)
      const output = await runJava('LargeMessages', args, { classPath, heapMb: CLIENT_HEAP_MB })
      assert.deepEqual(output.trim().split('\n'), ['sent 4', 'received 4'])
      const after = await leader.status()
      assert.deepEqual([after?.epoch, after?.role], [before?.epoch, 'leader'])
      assert.ok(peakBytes(leader) < SHARED_LEADER_PEAK_BYTES, `leader: ${peakBytes(leader)}`)
      await assertIdenticalLogs(cluster)
    })
  })
})
