import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  COPY_BYTES_MAX,
  EARLY_BYTES_MIN,
  HELD_FOR_FOLLOWERS_MAX,
} from '../../src/compaction/compactor.ts'
import { SHARERS_MAX } from '../../src/compaction/living-messages.ts'
import type { CopiesOp, LogOp } from '../../src/store/log-op.ts'
import { busyOp } from '../store/random-ops.ts'
import { CompactedFixture } from './compacted-fixture.ts'

function queue(id: number): LogOp {
  return { kind: 'destination-added', id, destination: { kind: 'queue', name: `Q${id}` } }
}

function topic(id: number): LogOp {
  return { kind: 'destination-added', id, destination: { kind: 'topic', name: `T${id}` } }
}

function subscription(id: number): LogOp {
  const rest = { clientId: 'c', name: `s${id}`, selector: '', noLocal: false }
  return { kind: 'subscription-added', id, topic: 1, ...rest }
}

function message(lists: readonly number[], bytes = 1_000): LogOp {
  return {
    kind: 'message',
    lists,
    producer: 0,
    producerSequence: 0,
    priority: 4,
    expirationMs: 0,
    redeliveries: 0,
    body: Buffer.alloc(bytes, 'x'),
  }
}

function acknowledge(list: number, ...sequences: number[]): LogOp {
  return { kind: 'acknowledge', list, sequences }
}

function from(first: number, through: number): number[] {
  return Array.from({ length: through - first + 1 }, (_, i) => first + i)
}

/** Ten messages in the first segment; those named are consumed, and another segment is begun. */
function withConsumed(...consumed: readonly number[]): CompactedFixture {
  const log = new CompactedFixture()
  log.run(queue(1), ...from(1, 10).map(() => message([1])), acknowledge(1, ...consumed))
  log.beginSegment()
  return log
}

function copiesOf(log: CompactedFixture): number[] {
  const copies = log.appended.filter((op): op is CopiesOp => op.kind === 'copies')
  return copies.flatMap(({ messages }) => messages.map(({ sequence }) => sequence))
}

