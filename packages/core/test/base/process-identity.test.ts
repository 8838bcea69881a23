import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import {
  identityOf,
  isAlive,
  ownIdentity,
  parseIdentity,
  startTimeIn,
  thisMachine,
} from '../../src/base/process-identity.ts'
import type { ProcessTable } from '../../src/base/process-identity.ts'

/** A machine on which these processes live: id and start time. */
function machine(living: Readonly<Record<number, string>>, bootId = 'boot'): ProcessTable {
  return { pid: 10, bootId: () => bootId, startTime: (pid) => living[pid] ?? null }
}

/** The fields of /proc/PID/stat that follow the process id. */
function stat(name: string, state: string, threads: number): string {
  const between = Array.from({ length: 16 }, (_, i) => i)
  return `7 (${name}) ${state} ${between.join(' ')} ${threads} 0 4711 9 9\n`
}

describe('process identity', () => {
  it('names this process, and others as long as they run', () => {
    const processes = machine({ 10: '500', 11: '600' })
    assert.deepEqual(ownIdentity(processes), { pid: 10, startTime: '500', bootId: 'boot' })
    assert.deepEqual(identityOf(11, processes), { pid: 11, startTime: '600', bootId: 'boot' })
    assert.equal(identityOf(12, processes), null)
  })

  it('tells one run of a process from a later one with its number, and from another boot', () => {
    const identity = { pid: 11, startTime: '600', bootId: 'boot' }
    assert.ok(isAlive(identity, machine({ 11: '600' })))
    assert.ok(!isAlive(identity, machine({})))
    assert.ok(!isAlive(identity, machine({ 11: '700' })))
    assert.ok(!isAlive(identity, machine({ 11: '600' }, 'next boot')))
  })

  it('takes a process for alive where the machine does not tell more', () => {
    const identity = { pid: 11, startTime: '600', bootId: 'boot' }
    assert.ok(isAlive(identity, machine({ 11: '' }, '')))
    const unknown = { pid: 11, startTime: '', bootId: '' }
    assert.ok(isAlive(unknown, machine({ 11: '600' })))
    assert.ok(!isAlive(unknown, machine({})))
  })

  it('reads back what was written down, and nothing else', () => {
    const identity = ownIdentity()
    assert.deepEqual(parseIdentity(JSON.parse(JSON.stringify(identity))), identity)
    const others = [null, 7, 'x', [], {}, { pid: 1 }, { pid: 1, startTime: '' }]
    const pids = [0, -1, 1.5, '1', Infinity].map((pid) => ({ ...identity, pid }))
    for (const value of [...others, ...pids]) assert.equal(parseIdentity(value), null)
  })

  it('finds the start time behind any name', () => {
    for (const name of ['node', 'a b', ') Z 1 (', '']) {
      assert.equal(startTimeIn(stat(name, 'S', 11)), '4711', name)
    }
    assert.equal(startTimeIn(''), '')
  })

  it('takes a zombie for ended when none of its threads is left in the kernel', () => {
    assert.equal(startTimeIn(stat('node', 'Z', 1)), null)
    assert.equal(startTimeIn(stat('node', 'Z', 2)), '4711')
  })

  it('is stable for a real process and gone with it', async () => {
    assert.deepEqual(identityOf(process.pid), ownIdentity())
    assert.deepEqual(ownIdentity(), ownIdentity())
    assert.equal(thisMachine.pid, process.pid)
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
    await once(child, 'spawn')
    const identity = identityOf(child.pid ?? 0)
    assert.ok(identity !== null && isAlive(identity))
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.ok(!isAlive(identity))
    assert.equal(identityOf(identity.pid), null)
  })
})
