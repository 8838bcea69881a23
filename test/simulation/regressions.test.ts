import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runHistory } from './history.ts'

/**
 * Seeds whose histories broke a promise once, and what was wrong. Each repair has a test of its own
 * where the mistake was; here the whole history is played again.
 */
const found: Readonly<Record<number, string>> = {
  42: 'a wiped coordination service never learned of the cluster again',
  124: 'records that a failed sync had left in the page cache counted as synced after the restart',
  854: 'a second damage on the way to the cut ended every start',
  128: 'damage that was met while the index opened was not remembered, so each start met it again',
  36634: 'nobody saw what was handed to a connection that had just broken',
}

describe('what histories have found', () => {
  for (const [seed, what] of Object.entries(found)) {
    it(`seed ${seed}: no longer that ${what}`, async () => {
      assert.equal((await runHistory(Number(seed))).failure, null)
    })
  }
})
