import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { ReplicaMeta } from '../../src/replication/meta.ts'
import { freshMeta } from '../../src/replication/meta.ts'
import { hasRebooted, suspicionAtStart, wasVolatile } from '../../src/replication/suspicion.ts'

function metaOf(change: Partial<ReplicaMeta>): ReplicaMeta {
  const store = { brokerName: 'b', nodeId: 'a', storeUuid: 'a-1', sync: 'quorum_mem' }
  const running = { inMemory: true, bootId: 'boot-1', clean: false }
  return { ...freshMeta(store), ...running, ...change }
}

describe('suspicion at the start (R33)', () => {
  it('follows one rule over all inputs', () => {
    const inputs = fc.record({
      suspect: fc.constantFrom(null, 'before'),
      clean: fc.boolean(),
      sync: fc.constantFrom('quorum_mem', 'quorum_disk', 'local_disk', 'no such word'),
      inMemory: fc.boolean(),
      before: fc.constantFrom('boot-1', ''),
      bootId: fc.constantFrom('boot-1', 'boot-2', ''),
      journalIsCorrupt: fc.boolean(),
    })
    fc.assert(
      fc.property(inputs, ({ before, bootId, journalIsCorrupt, ...found }) => {
        const { suspect, clean, sync, inMemory } = found
        const meta = metaOf({ ...found, bootId: before })
        const rebooted = bootId === '' || bootId !== before
        const lostMemory = !clean && rebooted && inMemory && sync !== 'quorum_disk'
        const expected = suspect !== null || journalIsCorrupt || lostMemory
        assert.equal(suspicionAtStart(meta, { bootId, journalIsCorrupt }) !== null, expected)
      }),
      { numRuns: 1_000 },
    )
  })

  it('takes an unknown boot for another one', () => {
    assert.equal(hasRebooted(metaOf({}), 'boot-1'), false)
    assert.equal(hasRebooted(metaOf({}), 'boot-2'), true)
    assert.equal(hasRebooted(metaOf({}), ''), true)
    assert.equal(hasRebooted(metaOf({ bootId: '' }), ''), true)
  })

  it('keeps the first reason', () => {
    const meta = metaOf({ suspect: 'an EIO' })
    assert.equal(suspicionAtStart(meta, { bootId: 'x', journalIsCorrupt: true }), 'an EIO')
  })

  it('trusts a kill -9: what was written outlives the process', () => {
    assert.equal(suspicionAtStart(metaOf({}), { bootId: 'boot-1', journalIsCorrupt: false }), null)
  })

  it('takes every unclean end for a power cut where the boot id is unknown', () => {
    const facts = { bootId: '', journalIsCorrupt: false }
    assert.notEqual(suspicionAtStart(metaOf({ bootId: '' }), facts), null)
    assert.equal(suspicionAtStart(metaOf({ bootId: '', clean: true }), facts), null)
  })

  it('takes a level that it does not know for a volatile one', () => {
    assert.ok(wasVolatile('from the future'))
    assert.ok(!wasVolatile('quorum_disk'))
  })
})
