import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '@quorate/core/base/manual-clock'
import {
  ClusterElections,
  ELECTIONS_KEPT_MS,
  mergedElections,
} from '../../../../src/management/api/cluster/cluster-elections.ts'
import type { ElectionReport, SeenElection } from '../../../../src/management/election-report.ts'
import { fetchElections, TOLD_ELECTIONS_MAX } from '../../../../src/management/elections-client.ts'
import { sampleStatus } from '../../sample-status.ts'
import { listeningApi } from '../listening-api.ts'

const at = (second: number) => new Date(Date.UTC(2026, 0, 2, 3, 4, second)).toISOString()

function election(epoch: number, changes: Partial<ElectionReport> = {}): ElectionReport {
  const times = { noticedAt: at(epoch), servingAt: at(epoch + 1), durationMs: 1000 }
  return { epoch, leader: 'node01', cause: 'gone', ...times, ...changes }
}

const underWay = { leader: null, cause: 'silent', servingAt: null, durationMs: null } as const

describe('the elections of a cluster', () => {
  const seen = (epoch: number, seenBy: string, changes: Partial<ElectionReport> = {}) => ({
    ...election(epoch, changes),
    seenBy,
  })
  const told = (elections: readonly SeenElection[]) =>
    elections.map(({ epoch, seenBy }) => `${epoch} ${seenBy}`)

  it('are told once each: by who was there before, and best by who was elected', () => {
    const one = [seen(4, 'node01', { cause: 'start' }), seen(5, 'node01', { leader: 'node02' })]
    const two = [seen(3, 'node02'), seen(4, 'node02'), seen(5, 'node02', { leader: 'node02' })]
    const expected = ['3 node02', '4 node02', '5 node02']
    assert.deepEqual(told(mergedElections(one, two)), expected)
    assert.deepEqual(told(mergedElections(two, one)), expected)
  })

  it('end with the one that is under way here', () => {
    const own = [seen(4, 'node01'), seen(0, 'node01', underWay)]
    const others = [seen(5, 'node02'), seen(0, 'node02', underWay)]
    assert.deepEqual(told(mergedElections(own, others)), ['4 node01', '5 node02', '0 node01'])
  })

  it('are asked of the other nodes, now and then; who does not answer tells none', async () => {
    let asked = 0
    const status = () => sampleStatus({ nodeId: 'node02' })
    const elections = () => {
      asked++
      return [election(2), election(3), election(0, underWay)]
    }
    const broker = { status, elections, administration: () => null }
    const other = await listeningApi(status, { broker })
    try {
      const clock = new ManualClock()
      const members = [
        { nodeId: 'node02', consoleUrl: other.url },
        { nodeId: 'node03', consoleUrl: 'http://127.0.0.1:1' },
        { nodeId: 'node04', consoleUrl: null },
      ]
      const own = sampleStatus({ nodeId: 'node01', members })
      const all = new ClusterElections(
        { status: () => own, elections: () => [election(3)], administration: () => null },
        clock,
      )
      assert.deepEqual(told(await all.latest()), ['2 node02', '3 node01'])
      await all.latest()
      assert.equal(asked, 1)
      clock.advance(ELECTIONS_KEPT_MS)
      await all.latest()
      assert.equal(asked, 2)
    } finally {
      await other.stop()
    }
  })

  it('are told to other nodes as far as they came to an end, the newest', async () => {
    const many = Array.from({ length: TOLD_ELECTIONS_MAX + 5 }, (_, epoch) => election(epoch + 1))
    const elections = () => [...many, election(0, underWay)]
    const broker = { status: () => sampleStatus(), elections, administration: () => null }
    const api = await listeningApi(broker.status, { broker })
    try {
      const answer = await fetchElections(api.url, 2000)
      assert.equal(answer.length, TOLD_ELECTIONS_MAX)
      assert.equal(answer.at(-1)?.epoch, many.length)
    } finally {
      await api.stop()
    }
  })

  it('are refused from a node where one of them is none', async () => {
    for (const bad of [{ cause: 'magic' }, { noticedAt: 'once' }, { durationMs: '1' }]) {
      const elections = () => [election(1, bad as unknown as ElectionReport)]
      const broker = { status: () => sampleStatus(), elections, administration: () => null }
      const api = await listeningApi(broker.status, { broker })
      try {
        await assert.rejects(fetchElections(api.url, 2000), { code: 'PROTOCOL_VIOLATION' })
      } finally {
        await api.stop()
      }
    }
  })
})
