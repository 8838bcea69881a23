import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Backlog } from '../../../src/engine/dispatch/backlog.ts'
import {
  FETCH_BYTES_MAX,
  FETCH_ENTRIES_MAX,
  FETCHES_MAX,
  SHORT_ENTRIES_MAX,
  WINDOW_BYTES_MAX,
  WINDOWS_ENTRIES_MAX,
} from '../../../src/engine/policy/limits.ts'
import { BacklogBench, TestReceiver } from './backlog-bench.ts'

const MIB = 1 << 20

/** One receiver of all these lists, with room for so many messages. */
function receiverOf(bench: BacklogBench, lists: readonly Backlog[], free: number): TestReceiver {
  const receiver = new TestReceiver(free)
  for (const list of lists) list.attach(receiver)
  receiver.wake = () => {
    for (const list of lists) list.mark()
  }
  bench.turn()
  return receiver
}

describe('the bodies of many lists', () => {
  it('are loaded by few fetches at a time, each list having its turn before another has two', () => {
    const bench = new BacklogBench()
    const lists = bench.lists(200, { count: 600, length: 10 })
    const receiver = receiverOf(bench, lists, 1_000_000)
    bench.finishAll()
    assert.equal(bench.peakUnderWay, FETCHES_MAX)
    const turns = bench.fetched.map(({ list }) => list)
    const ids = lists.map(({ listId }) => listId)
    assert.deepEqual(turns.slice(0, 400), [...ids, ...ids])
    assert.equal(receiver.taken.length, 200 * 600)
    assert.ok(receiver.isInOrder())
  })

  it('take no more memory than all windows may, one fetch apart', () => {
    const bench = new BacklogBench()
    const lists = bench.lists(300, { count: 8, length: MIB })
    const receiver = receiverOf(bench, lists, 100)
    // It takes little, and the lists load ahead.
    while (receiver.taken.length < 300 * 8) {
      bench.finishAll()
      const { usedBytes } = bench.windows.bodies
      assert.ok(usedBytes > WINDOW_BYTES_MAX / 2 || receiver.taken.length > 1500)
      receiver.makeRoom(100)
      bench.turn()
    }
    assert.ok(bench.peakBytes <= WINDOW_BYTES_MAX + FETCH_BYTES_MAX, String(bench.peakBytes))
    assert.ok(receiver.isInOrder())
    assert.equal(bench.windows.bodies.usedBytes, 0)
  })

  it('make room for a list that is wanted, where nobody wants those that are at hand', () => {
    const bench = new BacklogBench()
    const idle = bench.lists(100, { count: 8, length: MIB })
    const stuck = receiverOf(bench, idle, 1)
    bench.finishAll()
    assert.ok(bench.windows.bodies.usedBytes > WINDOW_BYTES_MAX - FETCH_BYTES_MAX)
    const wanted = bench.list({ count: 1000, length: 10 })
    const receiver = receiverOf(bench, [wanted], 1000)
    const before = bench.fetched.length
    bench.finishAll()
    assert.equal(receiver.taken.length, 1000)
    assert.equal(bench.fetched[before - 1]?.count, SHORT_ENTRIES_MAX)
    assert.equal(bench.fetched[before]?.count, FETCH_ENTRIES_MAX)
    // What was given up is loaded again for whoever comes to want it.
    while (stuck.taken.length < 100 * 8) {
      stuck.makeRoom(50)
      bench.finishAll()
    }
    assert.ok(stuck.isInOrder())
    assert.ok(bench.peakBytes <= WINDOW_BYTES_MAX + FETCH_BYTES_MAX)
  })

  it('are not wanted by a consumer that waits for an exclusive one, which is full', () => {
    const bench = new BacklogBench()
    const list = bench.list({ count: 1000, length: MIB })
    const [exclusive, standby] = [new TestReceiver(1, true), new TestReceiver(1000)]
    for (const receiver of [exclusive, standby]) list.attach(receiver)
    bench.finishAll()
    assert.deepEqual([exclusive.taken.length, standby.taken.length], [1, 0])
    assert.equal(list.isNeeded, false)
    // Ahead of need no more than one batch is at hand.
    assert.ok(bench.windows.bodies.usedBytes <= FETCH_BYTES_MAX + MIB)
    list.detach(exclusive)
    bench.finishAll()
    assert.equal(standby.taken.length, 999)
  })

  it('stay where a list in step with its consumer lacks nothing', () => {
    const bench = new BacklogBench()
    const idle = bench.lists(100, { count: 8, length: MIB })
    receiverOf(bench, idle, 1)
    const served = bench.list({ count: 20, length: 10 })
    const receiver = receiverOf(bench, [served], 1000)
    bench.finishAll()
    assert.deepEqual([receiver.taken.length, served.isNeeded], [20, true])
    const { bodies } = bench.windows
    bodies.reserve(WINDOW_BYTES_MAX - bodies.usedBytes)
    for (let turn = 0; turn < 10; turn++) {
      served.mark()
      bench.turn()
    }
    assert.equal(bodies.usedBytes, WINDOW_BYTES_MAX)
  })

  it('come one at a time where no list can make room, messages larger than all of it too', () => {
    const bench = new BacklogBench()
    const lists = bench.lists(5, { count: 3, length: WINDOW_BYTES_MAX + 1 })
    const receiver = receiverOf(bench, lists, 1000)
    bench.finishAll()
    assert.equal(receiver.taken.length, 15)
    assert.ok(receiver.isInOrder())
    assert.equal(bench.peakUnderWay, 1)
    assert.equal(bench.windows.bodies.usedBytes, 0)
  })

  it('go on where a list that waits, or loads, loses its consumers or is gone', () => {
    const bench = new BacklogBench()
    const lists = bench.lists(9, { count: 2, length: 10 })
    const receiver = receiverOf(bench, lists, 1000)
    lists[0]?.detach(receiver)
    lists[4]?.detach(receiver)
    lists[5]?.discard()
    bench.remove(lists[5] as Backlog)
    bench.finishAll()
    const left = new Set(receiver.taken.map(({ list }) => list))
    assert.deepEqual([...left], [2, 3, 4, 7, 8, 9])
    assert.equal(bench.windows.bodies.usedBytes, 0)
    assert.equal(bench.windows.entries, 0)
    const back = receiverOf(bench, [lists[0] as Backlog, lists[4] as Backlog], 1000)
    bench.finishAll()
    assert.equal(back.taken.length, 4)
  })

  it('are not loaded when it is their turn and their consumers have become full', () => {
    const bench = new BacklogBench()
    bench.windows.bodies.reserve(WINDOW_BYTES_MAX)
    const lists = bench.lists(50, { count: 500, length: 10 })
    const receiver = receiverOf(bench, lists, 2 * SHORT_ENTRIES_MAX)
    bench.finishAll()
    assert.deepEqual(
      bench.fetched.map(({ list, count }) => [list, count]),
      [
        [1, SHORT_ENTRIES_MAX],
        [2, SHORT_ENTRIES_MAX],
      ],
    )
    receiver.makeRoom(1)
    bench.finishAll()
    assert.equal(bench.fetched.length, 3)
  })

  it('have few references in memory, however many wait in how many lists', () => {
    const bench = new BacklogBench()
    const lists = bench.lists(2000, { count: 600, length: 10 })
    receiverOf(bench, lists, 1000)
    bench.finishAll()
    assert.ok(bench.peakEntries <= WINDOWS_ENTRIES_MAX + lists.length, String(bench.peakEntries))
    const wanted = bench.list({ count: 2000, length: 10 })
    const other = receiverOf(bench, [wanted], 5000)
    bench.finishAll()
    assert.equal(other.taken.length, 2000)
    assert.ok(other.isInOrder())
  })
})

describe('the bodies of one long list', () => {
  it('are loaded ahead of a consumer that takes one at a time', () => {
    const bench = new BacklogBench()
    const receiver = receiverOf(bench, [bench.list({ count: 1024, length: 1000 })], 1)
    assert.equal(bench.fetched[0]?.count, FETCH_ENTRIES_MAX)
    bench.finishAll()
    assert.equal(receiver.taken.length, 1)
    // All but the first are at hand, and one more.
    assert.equal(bench.windows.bodies.usedBytes, FETCH_ENTRIES_MAX * 1000)
    while (receiver.taken.length < 1024) {
      receiver.makeRoom(1)
      const { length } = receiver.taken
      bench.turn()
      assert.equal(receiver.taken.length, length + 1, 'what comes next is at hand')
      bench.finishAll()
    }
    assert.ok(receiver.isInOrder())
  })
})
