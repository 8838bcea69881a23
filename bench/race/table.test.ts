import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { racePage } from './page.ts'
import type { Measurement, RaceResult } from './race-result.ts'
import { raceTables } from './table.ts'

function rated(contender: 'quorate' | 'nats', round: number, perSecond: number): Measurement {
  return {
    round,
    question: 'window-1kb',
    contender,
    sample: {
      perSecond,
      p50Ms: 1,
      p99Ms: 4.5,
      maxMs: 9,
      cpuSecondsPerMillion: 12.34,
      residentBytes: 300e6,
      generatorBusy: 0.4,
    },
    error: null,
  }
}

const result: RaceResult = {
  benchmark: 'race',
  date: '2026-01-01',
  machine: '2 cores',
  disk: 'ext4',
  node: 'v20',
  commit: 'abc',
  config: { rounds: 3 },
  started: [
    { name: 'quorate', title: 'Quorate, 3 brokers', promise: 'on two disks', version: '0.1.0' },
    { name: 'nats', title: 'NATS <R3>', promise: 'in two logs', version: '2.9' },
  ],
  absent: [{ name: 'rabbitmq', title: 'RabbitMQ', why: 'no rabbitmq-server' }],
  measurements: [
    rated('quorate', 1, 60_000),
    rated('quorate', 2, 40_000),
    rated('quorate', 3, 50_000),
    rated('nats', 1, 10_000),
    {
      round: 2,
      question: 'window-1kb',
      contender: 'nats',
      sample: null,
      error: 'ended with 1:\nmore',
    },
  ],
}

describe('the tables of a race', () => {
  const tables = raceTables(result)

  it('show the median between the least and the most', () => {
    assert.match(tables, /50,000\/s \(40,000\/s to 60,000\/s\), p99 4\.50 ms/)
  })

  it('show what it cost', () => {
    assert.match(tables, /12\.3 s a million, 300 MB/)
  })

  it('say who is absent and why', () => {
    assert.match(tables, /rabbitmq\*\* is absent: no rabbitmq-server/)
  })

  it('say which answer failed, in a line', () => {
    assert.match(tables, /- round 2, window-1kb, nats failed: ended with 1:$/m)
  })

  it('hold targets against what was measured', () => {
    assert.match(tables, /5\.00 x \| reached/)
  })

  it('are on a page with a chart, in which nothing of them is markup', () => {
    const page = racePage(result)
    assert.match(page, /<svg/)
    assert.match(page, /NATS &lt;R3>/)
    assert.ok(!page.includes('NATS <R3>'))
  })
})
