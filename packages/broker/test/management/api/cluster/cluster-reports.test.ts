import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '@quorate/core/base/manual-clock'
import {
  ClusterReports,
  REPORT_KEPT_MS,
} from '../../../../src/management/api/cluster/cluster-reports.ts'
import { sampleStatus } from '../../sample-status.ts'
import { listeningApi } from '../listening-api.ts'

describe('what all nodes say of themselves', () => {
  it('is asked of each, once a second at most; who does not answer as himself says nothing', async () => {
    let asked = 0
    const other = await listeningApi(() => {
      asked++
      return sampleStatus({ nodeId: 'node02', role: 'leader', epoch: 7 })
    })
    try {
      const clock = new ManualClock()
      const members = [
        { nodeId: 'node01', consoleUrl: null },
        { nodeId: 'node02', consoleUrl: other.url },
        { nodeId: 'node03', consoleUrl: 'http://127.0.0.1:1' },
        { nodeId: 'node04', consoleUrl: other.url },
      ]
      const own = sampleStatus({ nodeId: 'node01', seats: ['node01', 'node02', 'node05'], members })
      const reports = new ClusterReports(
        { status: () => own, elections: () => [], administration: () => null },
        clock,
      )
      const told = await reports.latest()
      assert.deepEqual(
        told.map(({ nodeId, isThis, hasSeat, status }) => [nodeId, isThis, hasSeat, status?.epoch]),
        [
          ['node01', true, true, own.epoch],
          ['node02', false, true, 7],
          ['node03', false, false, undefined],
          ['node04', false, false, undefined],
          ['node05', false, true, undefined],
        ],
      )
      const before = asked
      await reports.latest()
      assert.equal(asked, before)
      clock.advance(REPORT_KEPT_MS)
      await reports.latest()
      assert.ok(asked > before, 'it is asked again')
    } finally {
      await other.stop()
    }
  })
})
