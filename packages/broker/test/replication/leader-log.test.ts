import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LARGE_BYTES } from '@quorate/core/base/roomy-memory'
import { LeaderLog } from '../../src/replication/leader-log.ts'
import type { LogBatch } from '../../src/store/journal/log-batch.ts'
import { EMPTY_LOG, forEachRecord } from '../../src/store/journal/log-batch.ts'
import { MAX_PAYLOAD_BYTES } from '../../src/store/journal/record.ts'

const STATE = 3

/** `state`: what segments begin with in place of a few words. */
function logOf(segmentSizeBytes = 1 << 20, state?: Buffer) {
  const batches: LogBatch[] = []
  const turn: (() => void)[] = []
  const applied = { index: 0 }
  const log = new LeaderLog({
    segmentSizeBytes,
    schedule: (work) => turn.push(work),
    onBatch: (batch) => batches.push(batch),
    appliedIndex: () => applied.index,
    segmentState: () => {
      return { type: STATE, payload: state ?? Buffer.from(`state at ${applied.index}`) }
    },
  })
  const endTurn = () => turn.splice(0).forEach((work) => work())
  /** Everything handed on so far is applied. */
  const apply = () => {
    applied.index = batches.at(-1)?.lastIndex ?? 0
    log.settled()
  }
  return { log, batches, endTurn, turn, apply }
}

/** The records of all batches: index, type and payload. */
function recordsOf(batches: readonly LogBatch[]): [number, number, string][] {
  const records: [number, number, string][] = []
  for (const batch of batches) {
    forEachRecord(batch, ({ index, type, payload }) => {
      records.push([index, type, payload.toString().slice(0, 20)])
    })
  }
  return records
}