describe('compaction', () => {
  it('moves the start of the log behind segments in which nothing waits', async () => {
    const log = withConsumed(...from(1, 10))
    const { firstIndex } = log.segments[1]!
    await log.compact()
    assert.deepEqual(log.appended, [{ kind: 'log-start', index: firstIndex }])
    assert.deepEqual(log.rebuilt(), log.state())
  })

  it('copies the few that wait in an old segment, and keeps their order', async () => {
    const log = withConsumed(...from(1, 3), ...from(5, 9))
    log.run(message([1]))
    await log.compact()
    assert.deepEqual(copiesOf(log), [4, 10])
    assert.equal(log.start, log.segments[1]?.firstIndex)
    assert.deepEqual(log.rebuilt(), log.state())
    const order = log.store.fold.lists.get(1)!.next(0, 9)
    assert.deepEqual(
      order.map(({ sequence }) => sequence),
      [4, 10, 11],
    )
  })

  it('leaves a segment alone that is mostly in use', async () => {
    const log = withConsumed(1, 2, 3)
    await log.compact()
    assert.deepEqual(log.appended, [])
  })

  it('copies a segment that is in use when that sets dead ones behind it free', async () => {
    const log = withConsumed(1, 2, 3)
    log.run(...from(1, 10).map(() => message([1])), acknowledge(1, ...from(11, 20)))
    log.beginSegment()
    await log.compact()
    assert.deepEqual(copiesOf(log), from(4, 10))
    assert.equal(log.start, log.segments[2]?.firstIndex)
  })

  it('goes on when the disk is short, as long as half of the head-room is left', async () => {
    const log = withConsumed(...from(1, 8))
    log.leaveRoom(2_500)
    assert.equal(Math.round(log.roomBytes), 2_500)
    await log.compact()
    assert.deepEqual(copiesOf(log), [9, 10])
    assert.equal(log.start, log.segments[1]?.firstIndex)
    assert.ok(log.roomBytes > 2_500, 'that has set more free than it took')
  })

  it('waits until all of a front fits, and copies nothing of it before', async () => {
    const log = withConsumed(...from(1, 6))
    log.leaveRoom(2_500)
    await log.compact()
    assert.deepEqual(log.appended, [], 'four thousand bytes do not fit')
    log.run(acknowledge(1, 7, 8))
    await log.compact()
    assert.deepEqual(copiesOf(log), [9, 10])
    assert.deepEqual(log.rebuilt(), log.state())
  })

  it('does not begin a front that would use up a disk on which there still is space', async () => {
    const log = withConsumed(...from(1, 6))
    log.headRoomShare = 1 / 10
    log.leaveRoom(2_500)
    assert.ok(log.freeBytes > log.headRoomBytes, 'new messages find space')
    await log.compact()
    assert.deepEqual(log.appended, [], 'four thousand bytes do not fit')
    log.run(acknowledge(1, 7, 8))
    await log.compact()
    assert.deepEqual(copiesOf(log), [9, 10])
    assert.ok(log.freeBytes > log.headRoomBytes)
  })

  it('moves the start of the log on the fullest disk', async () => {
    const log = withConsumed(...from(1, 10))
    log.diskBytes = 10_000
    assert.ok(log.roomBytes < 0)
    await log.compact()
    assert.deepEqual(log.start, log.segments[1]?.firstIndex)
  })

  describe('of a log that is one segment', () => {
    const LARGE = EARLY_BYTES_MIN / 4

    /** Ten messages; those named are consumed. */
    function ofOne(...consumed: readonly number[]): CompactedFixture {
      const log = new CompactedFixture()
      log.run(queue(1), ...from(1, 10).map(() => message([1], LARGE)))
      log.run(acknowledge(1, ...consumed))
      log.lacksSpace = true
      return log
    }

    it('begins another one when there is no space and all is consumed', async () => {
      const log = ofOne(...from(1, 10))
      log.lacksSpace = false
      await log.compact()
      assert.equal(log.segments.length, 1, 'not before')
      log.lacksSpace = true
      await log.compact()
      assert.equal(log.segments.length, 2, 'and just one, though it is told of no space yet')
      assert.equal(log.start, log.segments[1]?.firstIndex)
      assert.deepEqual(log.rebuilt(), log.state())
    })

    it('begins another one when at most half is in use, and copies that', async () => {
      const log = ofOne(...from(1, 4))
      await log.compact()
      assert.equal(log.segments.length, 1)
      log.run(acknowledge(1, 5, 6))
      await log.compact()
      assert.deepEqual(copiesOf(log), from(7, 10))
      assert.equal(log.start, log.segments[1]?.firstIndex)
      assert.deepEqual(log.rebuilt(), log.state())
    })

    it('begins none for a little log, however short a disk is', async () => {
      const log = new CompactedFixture()
      log.run(queue(1), message([1]), acknowledge(1, 1))
      log.lacksSpace = true
      await log.compact()
      assert.equal(log.segments.length, 1)
    })

    it('begins none for the small end of a long log', async () => {
      const log = ofOne()
      log.beginSegment()
      log.run(...from(1, 10).map(() => message([1], LARGE)), acknowledge(1, ...from(11, 20)))
      log.beginSegment()
      log.run(message([1], EARLY_BYTES_MIN), acknowledge(1, 21))
      log.leaveRoom(0)
      await log.compact()
      assert.equal(log.segments.length, 3)
      log.run(acknowledge(1, ...from(1, 10)))
      await log.compact()
      assert.equal(log.start, log.segments[2]?.firstIndex)
    })
  })

  it('does not copy what is consumed before the record is made', async () => {
    const log = withConsumed(...from(1, 8))
    log.isBusy = true
    await log.compact(3)
    log.run(acknowledge(1, 9), { kind: 'redelivered', list: 1, sequences: [10] })
    log.settle()
    await log.compact()
    assert.deepEqual(copiesOf(log), [10])
    assert.deepEqual(log.rebuilt(), log.state())
  })

  it('copies a message that several durable subscriptions wait for once', async () => {
    const log = new CompactedFixture()
    log.run(topic(1), ...[2, 3, 4].map((id) => subscription(id)))
    log.run(...from(1, 10).map(() => message([2, 3, 4])))
    for (const list of [2, 3]) log.run(acknowledge(list, ...from(1, 9)))
    log.run(acknowledge(4, ...from(1, 10)), { kind: 'redelivered', list: 3, sequences: [10] })
    log.beginSegment()
    await log.compact()
    const [copies] = log.appended
    assert.ok(copies?.kind === 'copies')
    assert.deepEqual(
      copies.messages.map(({ lists }) => lists),
      [
        [
          { list: 2, redeliveries: 0 },
          { list: 3, redeliveries: 1 },
        ],
      ],
    )
    assert.deepEqual(log.rebuilt(), log.state())
  })

  it('copies for a great many subscriptions, and looks through them once', async () => {
    const log = new CompactedFixture()
    const ids = from(2, 2 * SHARERS_MAX + 101)
    log.run(topic(1), ...ids.map((id) => subscription(id)))
    log.run(message(ids, 1), message(ids))
    for (const id of ids) log.run(acknowledge(id, 2))
    log.beginSegment()
    const { subscriptions } = log.store.fold
    let looks = 0
    subscriptions.values = function () {
      looks += this.size
      return Map.prototype.values.call(this) as ReturnType<typeof this.values>
    }
    await log.compact(60)
    const lists = log.appended.flatMap((op) => {
      return op.kind === 'copies'
        ? op.messages.map((each) => each.lists.map(({ list }) => list))
        : []
    })
    assert.deepEqual(
      lists.map(({ length }) => length),
      [SHARERS_MAX, SHARERS_MAX, 100],
    )
    assert.deepEqual(lists.flat(), ids)
    assert.equal(log.start, log.segments[1]!.firstIndex)
    // Once for each time that it goes through all lists.
    assert.ok(looks <= 3 * ids.length, `${looks}`)
    delete (subscriptions as Partial<typeof subscriptions>).values
    assert.deepEqual(log.rebuilt(), log.state())
  })

  it('copies in rounds of bounded size', async () => {
    const log = new CompactedFixture()
    const bytes = COPY_BYTES_MAX / 4
    log.run(queue(1), ...from(1, 20).map(() => message([1], bytes)), acknowledge(1, ...from(1, 11)))
    log.beginSegment()
    await log.compact(40)
    const rounds = log.appended.filter((op) => op.kind === 'copies').map((op) => op.messages.length)
    assert.deepEqual(rounds, [4, 4, 1])
    assert.deepEqual(log.rebuilt(), log.state())
  })

  it('waits for followers that are being fed, but not for ever', async () => {
    const log = withConsumed(...from(1, 10))
    log.fedIndex = 5
    await log.compact()
    assert.deepEqual(log.appended, [])
    // Grown by so much since, as far as this log can tell.
    Object.defineProperty(log, 'endPosition', { value: 2 * HELD_FOR_FOLLOWERS_MAX })
    await log.compact()
    assert.equal(log.start, log.segments[1]?.firstIndex)
  })

  it('does not begin the log at a segment that does not say how things stood', async () => {
    const log = withConsumed(...from(1, 10))
    log.sequenceAt = () => Promise.resolve(null)
    await log.compact()
    assert.deepEqual(log.appended, [])
  })

  it('asks again what a segment says that was committed before our own disk had it', async () => {
    const log = withConsumed(...from(1, 9))
    const told = log.sequenceAt.bind(log)
    log.sequenceAt = () => Promise.resolve('unwritten')
    await log.compact()
    assert.deepEqual(log.appended, [])
    log.sequenceAt = told
    await log.compact()
    assert.deepEqual(copiesOf(log), [10])
    assert.equal(log.start, log.segments[1]?.firstIndex)
  })

  it('goes on to the next segment that says how things stood when one does not', async () => {
    const log = withConsumed(...from(1, 9))
    log.run(message([1]), acknowledge(1, 11))
    log.beginSegment()
    const told = log.sequenceAt.bind(log)
    const [, silent, telling] = log.segments
    log.sequenceAt = (segment) => (segment === silent ? Promise.resolve(null) : told(segment))
    await log.compact()
    assert.deepEqual(copiesOf(log), [10])
    assert.equal(log.start, telling?.firstIndex)
  })

  it('rests when it is stopped', async () => {
    const log = withConsumed(...from(1, 10))
    log.compactor.stop()
    await log.compact()
    assert.deepEqual(log.appended, [])
  })

  it('leaves a log that gives exactly the same state, whatever was in it', async () => {
    const step = fc.oneof(
      { weight: 12, arbitrary: busyOp },
      { weight: 2, arbitrary: fc.constant('segment' as const) },
      { weight: 2, arbitrary: fc.constant('compact' as const) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
        const log = new CompactedFixture()
        for (const each of steps) {
          if (each === 'segment') log.beginSegment()
          else if (each === 'compact') await log.compact(6)
          else log.run(each)
        }
        log.compactor.stop()
        assert.equal(log.waitingBeforeStart, 0)
        assert.deepEqual(log.rebuilt(), log.state())
      }),
      { numRuns: 150 },
    )
  })
})
