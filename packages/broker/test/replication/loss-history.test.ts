import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CONFIG, EPOCH_START, encodeEpochStart } from '../../src/replication/log-records.ts'
import { encodeConfigRecord } from '../../src/replication/log-records.ts'
import type { LossEntry } from '../../src/replication/carried-state.ts'
import {
  LOSS_ENTRIES_MAX,
  appendLosses,
  lossesHeld,
  lossesIn,
} from '../../src/replication/loss-history.ts'
import { BatchBuilder, EMPTY_LOG } from '../../src/store/journal/log-batch.ts'

const config = { version: 1, seats: [{ nodeId: 'a', storeUuid: 'a-1' }] }

function entry(index: number, epoch: number): LossEntry {
  return { index, epoch, leader: 'a', wonAtMs: 1_000 * epoch }
}

/** A batch of one epoch: its start, a configuration and data. */
function batchOf(epoch: number, possibleLoss: boolean) {
  const options = { tail: EMPTY_LOG, epoch, segmentStart: null, segmentSizeBytes: 1 << 20 }
  const builder = new BatchBuilder(options)
  const wonAtMs = possibleLoss ? 5_000 : null
  builder.add(EPOCH_START, encodeEpochStart({ epoch, leader: 'a', possibleLoss, config, wonAtMs }))
  builder.add(CONFIG, encodeConfigRecord(config))
  builder.add(50, Buffer.from('data'))
  return builder.take()
}

describe('history of possible losses (R10)', () => {
  it('is told by the starts of epochs that full attendance won', () => {
    assert.deepEqual(lossesIn(batchOf(4, false)), [])
    assert.deepEqual(lossesIn(batchOf(5, true)), [entry(1, 5)])
  })

  it('is the very same array when there is no news', () => {
    const history = [entry(3, 2)]
    assert.equal(appendLosses(history, []), history)
  })

  it('replaces what stood at or behind the place, and keeps the newest', () => {
    assert.deepEqual(appendLosses([entry(3, 2), entry(7, 3)], [entry(5, 4)]), [
      entry(3, 2),
      entry(5, 4),
    ])
    const many = Array.from({ length: 20 }, (_, i) => entry(i + 1, i + 1))
    assert.deepEqual(appendLosses([], many), many.slice(-LOSS_ENTRIES_MAX))
  })

  it('is held against the log: cut, lost and replaced records do not count', () => {
    const either = {
      origin: EMPTY_LOG,
      endOfEpoch: (epoch: number) =>
        epoch < 2 ? { epoch: 1, lastIndex: 2 } : { epoch: 2, lastIndex: 4 },
    }
    assert.deepEqual(lossesHeld([entry(3, 2), entry(5, 3)], either), [entry(3, 2)])
  })
})
