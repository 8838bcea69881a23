import assert from 'node:assert/strict'
import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { DIVERGED_FILES_MAX } from '@quorate/broker/store/journal/diverged-store'
import { BrokerNode } from '../support/broker-node.ts'
import type { Cluster } from '../support/cluster.ts'
import { withCluster } from '../support/cluster.ts'
import { freePorts } from '../support/free-ports.ts'
import type { Host } from '../support/host.ts'
import { assertIdenticalLogs } from '../support/log-comparison.ts'
import { otherContainer, otherContainerMissing } from '../support/other-container.ts'
import { OpenWireClient } from '../support/openwire-client.ts'
import { runQuorate } from '../support/quorate-command.ts'
import { waitUntil } from '../support/wait-until.ts'

const DEADLINE_MS = 120_000
const QUEUE = 'ORDERS'
/** Enough to fill several of the smallest segments. */
const MESSAGES = 120
const TEXT = 'x'.repeat(4000)
const EXIT_CONFLICT = 6
/** As in every cluster under test. */
const OWN_NAME = 'quorate-test'
const EXIT_CORRUPT = 7

interface Damage {
  readonly does: (directory: string, foreign: string) => void
  /** What `quorate journal verify` and the log of the broker say of it. */
  readonly verify: RegExp
  readonly log: RegExp
}

function segments(directory: string): string[] {
  return readdirSync(join(directory, 'journal'))
    .filter((name) => name.endsWith('.log'))
    .sort()
    .map((name) => join(directory, 'journal', name))
}

function segment(directory: string, at: number): string {
  return segments(directory).at(at) ?? assert.fail(`no segment ${at}`)
}

/** The content of each segment file, and of everything that was put aside. */
function bytesIn(directory: string): Buffer[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(log|cut)$/.test(name) && name.includes('journal'))
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path))
}

function spoil(path: string, at: number): void {
  const content = readFileSync(path)
  content[at] = (content[at] ?? 0) ^ 0xff
  writeFileSync(path, content)
}

/** The same in place, in a file that a broker reads and writes meanwhile. */
function flip(path: string, at: number): void {
  const [file, byte] = [openSync(path, 'r+'), Buffer.alloc(1)]
  readSync(file, byte, 0, 1, at)
  byte[0] = (byte[0] ?? 0) ^ 0xff
  writeSync(file, byte, 0, 1, at)
  closeSync(file)
}

/** Of a follower that was stopped in order. */
const damages: Readonly<Record<string, Damage>> = {
  'a segment that is missing': {
    does: (directory) => rmSync(segment(directory, 1)),
    verify: /damage journal\/([0-9a-f]{16}\.log), record \d+: missing: no file holds/,
    log: /a segment is missing.*"file":"[0-9a-f]{16}\.log","offset":0/,
  },
  'a last segment that is missing': {
    does: (directory) => rmSync(segment(directory, -1)),
    verify: /damage journal\/([0-9a-f]{16}\.log), byte \d+, record \d+: the log ends here: records/,
    log: /synced records have become zeros/,
  },
  'a segment that is cut short': {
    does: (directory) => truncateSync(segment(directory, 1), 30_000),
    verify:
      /damage journal\/([0-9a-f]{16}\.log), byte \d+, record \d+: the file ends inside record/,
    log: /a synced payload is damaged/,
  },
  'a segment of another log': {
    does: (directory, foreign) => cpSync(segment(foreign, 0), segment(directory, 1)),
    verify: /damage journal\/([0-9a-f]{16}\.log), byte 0, record 1: the segment does not belong/,
    log: /a whole record does not continue the log/,
  },
  'a record that is damaged, where no checkpoint tells what was synced': {
    does: (directory) => {
      rmSync(join(directory, 'journal', 'checkpoint'))
      spoil(segment(directory, 1), 20_000)
    },
    verify: /damage journal\/([0-9a-f]{16}\.log), byte \d+, record \d+: the payload of record/,
    log: /valid records follow a damaged payload/,
  },
}

