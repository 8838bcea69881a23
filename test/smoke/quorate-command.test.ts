import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { quorateArgs } from '../support/quorate-command.ts'
import { waitUntil } from '../support/wait-until.ts'

interface Told {
  readonly type: string
  readonly name?: string
  readonly pid?: number
  readonly how?: string
  readonly inOrder?: boolean
  readonly role?: string
}

const WITHIN_MS = 40_000

/** `quorate up --json` in a data folder of its own. */
class Up {
  readonly data = mkdtempSync(join(tmpdir(), 'quorate-smoke-'))
  readonly events: Told[] = []
  readonly process: ChildProcess
  readonly exited: Promise<unknown[]>

  constructor() {
    const args = quorateArgs('up', '--data', this.data, '--port-offset', 'auto', '--json')
    this.process = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.exited = once(this.process, 'exit')
    const { stdout } = this.process
    assert.ok(stdout !== null)
    createInterface({ input: stdout }).on('line', (line) => {
      this.events.push(JSON.parse(line) as Told)
    })
  }

  /** The first event like this after the first `after` events. */
  async next(wanted: Partial<Told>, after = 0): Promise<Told> {
    const fits = (event: Told): boolean =>
      Object.entries(wanted).every(([key, value]) => event[key as keyof Told] === value)
    return waitUntil(() => this.events.slice(after).find(fits), {
      what: JSON.stringify(wanted),
      timeoutMs: WITHIN_MS,
    })
  }

  async dispose(): Promise<void> {
    // Its children see the end of their standard input and stop.
    this.process.kill('SIGKILL')
    await this.exited
    rmSync(this.data, { recursive: true, force: true })
  }
}

async function quorate(...words: readonly string[]) {
  return new Promise<{ exitCode: number; out: string }>((resolve) => {
    execFile(process.execPath, quorateArgs(...words), (error, stdout) => {
      const code = error === null ? 0 : error.code
      resolve({ exitCode: typeof code === 'number' ? code : 1, out: stdout })
    })
  })
}

interface ToldStatus {
  readonly leader: string | null
  readonly nodes: readonly { readonly status: { readonly pid: number; readonly role: string } }[]
}

describe('the quorate command', () => {
  it('runs a cluster that survives the kill -9 of its leader, and stops it', async () => {
    const up = new Up()
    try {
      const first = (await up.next({ type: 'leader' })).name
      await up.next({ type: 'serving' })

      const { exitCode, out } = await quorate('status', '--json', '--data', up.data)
      const status = JSON.parse(out) as ToldStatus
      assert.equal(exitCode, 0)
      assert.equal(status.leader, first)
      assert.equal(status.nodes.length, 3)

      const config = readFileSync(join(up.data, 'node01/quorate.yaml'), 'utf8')
      const zkAddress = /^zkAddress: "?([^"\n]+)/m.exec(config)?.[1] ?? ''
      const zkPath = '/activemq/leveldb-stores'
      const nodes = await quorate('zk', 'ls', zkPath, '--zookeeper', zkAddress, '--json')
      const listed = JSON.parse(nodes.out) as { readonly path: string }[]
      assert.equal(listed.length, 3)
      const member = await quorate('zk', 'get', listed[0]?.path ?? '', '--zookeeper', zkAddress)
      assert.equal((JSON.parse(member.out) as { readonly id: string }).id, 'localhost')

      const leader = status.nodes.find(({ status: own }) => own.role === 'leader')
      const before = up.events.length
      process.kill(leader?.status.pid ?? 0, 'SIGKILL')
      await up.next({ type: 'ended', how: 'SIGKILL' }, before)
      const second = (await up.next({ type: 'leader' }, before)).name
      assert.notEqual(second, first)
      await up.next({ type: 'started', name: first ?? '' }, before)
      await up.next({ type: 'role', name: first ?? '', role: 'follower' }, before)
    } finally {
      if (up.process.exitCode === null) {
        assert.equal((await quorate('stop', '--data', up.data)).exitCode, 0)
      }
      await up.dispose()
    }
    assert.deepEqual(await up.exited, [0, null])
    assert.equal(up.events.at(-1)?.type, 'stopped')
  })

  it('stops and starts single brokers of a cluster that runs', async () => {
    const up = new Up()
    try {
      await up.next({ type: 'serving' })
      const stopped = await quorate('stop', 'node03', '--data', up.data)
      assert.equal(stopped.exitCode, 0)
      const ended = await up.next({ type: 'ended', name: 'node03' })
      assert.equal(ended.inOrder, true)
      const started = await quorate('start', 'node03', '--daemon', '--data', up.data)
      assert.equal(started.exitCode, 0, started.out)
      const again = await quorate('start', 'node03', '--data', up.data)
      assert.equal(again.exitCode, 6)
      await waitUntil(
        async () => {
          const { out } = await quorate('status', '--json', '--data', up.data)
          const roles = (JSON.parse(out) as ToldStatus).nodes.map(({ status }) => status?.role)
          return roles.filter((role) => role === 'follower').length === 2
        },
        { what: 'node03 to follow again', timeoutMs: WITHIN_MS, pollMs: 500 },
      )
      assert.equal((await quorate('stop', 'node03', '--data', up.data)).exitCode, 0)
    } finally {
      up.process.kill('SIGTERM')
      await up.exited
      await up.dispose()
    }
  })
})
