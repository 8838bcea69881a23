import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
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
import { WalkthroughClient } from '../support/walkthrough-client.ts'

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

const FLOW_BODY_BYTES = 16 * 1024
const MOVED_WITHIN_MS = 30_000

/** Where the oldest segment begins that is still there. */
function startOfLog(dataDirectory: string): number {
  const names = readdirSync(join(dataDirectory, 'journal')).filter((name) => name.endsWith('.log'))
  return Math.min(...names.map((name) => Number.parseInt(name, 16)))
}

/**
 * Sends messages that wait, with so much flow between them that the log begins behind the first.
 */
async function sendWhileLogMoves(cluster: Cluster, waiting: WalkthroughClient): Promise<void> {
  const { directory } = cluster
  const options = { uri: cluster.clientUri(), directory, rate: 50, bodyBytes: FLOW_BODY_BYTES }
  const flow = await LoadClient.start(options)
  try {
    await waiting.send('first')
    flow.produce()
    await flow.progress(100)
    await waiting.send('second')
    const { dataDirectory } = await cluster.leader()
    const isMoved = (): boolean => startOfLog(dataDirectory) > 0
    const what = 'a log that begins behind the first message'
    await waitUntil(isMoved, { what, timeoutMs: MOVED_WITHIN_MS })
    await waiting.send('third')
    await flow.pause()
    await flow.drain(RECEIVED_WITHIN_MS)
  } finally {
    await flow.quit()
  }
}

async function withWaiting(
  cluster: Cluster,
  test: (waiting: WalkthroughClient) => Promise<void>,
): Promise<void> {
  const { directory } = cluster
  const waiting = await WalkthroughClient.start({ uri: cluster.clientUri(), directory })
  try {
    await test(waiting)
  } finally {
    await waiting.dispose()
  }
}

/** Backs up the leader; what it says must begin later than a new log does. */
async function backUpLater(cluster: Cluster, target: string): Promise<void> {
  const { dataDirectory } = await cluster.leader()
  const made = await quorate('backup', dataDirectory, '--to', target)
  assert.ok((made.origin as { readonly position: number }).position > 0, 'a log that begins later')
  await verify(target)
}

async function verify(...directories: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await runQuorate('journal', 'verify', ...directories)
  assert.equal(exitCode, 0, `${stdout}${stderr}`)
}

describe('a backup of a log that begins later', { concurrency: false }, () => {
  const skip = activemqMissing()
  const options = { logSize: '1mb', deadlineMs: DEADLINE_MS }

  it('begins a new cluster that has all that waits, and can be backed up', { skip }, async () => {
    await withCluster(options, async (old) => {
      const backup = join(old.directory, 'backup')
      await withWaiting(old, async (waiting) => {
        await sendWhileLogMoves(old, waiting)
        await backUpLater(old, backup)
      })
      const prepare = async ({ nodes: [first] }: Cluster): Promise<void> => {
        assert.ok(first !== undefined)
        await quorate('restore', backup, '--to', first.dataDirectory, '--node', first.name)
      }
      await withCluster({ ...options, prepare }, judgeLaterLog)
    })
  })
})

/** The nodes without data have the log from its start on, and lead with it. */
async function judgeLaterLog(cluster: Cluster): Promise<void> {
  const { directory } = cluster
  await withWaiting(cluster, async (waiting) => {
    await waiting.send('fourth')
    await backUpLater(cluster, join(directory, 'again'))
    const first = await cluster.leader()
    await first.kill9()
    const next = await cluster.leader()
    assert.notEqual(next.name, first.name)
    assert.ok(startOfLog(next.dataDirectory) > 0)
    for (const text of ['first', 'second', 'third', 'fourth']) {
      assert.equal(await waiting.receive(), text)
    }
    assert.equal(await waiting.receive(300), null, 'nothing comes twice')
    first.start()
    await cluster.waitUntilWhole()
  })
  await assertIdenticalLogs(cluster)
  await verify(...cluster.nodes.map(({ dataDirectory }) => dataDirectory))
}
