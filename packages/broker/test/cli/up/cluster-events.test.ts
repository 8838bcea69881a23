import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '@quorate/core/base/manual-clock'
import type { NodePicture } from '../../../src/cli/cluster-picture.ts'
import {
  ChangeFinder,
  NOT_ANSWERING,
  describe as inWords,
} from '../../../src/cli/up/cluster-events.ts'
import type { UpEvent } from '../../../src/cli/up/cluster-events.ts'
import { JsonReport, TextReport } from '../../../src/cli/up/up-report.ts'
import type { BrokerStatus } from '../../../src/management/broker-status.ts'
import { sampleStatus } from '../../management/sample-status.ts'
import { recordedTerminal } from '../recorded-terminal.ts'

function node(nodeId: string, changes: Partial<BrokerStatus> | string): NodePicture {
  const consoleUrl = 'http://127.0.0.1:1'
  if (typeof changes === 'string') return { nodeId, consoleUrl, status: null, problem: changes }
  return { nodeId, consoleUrl, status: sampleStatus({ nodeId, ...changes }), problem: null }
}

function kinds(events: readonly UpEvent[]): string[] {
  return events.map((event) => ('name' in event ? `${event.type} ${event.name}` : event.type))
}

const command = (name: string): string => `quorate start ${name}`

describe('changes of a cluster', () => {
  it('are told once, with the time without a leader', () => {
    const finder = new ChangeFinder()
    const one = [node('node01', { role: 'leader', epoch: 1 }), node('node02', {})]
    assert.deepEqual(kinds(finder.find(one, 0)), ['role node01', 'role node02', 'leader node01'])
    assert.deepEqual(finder.find(one, 100), [])
    const dead = [node('node01', 'down'), node('node02', {})]
    assert.deepEqual(finder.find(dead, 200), [{ type: 'no-leader', name: 'node01' }])
    assert.deepEqual(finder.find(dead, 300), [])
    const two = [node('node01', 'down'), node('node02', { role: 'leader', epoch: 2 })]
    const events = finder.find(two, 550)
    assert.deepEqual(kinds(events), ['role node02', 'leader node02'])
    assert.deepEqual(events[1], { type: 'leader', name: 'node02', epoch: 2, absentMs: 350 })
  })

  it('name a broker that runs and is silent, but not one that ended', () => {
    const finder = new ChangeFinder()
    finder.find([node('node01', {}), node('node02', {})], 0)
    const after = [node('node01', NOT_ANSWERING), node('node02', 'down')]
    assert.deepEqual(finder.find(after, 1), [
      { type: 'role', name: 'node01', role: 'silent', was: 'follower', epoch: null },
    ])
  })

  it('see a new epoch of the same leader, and a leader that comes back', () => {
    const finder = new ChangeFinder()
    const leads = (epoch: number): NodePicture[] => [node('node01', { role: 'leader', epoch })]
    finder.find(leads(1), 0)
    assert.deepEqual(kinds(finder.find(leads(2), 1)), ['leader node01'])
    finder.find([node('node01', NOT_ANSWERING)], 2)
    assert.ok(kinds(finder.find(leads(2), 3)).includes('leader node01'))
  })

  it('tell troubles and their end', () => {
    const finder = new ChangeFinder()
    finder.find([node('node01', {})], 0)
    const ill = finder.find([node('node01', { trouble: 'disk slow' })], 1)
    assert.deepEqual(ill, [{ type: 'trouble', name: 'node01', trouble: 'disk slow' }])
    const well = finder.find([node('node01', {})], 2)
    assert.deepEqual(well, [{ type: 'trouble', name: 'node01', trouble: null }])
  })
})

describe('events in words', () => {
  const ended = {
    type: 'ended',
    name: 'node02',
    pid: 7,
    how: 'SIGKILL',
    inOrder: false,
    lastLines: ['last'],
    restartInMs: 3000,
  } as const

  it('say what happens to a broker that died', () => {
    assert.deepEqual(inWords(ended, command), [
      'node02 died (pid 7, SIGKILL); it starts again in 3 s',
      '    last',
    ])
    const [line] = inWords({ ...ended, restartInMs: null }, command)
    assert.match(line ?? '', /start it again with: quorate start node02$/)
    const [calm] = inWords({ ...ended, inOrder: true, lastLines: [] }, command)
    assert.equal(calm, 'node02 stopped (pid 7)')
  })

  it('are lines with the time, on a terminal above the table', () => {
    const terminal = recordedTerminal()
    const clock = new ManualClock()
    const report = new TextReport({ terminal, clock, startCommand: command, hints: [] })
    report.event({ type: 'leader', name: 'node01', epoch: 4, absentMs: 212 })
    report.picture([node('node01', { role: 'leader' })])
    report.close()
    assert.match(
      terminal.written.out,
      /^\d\d:\d\d:\d\d node01 leads epoch 4, after about 212 ms without a leader\n$/,
    )
    const screen = recordedTerminal({ isInteractive: true })
    const live = new TextReport({ terminal: screen, clock, startCommand: command, hints: ['hint'] })
    live.picture([node('node01', { role: 'leader' })])
    assert.match(screen.written.out, /leader node01[\s\S]*NODE[\s\S]*hint/)
  })

  it('are objects with the time for scripts', () => {
    const terminal = recordedTerminal()
    const report = new JsonReport({ terminal, clock: new ManualClock() })
    report.event({ type: 'started', name: 'node01', pid: 5 })
    assert.deepEqual(JSON.parse(terminal.written.out), {
      time: '2023-11-14T22:13:20.000Z',
      type: 'started',
      name: 'node01',
      pid: 5,
    })
  })
})
