import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ManualClock } from '@quorate/core/base/manual-clock'
import { ownIdentity } from '@quorate/core/base/process-identity'
import {
  RESTART_DELAY_MS,
  STOP_TIMEOUT_MS,
  SupervisedProcess,
} from '../../../src/cli/up/supervised-process.ts'
import type { ProcessEvent } from '../../../src/cli/up/supervised-process.ts'
import { FakeProcess } from './fake-process.ts'

function supervise(options: { readonly restart?: boolean; readonly pidPath?: string } = {}) {
  const clock = new ManualClock()
  const children: FakeProcess[] = []
  const events: ProcessEvent[] = []
  let prepared = 0
  const process = new SupervisedProcess({
    name: 'node01',
    args: ['start'],
    logPath: '/nowhere/broker.log',
    pidPath: '/nowhere/broker.pid',
    environment: {},
    restart: true,
    prepare: () => void prepared++,
    spawn: () => {
      const child = new FakeProcess(100 + children.length)
      children.push(child)
      return child.asChild()
    },
    clock,
    listener: (event) => void events.push(event),
    ...options,
  })
  const last = (): FakeProcess => children.at(-1) ?? assert.fail('nothing was started')
  const restartInMs = (): number | null => {
    const event = events.at(-1)
    return event?.type === 'ended' ? event.restartInMs : assert.fail('it did not end')
  }
  return { process, clock, children, events, last, restartInMs, prepared: () => prepared }
}

describe('a supervised process', () => {
  it('starts again after it died, with its files prepared again', () => {
    const { process, clock, children, last, events, prepared } = supervise()
    process.start()
    clock.advance(60_000)
    last().end(null, 'SIGKILL')
    assert.ok(process.isWaiting && !process.isRunning)
    clock.advance(RESTART_DELAY_MS - 1)
    assert.equal(children.length, 1)
    clock.advance(1)
    assert.equal(children.length, 2)
    assert.equal(prepared(), 2)
    assert.deepEqual(
      events.map(({ type }) => type),
      ['started', 'ended', 'started'],
    )
  })

  it('waits longer and longer when it dies at once, and gives up in the end', () => {
    const { process, clock, last, restartInMs } = supervise()
    process.start()
    const delays: (number | null)[] = []
    for (let death = 0; death < 6; death++) {
      last().end(1, null)
      delays.push(restartInMs())
      clock.advance(restartInMs() ?? 0)
    }
    assert.deepEqual(delays, [3000, 6000, 12_000, 24_000, 48_000, null])
    assert.ok(!process.isWaiting && !process.isRunning)
  })

  it('forgives early deaths after a long life', () => {
    const { process, clock, last, restartInMs } = supervise()
    process.start()
    for (const lifeMs of [0, 0, 60_000]) {
      clock.advance(lifeMs)
      last().end(1, null)
      clock.advance(restartInMs() ?? 0)
    }
    last().end(1, null)
    assert.equal(restartInMs(), 3000)
  })

  it('stays down where starting again would end the same way', () => {
    for (const code of [2, 6, 7]) {
      const { process, last, restartInMs } = supervise()
      process.start()
      last().end(code, null)
      assert.equal(restartInMs(), null)
      assert.equal(process.lastExitCode, code)
    }
  })

  it('stays down when it stopped in good order, or nobody wants it again', () => {
    const calm = supervise()
    calm.process.start()
    calm.last().end(0, null)
    assert.equal(calm.restartInMs(), null)
    const single = supervise({ restart: false })
    single.process.start()
    single.last().end(1, null)
    assert.equal(single.restartInMs(), null)
  })

  it('is stopped gently, and killed when that takes too long', async () => {
    const { process, clock, last } = supervise()
    process.start()
    last().onTerm = 'ignores'
    const stopped = process.stop()
    clock.advance(STOP_TIMEOUT_MS)
    await stopped
    assert.deepEqual(last().signals, ['SIGTERM', 'SIGKILL'])
  })

  it('is not started again after it was stopped while waiting', async () => {
    const { process, clock, last, children } = supervise()
    process.start()
    last().end(1, null)
    await process.stop()
    clock.advance(100_000)
    assert.equal(children.length, 1)
  })

  it('leaves alone what somebody else runs', () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-supervise-'))
    const pidPath = join(folder, 'broker.pid')
    const pid = globalThis.process.pid
    writeFileSync(pidPath, JSON.stringify(ownIdentity()))
    const { process, children, events } = supervise({ pidPath })
    process.start()
    assert.equal(children.length, 0)
    assert.deepEqual(events, [{ type: 'outside', name: 'node01', pid }])
    rmSync(folder, { recursive: true })
  })

  it('ends also when it cannot be started at all', () => {
    const { process, last, events } = supervise()
    process.start()
    last().emit('error', new Error('spawn ENOENT'))
    assert.equal(process.isRunning, false)
    assert.equal(events.at(-1)?.type, 'ended')
  })
})
