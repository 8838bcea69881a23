import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { withCluster } from '../support/cluster.ts'
import { OpenWireClient } from '../support/openwire-client.ts'
import { runQuorate } from '../support/quorate-command.ts'

const DEADLINE_MS = 55_000
const QUEUE = 'ORDERS'
/** Enough to fill several of the smallest segments. */
const MESSAGES = 60
const TEXT = 'x'.repeat(4000)

interface ToldVerify {
  readonly ok: boolean
  readonly directories: readonly {
    readonly running: boolean
    readonly end: { readonly index: number }
    readonly index: { readonly state: string }
  }[]
  readonly comparisons: readonly { readonly equalThrough: number; readonly commonEnd: number }[]
}

interface ToldWhy {
  readonly segments: readonly {
    readonly messages: number
    readonly holders: readonly { readonly name: string }[]
  }[]
}

/** Names, sizes and times of every file below, which a reader must not change. */
function contentsOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(directory, name))
      return `${name} ${size} ${mtimeMs}`
    })
}

describe('quorate journal', () => {
  it('reads the logs of a cluster, while it runs and when it has stopped', () =>
    withCluster({ deadlineMs: DEADLINE_MS, logSize: '64kb' }, async (cluster) => {
      const client = new OpenWireClient(cluster.nodes.map((node) => node.ports.client))
      await client.open()
      for (let n = 1; n <= MESSAGES; n++) await client.send(QUEUE, `${n} ${TEXT}`)
      await client.consume(QUEUE)
      await client.receive()
      client.close()
      const folders = cluster.nodes.map(({ dataDirectory }) => dataDirectory)
      await cluster.waitUntilWhole()

      const running = await runQuorate('journal', 'verify', ...folders, '--json', '--index')
      assert.equal(running.exitCode, 0, running.stdout + running.stderr)
      const early = JSON.parse(running.stdout) as ToldVerify
      assert.ok(early.directories.every((each) => each.running && each.index.state === 'skipped'))

      for (const node of cluster.nodes) await node.stop()
      const before = folders.map(contentsOf)
      const verified = await runQuorate('journal', 'verify', ...folders, '--json', '--index')
      assert.equal(verified.exitCode, 0, verified.stdout + verified.stderr)
      const { ok, directories, comparisons } = JSON.parse(verified.stdout) as ToldVerify
      assert.ok(ok)
      assert.deepEqual(
        directories.map(({ running: runs, index }) => [runs, index.state]),
        folders.map(() => [false, 'equal']),
      )
      assert.equal(comparisons.length, 3)
      for (const { equalThrough, commonEnd } of comparisons) assert.equal(equalThrough, commonEnd)

      const [first = ''] = folders
      const dump = await runQuorate('journal', 'dump', first, '--bodies')
      assert.equal(dump.exitCode, 0, dump.stderr)
      assert.match(
        dump.stdout,
        /epoch-start +epoch \d+ begins: node0\d leads, configuration 1: node/,
      )
      assert.match(dump.stdout, /message +store \d+ bytes to queue:\/\/ORDERS, from ID:/)
      assert.match(dump.stdout, /acknowledge +acknowledge message 1 of queue:\/\/ORDERS/)

      const why = await runQuorate('journal', 'why', first, '--json')
      assert.equal(why.exitCode, 0, why.stderr)
      const { segments } = JSON.parse(why.stdout) as ToldWhy
      assert.ok(segments.length > 2)
      const waiting = segments.reduce((sum, { messages }) => sum + messages, 0)
      assert.equal(waiting, MESSAGES - 1)
      assert.deepEqual(folders.map(contentsOf), before)
    }))
})
