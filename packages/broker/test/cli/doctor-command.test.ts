import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock } from '@quorate/core/base/clock'
import { silentLog } from '@quorate/core/base/log'
import type { Check } from '../../src/cli/doctor/check.ts'
import { runCommandLine } from '../../src/cli/program.ts'
import { CoordinationServer } from '../../src/coordination/server/coordination-server.ts'
import { recordedTerminal } from './recorded-terminal.ts'

async function doctor(...args: string[]) {
  const terminal = recordedTerminal()
  const line = { terminal, args: ['doctor', ...args], version: '0.1.0' }
  const exitCode = await runCommandLine(line)
  return { exitCode, ...terminal.written }
}

/** Runs on an embedded coordination server, with a folder for data. */
async function withCoordination(work: (folder: string, zk: string) => Promise<void>) {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-doctor-'))
  const server = await CoordinationServer.start({
    host: '127.0.0.1',
    port: 0,
    directory: join(folder, 'coordination'),
    clock: systemClock,
    log: silentLog,
    onFailure: (error) => assert.fail(error),
  })
  try {
    await work(folder, `127.0.0.1:${server.port}`)
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true })
  }
}

const free = [
  '--console-port=0',
  '--bind=tcp://127.0.0.1:0',
  '--hostname=localhost',
  '--store-head-room=1mb',
]

describe('quorate doctor', () => {
  it('finds nothing against a broker that can start, and writes nothing', () =>
    withCoordination(async (folder, zk) => {
      const directory = join(folder, 'node01')
      const flags = [...free, `--zk-address=${zk}`, `--directory=${directory}`, '--replicas=3']
      const { exitCode, out } = await doctor('--json', ...flags)
      const { isFit, checks } = JSON.parse(out) as { isFit: boolean; checks: Check[] }
      // Somebody may well have the usual port of clients here.
      const wrong = checks.filter(
        ({ outcome, topic }) => outcome === 'failed' && !/^tr/.test(topic),
      )
      assert.deepEqual(wrong, [])
      assert.equal(isFit, exitCode === 0)
      const cluster = checks.find(({ topic }) => topic === 'cluster')
      assert.equal(cluster?.message, '"localhost" is not founded yet, 0 of its brokers are here')
      assert.deepEqual(readdirSync(folder), ['coordination'])
    }))

  it('exits with 8 when a check failed, one line each', () =>
    withCoordination(async (folder) => {
      const flags = [...free, `--directory=${join(folder, 'node01')}`, '--timeout=1s']
      const { exitCode, out } = await doctor('--zk-address=127.0.0.1:1', ...flags)
      assert.equal(exitCode, 8)
      assert.match(
        out,
        /^failed {3}- .*ZooKeeper 127\.0\.0\.1:1 +cannot be reached: refused: start/m,
      )
      assert.match(out, /^\d+ checks, \d+ failed, /m)
    }))

  it('--compare names both files and both values, and tries no ZooKeeper', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-doctor-'))
    const fileOf = (name: string, settings: string): string => {
      const file = join(folder, `${name}.yaml`)
      const common = `zkAddress: 127.0.0.1:1\nhostname: localhost\ndirectory: ${name}\n`
      writeFileSync(file, common + settings)
      return file
    }
    const one = fileOf('one', 'bind: tcp://127.0.0.1:0\nreplicas: 3\nbrokerName: orders\n')
    const two = fileOf('two', 'bind: tcp://127.0.0.1:0\nreplicas: 5\nbrokerName: odrers\n')
    try {
      const { exitCode, out } = await doctor('--compare', one, two)
      assert.equal(exitCode, 8)
      const lines = out.split('\n').map((line) => line.replaceAll(/ +/g, ' '))
      const advice = 'give all brokers of the cluster the same'
      assert.ok(lines.includes(`failed - replicas differs: ${one} "3", ${two} "5": ${advice}`), out)
      const names = `failed - brokerName differs: ${one} "orders", ${two} "odrers": ${advice}`
      assert.ok(lines.includes(names), out)
      assert.doesNotMatch(out, /ZooKeeper|disk |free/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('tells what is wrong with a configuration, and takes flags for one only', async () => {
    const missing = await doctor('nowhere/activemq.xml')
    assert.equal(missing.exitCode, 8)
    assert.match(missing.out, /^failed +nowhere\/activemq\.xml +configuration +.*nowhere/m)
    const both = await doctor('--replicas=3', 'a.xml', 'b.xml')
    assert.equal(both.exitCode, 2)
  })
})
