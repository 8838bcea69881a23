import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SpilledRun } from '../../src/engine/dispatch/spilled-run.ts'
import { range, SpillingSubject } from './spilling-subject.ts'

describe('a run that is back in memory', () => {
  it('does not hold its messages any more, however long a browser remembers it', async (t) => {
    const pinned = t.mock.method(SpilledRun.prototype, 'pin')
    const subject = new SpillingSubject()
    await subject.send('Q', 1, 300)
    subject.harness.connect().consume('Q', { browser: true, prefetch: 1 })
    await subject.harness.settleReads()
    assert.deepEqual(await subject.drain('Q'), range(1, 300))
    const runs = pinned.mock.calls.map((call) => call.this as SpilledRun)
    assert.ok(runs.length > 10)
    assert.ok(runs.every(({ entries }) => entries === null))
  })
})
