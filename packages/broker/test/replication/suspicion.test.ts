import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ReplicaMeta } from '../../src/replication/meta.ts'
import { NO_PROMISE } from '../../src/replication/meta.ts'
import { suspicionAtStart, wasVolatile } from '../../src/replication/suspicion.ts'

function metaOf(change: Partial<ReplicaMeta>): ReplicaMeta {
  return {
    brokerName: 'b',
    nodeId: 'a',
    storeUuid: 'a-1',
    clusterId: 'c',
    configs: [],
    promised: NO_PROMISE,
    sync: 'quorum_mem',
    bootId: 'boot-1',
    clean: false,
    suspect: null,
    damagedFrom: null,
    commitHint: 0,
    peers: {},
    ...change,
  }
}

type Picked<T extends readonly (readonly unknown[])[]> = { -readonly [K in keyof T]: T[K][number] }

/** Every way to take one of each. */
function product<T extends readonly (readonly unknown[])[]>(choices: T): Picked<T>[] {
  let tuples: unknown[][] = [[]]
  for (const values of choices) {
    tuples = tuples.flatMap((tuple) => values.map((value) => [...tuple, value]))
  }
  return tuples as Picked<T>[]
}

describe('suspicion at the start (R33)', () => {
  it('follows one rule over all inputs', () => {
    const inputs = product([
      [null, 'before'],
      [true, false],
      ['quorum_mem', 'quorum_disk', 'local_disk', 'no such word'],
      ['boot-1', ''],
      ['boot-1', 'boot-2', ''],
      [true, false],
    ] as const)
    for (const [suspect, clean, sync, before, bootId, journalIsCorrupt] of inputs) {
      const meta = metaOf({ suspect, clean, sync, bootId: before })
      const rebooted = bootId === '' || bootId !== before
      const lostMemory = !clean && rebooted && sync !== 'quorum_disk'
      const expected = suspect !== null || journalIsCorrupt || lostMemory
      const actual = suspicionAtStart(meta, { bootId, journalIsCorrupt })
      assert.equal(actual !== null, expected, JSON.stringify({ meta, bootId }))
    }
    assert.equal(inputs.length, 2 * 2 * 4 * 2 * 3 * 2)
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
