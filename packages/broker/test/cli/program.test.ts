import assert from 'node:assert/strict'
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { runCommandLine } from '../../src/cli/program.ts'
import type { BrokerStatus } from '../../src/management/broker-status.ts'
import { listeningApi } from '../management/api/listening-api.ts'
import { sampleStatus } from '../management/sample-status.ts'
import { recordedTerminal } from './recorded-terminal.ts'

async function run(...args: string[]) {
  const terminal = recordedTerminal()
  const exitCode = await runCommandLine({ terminal, args, version: '9.8.7' })
  return { exitCode, ...terminal.written }
}

async function withStatus(
  status: BrokerStatus,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const api = await listeningApi(() => status)
  try {
    await work(api.url)
  } finally {
    await api.stop()
  }
}

describe('the command line', () => {
  it('tells its version and its commands, and exits with 0', async () => {
    assert.deepEqual(await run('--version'), { exitCode: 0, out: '9.8.7\n', err: '' })
    const { exitCode, out } = await run('--help')
    assert.equal(exitCode, 0)
    for (const command of ['up', 'start', 'stop', 'status', 'zk', 'backup', 'restore']) {
      assert.match(out, new RegExp(`^  ${command}\\b`, 'm'))
    }
  })

  it('exits with 2 and the nearest word for a word that it does not know', async () => {
    const command = await run('statsu')
    assert.equal(command.exitCode, 2)
    assert.match(command.err, /unknown command 'statsu'[\s\S]*Did you mean status/)
    const flag = await run('start', '--zk-adress', 'x:1')
    assert.equal(flag.exitCode, 2)
    assert.match(flag.err, /unknown option '--zk-adress'[\s\S]*Did you mean --zk-address/)
    assert.equal((await run()).exitCode, 2)
  })

  it('exits with 2 for values that are not valid, before anything runs', async () => {
    const data = mkdtempSync(join(tmpdir(), 'quorate-program-'))
    const start = await run('start', '--sync', 'quorum_dsik', '--directory', data)
    assert.equal(start.exitCode, 2)
    assert.match(
      start.err,
      /^error --sync: sync: unknown word "quorum_dsik"; did you mean "quorum_d/,
    )
    const up = await run('up', '--replicas', '4', '--data', data)
    assert.equal(up.exitCode, 2)
    assert.match(up.err, /--replicas: "4" is none of 1, 3, 5/)
    assert.equal((await run('up', '--sync', 'none', '--data', data)).exitCode, 2)
    assert.equal((await run('stop', '--timeout', 'soon')).exitCode, 2)
    assert.equal((await run('start', '--config', join(data, 'none.yaml'))).exitCode, 2)
    rmSync(data, { recursive: true })
  })

  it('knows the nodes below a data folder by name', async () => {
    const data = mkdtempSync(join(tmpdir(), 'quorate-program-'))
    mkdirSync(join(data, 'node01'))
    writeFileSync(join(data, 'node01', 'quorate.yaml'), 'nodeId: node01\n')
    const stop = await run('stop', 'node10', '--data', data)
    assert.equal(stop.exitCode, 2)
    assert.match(stop.err, /no node "node10": there are node01; did you mean "node01"/)
    const idle = await run('stop', '--data', data)
    assert.equal(idle.exitCode, 0)
    assert.match(idle.out, /nothing runs in/)
    rmSync(data, { recursive: true })
  })
})

describe('quorate status', () => {
  it('exits with 0 and prints a table while somebody leads', async () => {
    const status = sampleStatus({ nodeId: 'node01', role: 'leader', members: [] })
    await withStatus(status, async (url) => {
      const { exitCode, out } = await run('status', '--url', url)
      assert.equal(exitCode, 0)
      assert.match(out, /leader node01[\s\S]*node01 +leader/)
    })
  })

  it('exits with 5 when nobody leads, and says so in JSON', async () => {
    await withStatus(sampleStatus({ members: [] }), async (url) => {
      const { exitCode, out } = await run('status', '--json', '--url', url.replace('http://', ''))
      assert.equal(exitCode, 5)
      const told = JSON.parse(out) as { leader: unknown; nodes: { status: BrokerStatus }[] }
      assert.equal(told.leader, null)
      assert.equal(told.nodes[0]?.status.nodeId, 'node02')
    })
  })

  it('exits with 5 when nobody answers', async () => {
    const { exitCode, out } = await run('status', '--url', 'http://127.0.0.1:9')
    assert.equal(exitCode, 5)
    assert.match(out, /no broker answers/)
  })
})

describe('quorate zk', () => {
  it('exits with 5 when no ZooKeeper answers in time', async () => {
    const began = performance.now()
    const where = ['--zookeeper', '127.0.0.1:9', '--timeout', '200ms']
    const { exitCode, err } = await run('zk', 'ls', '/', ...where)
    assert.equal(exitCode, 5)
    assert.match(err, /did not answer in 200 ms/)
    assert.ok(performance.now() - began < 5000)
  })
})
