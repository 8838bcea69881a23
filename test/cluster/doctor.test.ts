import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Cluster } from '../support/cluster.ts'
import { withCluster } from '../support/cluster.ts'
import { runQuorate } from '../support/quorate-command.ts'

const DEADLINE_MS = 80_000
const EXIT_OK = 0

interface Line {
  readonly outcome: string
  readonly subject: string
  readonly topic: string
  readonly message: string
}

/** What the doctor says that looks at the configurations of all three. */
async function examined(cluster: Cluster): Promise<readonly Line[]> {
  const files = cluster.nodes.map(({ name }) => join(cluster.directory, name, 'quorate.json'))
  const { exitCode, stdout, stderr } = await runQuorate('doctor', '--json', ...files)
  assert.equal(exitCode, EXIT_OK, stdout + stderr)
  return (JSON.parse(stdout) as { checks: Line[] }).checks
}

/** Outcomes of the checks of a topic, by the broker that they are about. */
function outcomesOf(checks: readonly Line[], wanted: string): Record<string, string> {
  const found = checks.filter(({ topic }) => topic === wanted)
  return Object.fromEntries(found.map(({ subject, outcome }) => [subject, outcome]))
}

describe('quorate doctor beside a cluster that runs', () => {
  it('finds every way open, and says who is reached by nobody when one has died', () =>
    withCluster({ deadlineMs: DEADLINE_MS }, async (cluster) => {
      const isLinked = (links: readonly { connected: boolean }[]): boolean =>
        links.length === 2 && links.every(({ connected }) => connected)
      await cluster.waitFor('all to reach all', (statuses) =>
        statuses.every((status) => status !== null && isLinked(status.links)),
      )
      const checks = await examined(cluster)
      const good = { node01: 'ok', node02: 'ok', node03: 'ok' }
      const topics = ['replication', 'clients', 'console'].map((to) => `way to ${to}`)
      for (const topic of [...topics, 'ways from there', 'role']) {
        assert.deepEqual(outcomesOf(checks, topic), good, topic)
      }
      assert.deepEqual(outcomesOf(checks, 'disks'), { '': 'ok' })
      assert.deepEqual(outcomesOf(checks, 'clocks'), { '': 'ok' })

      const [dead, other] = await cluster.followers()
      assert(dead !== undefined && other !== undefined)
      await dead.kill9()
      await cluster.waitFor('the others to miss it', (statuses) =>
        statuses.every(
          (status) =>
            status === null ||
            status.links.some(({ nodeId, connected }) => nodeId === dead.name && !connected),
        ),
      )
      const after = await examined(cluster)
      const leader = await cluster.leader()
      const missed = { [leader.name]: 'warning', [other.name]: 'warning' }
      assert.deepEqual(outcomesOf(after, 'ways from there'), missed)
      const [line] = after.filter(({ topic }) => topic === 'ways from there')
      assert.equal(line?.message, `does not reach ${dead.name}`)
    }))
})
