import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LeaderLog } from '../../src/replication/leader-log.ts'
import type { LogBatch } from '../../src/store/journal/log-batch.ts'
import { EMPTY_LOG } from '../../src/store/journal/log-batch.ts'

function logOf() {
  const batches: LogBatch[] = []
  const turn: (() => void)[] = []
  const log = new LeaderLog({
    segmentSizeBytes: 1 << 20,
    schedule: (work) => turn.push(work),
    onBatch: (batch) => batches.push(batch),
    appliedIndex: () => 0,
    segmentState: () => assert.fail('no segment is full'),
  })
  const endTurn = () => turn.splice(0).forEach((work) => work())
  return { log, batches, endTurn, turn }
}

describe('leader log', () => {
  it('takes nothing before it is open and after it is closed (R47)', () => {
    const { log, batches, endTurn } = logOf()
    assert.throws(() => log.append(50, Buffer.from('x')), { code: 'LEADERSHIP_LOST' })
    log.open(1, EMPTY_LOG, null)
    assert.equal(log.append(50, Buffer.from('x')), 1)
    log.close()
    assert.throws(() => log.append(50, Buffer.from('x')), { code: 'LEADERSHIP_LOST' })
    endTurn()
    assert.deepEqual(batches, [])
  })

  it('makes one batch of what is appended in one turn', () => {
    const { log, batches, endTurn, turn } = logOf()
    log.open(1, EMPTY_LOG, null)
    for (let i = 0; i < 5; i++) log.append(50, Buffer.from('x'))
    assert.equal(turn.length, 1)
    endTurn()
    log.append(50, Buffer.from('x'))
    endTurn()
    assert.deepEqual(
      batches.map(({ firstIndex, lastIndex }) => [firstIndex, lastIndex]),
      [
        [1, 5],
        [6, 6],
      ],
    )
    assert.deepEqual(batches[1]?.previous, batches[0]?.last)
  })

  it('hands on nothing when there is nothing, and early when asked', () => {
    const { log, batches, endTurn } = logOf()
    log.flush()
    log.open(1, EMPTY_LOG, null)
    log.flush()
    log.append(50, Buffer.from('x'))
    log.flush()
    endTurn()
    assert.equal(batches.length, 1)
  })

  it('drops what an older epoch left behind', () => {
    const { log, batches, endTurn } = logOf()
    log.open(1, EMPTY_LOG, null)
    log.append(50, Buffer.from('old'))
    log.close()
    log.open(2, EMPTY_LOG, null)
    log.append(50, Buffer.from('new'))
    endTurn()
    assert.equal(batches.length, 1)
    assert.equal(batches[0]?.last.epoch, 2)
  })
})
