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
/** A frame and a record of it, a copy to hand out, and what a process takes that has nothing. */
const LEADER_PEAK_BYTES = 100 * MEGABYTE + 5 * FITS_BYTES
const FOLLOWER_PEAK_BYTES = 100 * MEGABYTE + 3 * FITS_BYTES
const CLIENT_HEAP_MB = 1100

/** The most memory that a process ever had. */
function peakBytes({ pid }: BrokerNode): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1])
}

describe("messages of 100 MB, with ActiveMQ's Java client", { skip: javaMissing() }, () => {
  it('go through a cluster; a larger one is refused, and others do not notice', async () => {
    const classPath = await compileJava(fileURLToPath(new URL('./java', import.meta.url)))
    await withCluster({ deadlineMs: DEADLINE_MS, logSize: '100mb' }, async (cluster) => {
      const leader = await cluster.leader()
      const followers = await cluster.followers()
      const before = await leader.status()
      const args = [leader.clientUri, FITS_BYTES, TOO_LARGE_BYTES, 1].map(String)
      const output = await runJava('LargeMessages', args, { classPath, heapMb: CLIENT_HEAP_MB })
      const [sent, received, refused = '', untouched] = output.trim().split('\n')
      assert.deepEqual([sent, received, untouched], ['sent 1', 'received 1', 'untouched true'])
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
})