const BIG = Buffer.alloc(700, 'b')

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

  it('makes batches of their own of large records', () => {
    const { log, batches, endTurn } = logOf(1 << 30)
    log.open(1, EMPTY_LOG, null)
    const large = Buffer.alloc(LARGE_BYTES)
    for (const payload of [BIG, BIG, large, [BIG, large], BIG]) log.append(50, payload)
    assert.ok(log.gatheredBytes > 2 * LARGE_BYTES)
    assert.equal(batches.length, 0)
    endTurn()
    const ranges = batches.map(({ firstIndex, lastIndex }) => [firstIndex, lastIndex])
    assert.equal(JSON.stringify(ranges), '[[1,2],[3,3],[4,4],[5,5]]')
    assert.deepEqual(batches[2]?.previous, batches[1]?.last)
    assert.equal(log.gatheredBytes, 0)
  })

  it('hands on none of them after its leadership has ended', () => {
    const batches: LogBatch[] = []
    const turn: (() => void)[] = []
    const log: LeaderLog = new LeaderLog({
      segmentSizeBytes: 1 << 30,
      schedule: (work) => turn.push(work),
      onBatch: (batch) => {
        batches.push(batch)
        log.close()
      },
      appliedIndex: () => 0,
      segmentState: () => ({ type: STATE, payload: BIG }),
    })
    log.open(1, EMPTY_LOG, null)
    for (let i = 0; i < 3; i++) log.append(50, Buffer.alloc(LARGE_BYTES))
    turn.forEach((work) => work())
    assert.equal(batches.length, 1)
    assert.equal(log.gatheredBytes, 0)
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

describe('leader log: segments', () => {
  it('begins one with the state at that place, and holds what comes behind it until then', () => {
    const { log, batches, endTurn, apply } = logOf(1_000)
    log.open(1, EMPTY_LOG, null)
    assert.equal(log.append(50, BIG), 1)
    // No room for this one: the state of the next segment has number 2.
    assert.equal(log.append(51, BIG), 3)
    assert.equal(log.append(52, Buffer.from('small')), 4)
    assert.ok(log.gatheredBytes > 2 * BIG.length)
    endTurn()
    assert.deepEqual(recordsOf(batches), [[1, 50, BIG.toString().slice(0, 20)]])
    apply()
    assert.deepEqual(
      recordsOf(batches.slice(1)).map(([index, type, text]) => [index, type, text.slice(0, 10)]),
      [
        [2, STATE, 'state at 1'],
        [3, 51, 'bbbbbbbbbb'],
        [4, 52, 'small'],
      ],
    )
    assert.deepEqual(
      batches[1]?.segmentStarts.map(({ index }) => index),
      [2],
    )
    assert.equal(log.gatheredBytes, 0)
  })

  it('begins one early when asked, unless too little is in the present one', () => {
    const { log, batches, endTurn, apply } = logOf(10_000)
    log.open(1, EMPTY_LOG, null)
    assert.equal(log.beginSegment(0), false, 'nothing is applied in this epoch (R20)')
    log.append(50, BIG)
    assert.equal(log.beginSegment(10 * BIG.length), false)
    assert.equal(log.beginSegment(BIG.length), true)
    assert.equal(log.beginSegment(BIG.length), false, 'it is on its way')
    assert.equal(log.append(51, BIG), 3)
    endTurn()
    apply()
    assert.deepEqual(
      batches.flatMap(({ segmentStarts }) => segmentStarts.map(({ index }) => index)),
      [1, 2],
    )
    assert.equal(recordsOf(batches)[1]?.[2], 'state at 1')
    log.append(50, BIG)
    assert.equal(log.beginSegment(BIG.length * 3), false)
    assert.equal(log.beginSegment(BIG.length * 2), true)
  })

  it('begins none early that would hold little but its state', () => {
    const { log, endTurn, apply } = logOf(10_000, Buffer.alloc(1_000))
    log.open(1, EMPTY_LOG, null)
    log.append(50, BIG)
    assert.equal(log.beginSegment(0), true)
    endTurn()
    apply()
    assert.equal(log.beginSegment(0), false)
    for (let i = 0; i < 2; i++) log.append(50, BIG)
    assert.equal(log.beginSegment(0), true)
  })

  it('holds no first record of an epoch: nothing is applied before that one (R20)', () => {
    const { log, batches, endTurn } = logOf(1_000)
    const full = { index: 9, epoch: 1, chain: 5, position: 5_000 }
    log.open(2, full, 4_100)
    log.append(1, BIG)
    endTurn()
    assert.deepEqual(batches[0]?.segmentStarts, [])
    assert.equal(log.append(50, BIG), 12)
  })

  it('makes a settled record when all before it is applied, and not earlier', () => {
    const { log, batches, endTurn, apply } = logOf()
    log.open(1, EMPTY_LOG, null)
    log.append(50, Buffer.from('before'))
    const made: number[] = []
    log.appendSettled(() => {
      made.push(batches.length)
      return { type: 60, payload: Buffer.from('settled') }
    })
    assert.equal(log.append(50, Buffer.from('behind')), 3)
    endTurn()
    assert.deepEqual(made, [])
    apply()
    assert.deepEqual(made, [1])
    assert.deepEqual(recordsOf(batches), [
      [1, 50, 'before'],
      [2, 60, 'settled'],
      [3, 50, 'behind'],
    ])
  })

  it('refuses at once what no record can hold, also while it holds others', () => {
    const { log } = logOf(1_000)
    log.open(1, EMPTY_LOG, null)
    log.append(50, BIG)
    log.append(50, BIG)
    const tooLarge = Buffer.alloc(MAX_PAYLOAD_BYTES + 1)
    assert.throws(() => log.append(50, tooLarge), { code: 'RESOURCE_LIMIT' })
    assert.equal(log.append(50, Buffer.from('x')), 4)
  })

  it('drops what it holds when the leadership ends', () => {
    const { log, batches, endTurn, apply } = logOf(1_000)
    log.open(1, EMPTY_LOG, null)
    log.append(50, BIG)
    log.append(51, BIG)
    endTurn()
    log.close()
    assert.equal(log.gatheredBytes, 0)
    apply()
    assert.equal(batches.length, 1)
  })

  it('makes batches of their own of a large state and of large copies', () => {
    const large = Buffer.alloc(LARGE_BYTES)
    const { log, batches, endTurn, apply } = logOf(1_000, large)
    log.open(1, EMPTY_LOG, null)
    log.append(50, BIG)
    log.append(51, BIG)
    log.appendSettled(() => ({ type: 60, payload: [BIG, large] }))
    log.append(52, BIG)
    endTurn()
    for (let i = 0; i < 3; i++) apply()
    const ranges = batches.map(({ firstIndex, lastIndex }) => [firstIndex, lastIndex])
    assert.equal(JSON.stringify(ranges), '[[1,1],[2,2],[3,3],[4,4],[5,5]]')
    const starts = batches.flatMap(({ segmentStarts }) => segmentStarts.map(({ index }) => index))
    assert.deepEqual(starts, [1, 2])
    assert.equal(log.gatheredBytes, 0)
  })
})
