import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { BrokerError } from '@quorate/core/base/errors'
import { ManualClock } from '@quorate/core/base/manual-clock'
import { EMPTY_LOG } from '../../../src/store/journal/log-batch.ts'
import type { LogPoint } from '../../../src/store/journal/log-batch.ts'
import {
  CHECKPOINT_IDLE_MS,
  CHECKPOINT_LOG_BYTES,
  CHECKPOINT_LOOK_MS,
  CHECKPOINT_ROWS,
  CheckpointSchedule,
  checkpointDue,
} from '../../../src/store/leveldb/checkpoint-schedule.ts'

class Target {
  appliedPoint: LogPoint = EMPTY_LOG
  checkpointedPoint: LogPoint = EMPTY_LOG
  changedRows = 0
  asked = 0
  #finish: ((error: BrokerError | null) => void) | null = null

  checkpoint(): Promise<LogPoint> {
    this.asked++
    return new Promise((resolve, reject) => {
      this.#finish = (error) => {
        if (error !== null) reject(error)
        else resolve((this.checkpointedPoint = this.appliedPoint))
      }
    })
  }

  apply(bytes: number): void {
    const { index, position } = this.appliedPoint
    this.appliedPoint = { index: index + 1, epoch: 1, chain: 0, position: position + bytes }
  }

  async finish(error: BrokerError | null = null): Promise<void> {
    this.#finish?.(error)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function setUp() {
  const clock = new ManualClock()
  const target = new Target()
  const failures: BrokerError[] = []
  const onFailure = (error: BrokerError): void => {
    failures.push(error)
  }
  const schedule = new CheckpointSchedule({ target, due: checkpointDue, clock, onFailure })
  schedule.start()
  return { clock, target, failures, schedule }
}

describe('checkpoint schedule', () => {
  it('asks after enough log, at the next look', () => {
    const { clock, target } = setUp()
    target.apply(CHECKPOINT_LOG_BYTES - 1)
    clock.advance(CHECKPOINT_LOOK_MS)
    assert.equal(target.asked, 0)
    target.apply(1)
    clock.advance(CHECKPOINT_LOOK_MS)
    assert.equal(target.asked, 1)
  })

  it('asks after enough rows that changed, however little log they took', () => {
    const { clock, target } = setUp()
    target.apply(1)
    target.changedRows = CHECKPOINT_ROWS - 1
    clock.advance(CHECKPOINT_LOOK_MS)
    assert.equal(target.asked, 0)
    target.changedRows++
    clock.advance(CHECKPOINT_LOOK_MS)
    assert.equal(target.asked, 1)
  })

  it('asks when nothing was applied for a while, and only then', () => {
    const { clock, target } = setUp()
    for (let i = 0; i < 30; i++) {
      target.apply(100)
      clock.advance(CHECKPOINT_IDLE_MS / 2)
    }
    assert.equal(target.asked, 0)
    clock.advance(CHECKPOINT_IDLE_MS)
    assert.equal(target.asked, 1)
  })

  it('asks for one at a time, and not when there is nothing new', async () => {
    const { clock, target } = setUp()
    target.apply(CHECKPOINT_LOG_BYTES)
    clock.advance(CHECKPOINT_LOOK_MS)
    target.apply(CHECKPOINT_LOG_BYTES * 2)
    clock.advance(CHECKPOINT_IDLE_MS * 3)
    assert.equal(target.asked, 1)
    await target.finish()
    clock.advance(CHECKPOINT_IDLE_MS * 3)
    assert.equal(target.asked, 1)
  })

  it('tells of a failure once and asks no more', async () => {
    const { clock, target, failures } = setUp()
    target.apply(CHECKPOINT_LOG_BYTES)
    clock.advance(CHECKPOINT_LOOK_MS)
    await target.finish(new BrokerError('STORE_FULL', 'full'))
    target.apply(CHECKPOINT_LOG_BYTES)
    clock.advance(CHECKPOINT_IDLE_MS * 3)
    assert.equal(target.asked, 1)
    assert.deepEqual(
      failures.map((error) => error.code),
      ['STORE_FULL'],
    )
  })

  it('asks nothing after it was stopped', () => {
    const { clock, target, schedule } = setUp()
    schedule.stop()
    target.apply(CHECKPOINT_LOG_BYTES)
    clock.advance(CHECKPOINT_IDLE_MS * 3)
    assert.equal(target.asked, 0)
  })
})