async function fill(nodes: readonly BrokerNode[]): Promise<void> {
  const client = new OpenWireClient(nodes.map(({ ports }) => ports.client))
  await client.open()
  for (let n = 1; n <= MESSAGES; n++) await client.send(QUEUE, `${n} ${TEXT}`)
  client.close()
}

async function received(
  nodes: readonly BrokerNode[],
  count: number,
): Promise<(string | undefined)[]> {
  const client = new OpenWireClient(nodes.map(({ ports }) => ports.client))
  await client.open()
  await client.consume(QUEUE)
  const texts: (string | undefined)[] = []
  while (texts.length < count) texts.push((await client.receive())?.text.split(' ')[0])
  client.close()
  return texts
}

/** One broker of its own, with a log of its own, on which the test works when it has stopped. */
async function withForeignStore(test: (directory: string) => Promise<void>): Promise<void> {
  const settings = { brokerName: 'another' }
  const options = { replicas: 1, logSize: '64kb', deadlineMs: DEADLINE_MS, settings }
  await withCluster(options, async ({ nodes }) => {
    await fill(nodes)
    for (const node of nodes) await node.stop()
    await test(nodes[0]?.dataDirectory ?? '')
  })
}

/** What the broker says since its last start. */
function clearLog({ logFile }: BrokerNode): void {
  writeFileSync(logFile, '')
}

function logOf({ logFile }: BrokerNode): string {
  return readFileSync(logFile, 'utf8')
}

async function aFollower(cluster: Cluster): Promise<BrokerNode> {
  return (await cluster.followers())[0] ?? assert.fail('no follower')
}

