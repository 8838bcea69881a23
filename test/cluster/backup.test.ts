import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Cluster } from '../support/cluster.ts'
import { withCluster } from '../support/cluster.ts'
import { activemqMissing } from '../support/failover-programs.ts'
import type { HistoryEvent } from '../support/history/events.ts'
import { LoadClient } from '../support/load-client.ts'
import { assertIdenticalLogs } from '../support/log-comparison.ts'
import { runQuorate } from '../support/quorate-command.ts'
import { waitUntil } from '../support/wait-until.ts'

const DEADLINE_MS = 150_000
const RECEIVED_WITHIN_MS = 30_000
/** Several segments' worth of log before the backup begins. */
const BODY_BYTES = 4096
const BEFORE_BACKUP = 800

async function quorate(...words: readonly string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await runQuorate(...words, '--json')
  assert.equal(exitCode, 0, stderr)
  return JSON.parse(stdout) as Record<string, unknown>
}

function load(cluster: Cluster, consumers: number): Promise<LoadClient> {
  const { directory } = cluster
  return LoadClient.start({ uri: cluster.clientUri(), directory, consumers, bodyBytes: BODY_BYTES })
}

/** Names of the messages whose sends were confirmed. */
function confirmed(history: readonly HistoryEvent[]): Set<string> {
  const nameOf = (event: HistoryEvent): string[] =>
    event.kind === 'ok' ? [`${event.client.slice('producer-'.length)}:${event.op}`] : []
  return new Set(history.flatMap(nameOf))
}

function received(history: readonly HistoryEvent[]): Set<string> {
  return new Set(history.flatMap((event) => (event.kind === 'receive' ? [event.message] : [])))
}

describe('a backup of a leader under load', { concurrency: false }, () => {
  const skip = activemqMissing()

  it('begins a new cluster that has all that was confirmed before', { skip }, async () => {
    await withCluster({ logSize: '1mb', deadlineMs: DEADLINE_MS }, async (cluster) => {
      const client = await load(cluster, 0)
      const backup = join(cluster.directory, 'backup')
      client.produce()
      await client.progress(BEFORE_BACKUP)
      const before = confirmed(client.history)
      const leader = await cluster.leader()
      const made = await quorate('backup', leader.dataDirectory, '--to', backup)
      await client.progress(1)
      await client.quit()
      assert.equal(made.committed, true)
      assert.ok((made.files as readonly unknown[]).length > 2, 'several segments')
      await judgeRestored(cluster, backup, before)
    })
  })
})

/** All nodes of the new cluster are there, and the first one has the data. */
async function judgeRestored(
  old: Cluster,
  backup: string,
  expected: ReadonlySet<string>,
): Promise<void> {
  const oldStatus = await (await old.leader()).status()
  const prepare = async ({ nodes: [first] }: Cluster): Promise<void> => {
    assert.ok(first !== undefined)
    await quorate('restore', backup, '--to', first.dataDirectory, '--node', first.name)
  }
  const options = { logSize: '1mb', deadlineMs: DEADLINE_MS, prepare }
  await withCluster(options, async (cluster) => {
    const client = await load(cluster, 2)
    const missing = () => [...expected].filter((message) => !received(client.history).has(message))
    await waitUntil(() => missing().length === 0, {
      what: 'every confirmed message to be received',
      timeoutMs: RECEIVED_WITHIN_MS,
    }).catch(() => undefined)
    assert.deepEqual(missing(), [])
    await client.quit()
    const status = await (await cluster.leader()).status()
    assert.ok(status !== null && oldStatus !== null && status.epoch > oldStatus.epoch)
    assert.deepEqual(status.seats, ['node01', 'node02', 'node03'])
    await assertIdenticalLogs(cluster)
  })
}
