import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ContenderName } from './contenders/contender.ts'
import type { Measurement, RaceResult } from './race-result.ts'
import type { Sample } from './sample.ts'
import { outcomeOf, targets } from './targets.ts'
import type { Target } from './targets.ts'

function targetOf(question: string, words: string): Target {
  const found = targets.find((target) => target.question === question && target.words === words)
  assert.ok(found !== undefined)
  return found
}

function measured(
  question: string,
  values: Partial<Record<ContenderName, Partial<Sample>>>,
): Measurement[] {
  const empty: Sample = {
    perSecond: null,
    p50Ms: null,
    p99Ms: null,
    maxMs: null,
    cpuSecondsPerMillion: null,
    residentBytes: null,
    generatorBusy: null,
  }
  return Object.entries(values).map(([contender, sample]) => ({
    round: 1,
    question,
    contender: contender as ContenderName,
    sample: { ...empty, ...sample },
    error: null,
  }))
}

function resultOf(measurements: readonly Measurement[]): RaceResult {
  return {
    benchmark: 'race',
    date: '2026-01-01',
    machine: 'one',
    disk: 'one',
    node: 'v20',
    commit: 'abc',
    config: {},
    started: [],
    absent: [],
    measurements,
  }
}

describe('targets', () => {
  it('compare a rate with the best of the peers', () => {
    const target = targetOf('window-1kb', '5 times the best of RabbitMQ and NATS')
    const result = resultOf(
      measured('window-1kb', {
        quorate: { perSecond: 50_000 },
        rabbitmq: { perSecond: 8_000 },
        nats: { perSecond: 12_500 },
        activemq: { perSecond: 40_000 },
      }),
    )
    const outcome = outcomeOf(result, target)
    assert.equal(outcome?.ratio, 4)
    assert.equal(outcome.who, 'nats')
    assert.equal(outcome.isReached, false)
  })

  it('compare a time with the shortest of the peers', () => {
    const target = targetOf('half-load', "a third of the best peer's p99")
    const result = resultOf(
      measured('half-load', {
        quorate: { p99Ms: 2 },
        rabbitmq: { p99Ms: 9 },
        nats: { p99Ms: 7 },
      }),
    )
    const outcome = outcomeOf(result, target)
    assert.equal(outcome?.theirs, 7)
    assert.equal(outcome.isReached, true)
  })

  it('compare with another question of our own', () => {
    const target = targetOf('queues-10000', '70 % of what one queue gets')
    const result = resultOf([
      ...measured('queues-10000', { quorate: { perSecond: 69 } }),
      ...measured('window-1kb', { quorate: { perSecond: 100 } }),
    ])
    assert.equal(outcomeOf(result, target)?.isReached, false)
  })

  it('compare with a time that is aimed at', () => {
    const target = targetOf('failover', 'under 200 ms')
    const after = (p50Ms: number) =>
      outcomeOf(resultOf(measured('failover', { quorate: { p50Ms }, nats: { p50Ms: 9 } })), target)
    const [at, above] = [after(200), after(201)]
    assert.deepEqual([at?.ours, at?.theirs, at?.who, at?.ratio], [200, 200, 'aimed at', 1])
    assert.deepEqual([at?.isReached, above?.isReached], [true, false])
    const others = resultOf(measured('failover', { nats: { p50Ms: 9 } }))
    assert.equal(outcomeOf(others, target), null, 'ours was not measured')
  })

  it('say nothing where something was not measured', () => {
    const result = resultOf(measured('senders', { quorate: { perSecond: 1 } }))
    assert.equal(outcomeOf(result, targetOf('senders', '5 times ActiveMQ')), null)
  })
})