describe('a follower with a damaged store', { concurrency: false }, () => {
  it('says what is damaged and where, keeps it aside, and heals from its leader', () =>
    withForeignStore((foreign) =>
      withCluster({ logSize: '64kb', deadlineMs: DEADLINE_MS }, async (cluster) => {
        await fill(cluster.nodes)
        for (const [what, { does, verify, log }] of Object.entries(damages)) {
          await cluster.waitUntilWhole()
          const node = await aFollower(cluster)
          const { dataDirectory } = node
          await node.stop()
          does(dataDirectory, foreign)
          const told = await runQuorate('journal', 'verify', dataDirectory)
          assert.equal(told.exitCode, EXIT_CORRUPT, what)
          const file = verify.exec(told.stdout)?.[1] ?? assert.fail(`${what}: ${told.stdout}`)
          clearLog(node)
          node.start()
          await cluster.waitUntilWhole()
          assert.match(logOf(node), log, what)
          // The same file as verify, and what to do.
          const line = logOf(node).match(/the log is damaged: .*/)?.[0] ?? ''
          assert.ok(line.includes(join(dataDirectory, 'journal', file)), `${what}: ${line}`)
          assert.match(line, / offset=\d+ look="quorate journal verify /)
          assert.ok(readdirSync(join(dataDirectory, 'journal')).includes('diverged'))
        }
        await assertIdenticalLogs(cluster)
        const folders = cluster.nodes.map(({ dataDirectory }) => dataDirectory)
        assert.equal((await runQuorate('journal', 'verify', ...folders)).exitCode, 0)
      }),
    ))

  it('deletes nothing of what lies behind the damage before its leader has it', () =>
    withCluster({ logSize: '64kb', deadlineMs: DEADLINE_MS }, async (cluster) => {
      await fill(cluster.nodes)
      await cluster.waitUntilWhole()
      const node = await aFollower(cluster)
      const { dataDirectory } = node
      for (const each of cluster.nodes) await each.stop()
      rmSync(segment(dataDirectory, 1))
      const behind = segments(dataDirectory)
        .slice(1)
        .map((path) => readFileSync(path))
      const aside = (): string[] => readdirSync(join(dataDirectory, 'journal', 'diverged'))
      clearLog(node)
      node.start()
      const isOpen = async () => (await node.status())?.suspect === true
      await waitUntil(isOpen, { what: 'a suspect', timeoutMs: 20_000 })
      const kept = bytesIn(dataDirectory)
      for (const bytes of behind)
        assert.ok(
          kept.some((each) => each.equals(bytes)),
          'a segment',
        )
      assert.ok(aside().length > DIVERGED_FILES_MAX, 'enough segments to show something')
      for (const each of cluster.nodes) if (each !== node) each.start()
      await cluster.waitUntilWhole()
      const isPruned = () => aside().length <= DIVERGED_FILES_MAX
      await waitUntil(isPruned, { what: 'what leaders have to go', timeoutMs: 10_000 })
    }))

  it('takes an index of another log for none, and makes it anew', () =>
    withForeignStore((foreign) =>
      withCluster({ logSize: '64kb', deadlineMs: DEADLINE_MS }, async (cluster) => {
        await fill(cluster.nodes)
        const node = await aFollower(cluster)
        await node.stop()
        const index = join(node.dataDirectory, 'index')
        rmSync(index, { recursive: true })
        cpSync(join(foreign, 'index'), index, { recursive: true })
        const told = await runQuorate('journal', 'verify', node.dataDirectory, '--index')
        assert.equal(told.exitCode, EXIT_CORRUPT)
        assert.match(told.stdout, /it belongs to cluster .*, and the log to .*; delete the index/)
        clearLog(node)
        node.start()
        await cluster.waitUntilWhole()
        const line =
          /the index is set aside and rebuilt from the log .*directory=(\S+) reason="it bel/
        assert.equal(line.exec(logOf(node))?.[1], index)
        assert.ok(existsSync(`${index}-aside`), 'nothing is deleted')
        await node.stop()
        const again = await runQuorate('journal', 'verify', node.dataDirectory, '--index')
        assert.equal(again.exitCode, 0, again.stdout)
      }),
    ))
})

describe('a broker without the journal that it had', { concurrency: false }, () => {
  const removeJournal = ({ dataDirectory }: BrokerNode): void =>
    rmSync(join(dataDirectory, 'journal'), { recursive: true })

  it('helps to elect nobody who lacks what was confirmed, and fetches it again', () =>
    withCluster({ logSize: '64kb', deadlineMs: DEADLINE_MS }, async (cluster) => {
      const [gone, whole, behind] = cluster.nodes
      assert.ok(gone !== undefined && whole !== undefined && behind !== undefined)
      await cluster.waitUntilWhole()
      await behind.stop()
      await fill([gone, whole])
      await gone.stop()
      await whole.stop()
      removeJournal(gone)
      const told = await runQuorate('journal', 'verify', gone.dataDirectory)
      assert.equal(told.exitCode, EXIT_CORRUPT, told.stderr)
      assert.match(
        told.stdout,
        /damage meta, record \d+: record \d+ was committed, and the log ends/,
      )
      clearLog(gone)
      gone.start()
      behind.start()
      const isSuspect = async () => (await gone.status())?.suspect === true
      await waitUntil(isSuspect, { what: 'a suspect', timeoutMs: 20_000 })
      const place = `file=${join(gone.dataDirectory, 'journal')} offset=0`
      assert.match(logOf(gone), new RegExp(`files are missing, or another disk .*${place}`))
      whole.start()
      await cluster.waitUntilWhole()
      assert.deepEqual(await received(cluster.nodes, MESSAGES), texts(1, MESSAGES))
      const losses = await Promise.all(cluster.nodes.map((node) => node.status()))
      assert.deepEqual(
        losses.map((status) => status?.possibleLosses),
        [[], [], []],
      )
    }))

  it('tells the loss when it is alone', () =>
    withCluster({ replicas: 1, logSize: '64kb', deadlineMs: DEADLINE_MS }, async (cluster) => {
      await fill(cluster.nodes)
      const [node] = cluster.nodes
      assert.ok(node !== undefined)
      await node.stop()
      removeJournal(node)
      clearLog(node)
      node.start()
      await cluster.waitUntilWhole()
      assert.match(logOf(node), /and no other broker has them: files are missing, or another disk/)
      assert.equal((await node.status())?.possibleLosses.length, 1)
    }))
})

describe('a broker whose directory is not its own', { concurrency: false }, () => {
  it('does not start on that of another broker, and changes nothing', () =>
    withForeignStore(async (foreign) => {
      const before = bytesIn(foreign)
      await refusing({ dataDirectory: foreign }, { brokerName: 'mine' }, (log) => {
        const names = /belongs to node "node01" of broker "another", and this is node "node09" of/
        assert.match(log, names)
        assert.match(log, /broker "mine": give it a directory of its own/)
      })
      assert.deepEqual(bytesIn(foreign), before)
    }))

  it('does not start where another process works, and does not disturb it', () =>
    withCluster({ replicas: 1, deadlineMs: DEADLINE_MS }, async (cluster) => {
      const [node] = cluster.nodes
      assert.ok(node !== undefined)
      const { dataDirectory } = node
      await refusing({ dataDirectory }, { brokerName: OWN_NAME }, (log) => {
        assert.match(log, new RegExp(`${dataDirectory} is in use by pid ${node.pid}`))
      })
      await fill(cluster.nodes)
    }))

  it(
    'does not start where a process in another container works, and does not disturb it',
    {
      skip: otherContainerMissing(),
    },
    () =>
      withCluster({ replicas: 1, deadlineMs: DEADLINE_MS }, async (cluster) => {
        const [node] = cluster.nodes
        assert.ok(node !== undefined)
        const { dataDirectory } = node
        const before = signsOfLife(dataDirectory)
        await refusing({ dataDirectory, host: otherContainer }, { brokerName: OWN_NAME }, (log) => {
          const why = 'is in use by a process that cannot be seen from here, in another container'
          assert.ok(log.includes(`${dataDirectory} ${why}`), log)
        })
        assert.deepEqual(signsOfLife(dataDirectory), before)
        await fill(cluster.nodes)
        await node.kill9()
        node.start()
        await cluster.waitUntilWhole()
      }),
  )
})

/** What a broker that runs says of itself in its directory. */
function signsOfLife(directory: string): string[] {
  const names = readdirSync(directory).filter((name) => /^lock-|\.pid$/.test(name))
  assert.equal(names.length, 2)
  return names.map((name) => `${name} ${readFileSync(join(directory, name), 'utf8')}`)
}

/** A broker that must not start in this directory. */
async function refusing(
  { dataDirectory, host }: { readonly dataDirectory: string; readonly host?: Host },
  settings: Readonly<Record<string, string>>,
  judge: (log: string) => void,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-refusal-'))
  const [client = 0, replication = 0, console = 0] = await freePorts(3)
  const node = new BrokerNode({
    name: 'node09',
    ports: { client, replication, console },
    directory,
    settings: { replicas: 1, ...settings, directory: dataDirectory },
    ...(host === undefined ? {} : { host }),
  })
  try {
    node.start()
    assert.equal((await node.exited()).code, EXIT_CONFLICT)
    judge(logOf(node))
  } finally {
    await node.dispose()
    rmSync(directory, { recursive: true, force: true })
  }
}

describe('a broker that is alone with its damaged log', { concurrency: false }, () => {
  const options = { replicas: 1, logSize: '64kb', deadlineMs: DEADLINE_MS }

  it('serves what comes before the damage, tells the loss, and deletes nothing', () =>
    withCluster(options, async (cluster) => {
      await fill(cluster.nodes)
      const [node] = cluster.nodes
      assert.ok(node !== undefined)
      const { dataDirectory } = node
      await node.stop()
      rmSync(segment(dataDirectory, 1))
      const left = segments(dataDirectory).map((path) => readFileSync(path))
      clearLog(node)
      node.start()
      await cluster.waitUntilWhole()
      assert.match(logOf(node), /the log is damaged, and no other broker has it: .*offset=0 look=/)
      assert.equal((await node.status())?.possibleLosses.length, 1)
      const [first, ...behind] = left
      const kept = bytesIn(dataDirectory)
      for (const bytes of behind) assert.ok(kept.some((each) => each.equals(bytes)))
      assert.ok(kept.some((each) => each.subarray(0, first?.length).equals(first ?? each)))
      assert.deepEqual(await received(cluster.nodes, 10), texts(1, 10))
    }))

  it('ends at a message that it cannot read, with its file and place', () =>
    withCluster(options, async (cluster) => {
      await fill(cluster.nodes)
      const [node] = cluster.nodes
      assert.ok(node !== undefined)
      const { dataDirectory } = node
      await node.stop()
      spoil(segment(dataDirectory, 1), 20_000)
      const { stdout } = await runQuorate('journal', 'verify', dataDirectory)
      const [, file = '', offset = ''] = /damage (journal\/\S+), byte (\d+),/.exec(stdout) ?? []
      clearLog(node)
      node.start()
      await cluster.waitUntilWhole()
      const client = new OpenWireClient(cluster.nodes.map(({ ports }) => ports.client))
      await client.open()
      await client.consume(QUEUE)
      const { code } = await node.exited()
      client.close()
      assert.equal(code, EXIT_CORRUPT)
      const place = file.replace('journal/', '')
      assert.match(
        logOf(node),
        new RegExp(`journal ${place} at offset ${offset} \\(record \\d+\\)`),
      )
    }))
})

describe('a leader whose log decays under it', { concurrency: false }, () => {
  it('ends at what it cannot read; another one leads, nothing is lost, its next start heals', () =>
    withCluster({ logSize: '64kb', deadlineMs: DEADLINE_MS }, async (cluster) => {
      await fill(cluster.nodes)
      await cluster.waitUntilWhole()
      // Started from their indexes they have no body in memory.
      for (const node of cluster.nodes) await node.stop()
      for (const node of cluster.nodes) node.start()
      const damaged = await cluster.waitUntilWhole()
      const { dataDirectory } = damaged
      assert.ok(existsSync(join(dataDirectory, 'journal', 'checkpoint')))
      flip(segment(dataDirectory, 1), 20_000)
      const { stdout } = await runQuorate('journal', 'verify', dataDirectory)
      const [, file = '', offset = ''] = /damage journal\/(\S+), byte (\d+),/.exec(stdout) ?? []
      assert.equal((await cluster.leader()).name, damaged.name, 'nobody has read it yet')
      clearLog(damaged)

      const client = new OpenWireClient(cluster.nodes.map(({ ports }) => ports.client))
      await client.open()
      await client.consume(QUEUE)
      assert.equal((await damaged.exited()).code, EXIT_CORRUPT)
      const place = new RegExp(`journal ${file} at offset ${offset} \\(record \\d+\\)`)
      assert.match(logOf(damaged), place)
      assert.notEqual((await cluster.leader()).name, damaged.name)

      clearLog(damaged)
      damaged.start()
      await cluster.waitUntilWhole()
      const line = logOf(damaged).match(/the log is damaged: .*/)?.[0] ?? ''
      assert.ok(line.includes(join(dataDirectory, 'journal', file)), line)
      assert.ok(existsSync(join(dataDirectory, 'journal', 'diverged')))
      await assertIdenticalLogs(cluster)
      const folders = cluster.nodes.map((node) => node.dataDirectory)
      const whole = await runQuorate('journal', 'verify', ...folders)
      assert.equal(whole.exitCode, 0, whole.stdout)

      const seen: (string | undefined)[] = []
      while (seen.length < MESSAGES) seen.push((await client.receive())?.text.split(' ')[0])
      client.close()
      assert.deepEqual(seen, texts(1, MESSAGES))
      const statuses = await cluster.statuses()
      assert.deepEqual(
        statuses.map((status) => status?.possibleLosses),
        [[], [], []],
      )
    }))
})

function texts(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i))
}
