import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ConfigEntry } from '../../src/replication/config-history.ts'
import { EMPTY_LOG } from '../../src/store/journal/log-batch.ts'
import {
  CONFIG_ENTRIES_MAX,
  appendConfigs,
  configsHeld,
  foundingConfig,
} from '../../src/replication/config-history.ts'

function entry(index: number, epoch: number, version = index): ConfigEntry {
  return { index, epoch, config: { version, seats: [{ nodeId: 'a', storeUuid: 'a-1' }] } }
}

/** A log with these epochs: [epoch, last index] in order. */
function logOf(...epochs: readonly (readonly [number, number])[]) {
  return {
    origin: EMPTY_LOG,
    endOfEpoch(epoch: number) {
      const [found, lastIndex] = epochs.findLast(([other]) => other <= epoch) ?? [0, 0]
      return { epoch: found, lastIndex }
    },
  }
}

describe('configuration history', () => {
  it('is the very same array when an epoch begins with what is in force', () => {
    const history = [entry(0, 0, 1)]
    assert.equal(appendConfigs(history, [entry(5, 2, 1)]), history)
    assert.equal(appendConfigs(history, []), history)
  })

  it('keeps every configuration of a batch, so that each can come back (R39)', () => {
    const history = appendConfigs([entry(0, 0)], [entry(4, 1), entry(6, 1)])
    assert.deepEqual(
      history.map(({ index }) => index),
      [0, 4, 6],
    )
  })

  it('replaces what stood at or behind the place', () => {
    const history = appendConfigs([entry(0, 0), entry(4, 1), entry(6, 1)], [entry(4, 2, 9)])
    assert.deepEqual(history, [entry(0, 0), entry(4, 2, 9)])
    const back = appendConfigs([entry(0, 0), entry(4, 1)], [entry(3, 2, 0)])
    assert.deepEqual(back, [entry(0, 0)])
  })

  it('is bounded', () => {
    const many = Array.from({ length: 50 }, (_, i) => entry(i + 1, 1))
    assert.equal(appendConfigs([], many).length, CONFIG_ENTRIES_MAX)
  })

  it('still holds what stands in epochs from before those that the log remembers', () => {
    const history = [entry(0, 0, 1), entry(7, 1), entry(20, 2), entry(45, 3)]
    // Epochs 1 and 2 lie in the records 1 to 40, and are forgotten.
    const log = {
      origin: EMPTY_LOG,
      endOfEpoch: (epoch: number) =>
        epoch < 3 ? { epoch: 0, lastIndex: 40 } : { epoch: 3, lastIndex: 50 },
    }
    assert.deepEqual(configsHeld(history, log), history)
    assert.deepEqual(configsHeld([entry(41, 2)], log), [])
  })

  it('keeps what the cluster was founded with, however often it changed (R2)', () => {
    const founding = entry(0, 0, 1)
    let history: readonly ConfigEntry[] = [founding]
    for (let i = 2; i < 50; i++) history = appendConfigs(history, [entry(i, 1)])
    assert.equal(foundingConfig(history), founding.config)
    assert.deepEqual(
      history.map(({ index }) => index),
      [0, 43, 44, 45, 46, 47, 48, 49],
    )
    assert.equal(foundingConfig(history.slice(1)), null)
  })

  it('is held against the log: cut, lost and replaced records do not count', () => {
    const history = [entry(0, 0), entry(2, 1), entry(5, 1), entry(9, 3)]
    const held = (...epochs: readonly (readonly [number, number])[]) =>
      configsHeld(history, logOf(...epochs)).map(({ index }) => index)
    assert.deepEqual(held([1, 6], [3, 10]), [0, 2, 5, 9])
    assert.deepEqual(held([1, 6], [3, 8]), [0, 2, 5])
    // Another epoch's record stands at 5 and 9.
    assert.deepEqual(held([1, 4], [2, 10]), [0, 2])
    // Epoch 3 begins behind 9.
    assert.deepEqual(held([1, 9], [3, 12]), [0, 2, 5])
    assert.deepEqual(held(), [0])
  })
})
