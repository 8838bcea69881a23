import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compareEntries, Entry } from '../../../src/engine/dispatch/entry.ts'
import { MemoryLine } from '../../../src/engine/dispatch/memory-line.ts'
import { PendingCursor } from '../../../src/engine/dispatch/pending-cursor.ts'
import type { StoredList, StoredMessage } from '../../../src/store/message-store.ts'
import { WindowSpace } from '../../../src/engine/dispatch/window-space.ts'
import { testMessage } from '../engine-harness.ts'

/** A committed list whose bodies are only in the journal. */
class TestList implements StoredList {
  readonly id = 1
  readonly messages: StoredMessage[] = []

  get length(): number {
    return this.messages.length
  }

  get bytes(): number {
    return this.length
  }

  next(after: number, limit: number): StoredMessage[] {
    return this.messages.filter(({ sequence }) => sequence > after).slice(0, limit)
  }

  get(sequence: number): StoredMessage | undefined {
    return this.messages.find((one) => one.sequence === sequence)
  }

  remove(sequences: readonly number[]): void {
    for (const sequence of sequences) {
      const at = this.messages.findIndex((one) => one.sequence === sequence)
      if (at !== -1) this.messages.splice(at, 1)
    }
  }

  add(sequence: number): StoredMessage {
    const message: StoredMessage = {
      sequence,
      list: 1,
      position: 0,
      length: 1,
      priority: 4,
      expirationMs: 0,
      redeliveries: 0,
      body: null,
    }
    this.messages.push(message)
    return message
  }
}

function makeCursor(list: StoredList, budgetBytes = 1 << 20, entriesMax = 10_000) {
  const space = new WindowSpace(budgetBytes, entriesMax)
  const memory = new MemoryLine()
  const cursor = new PendingCursor({
    list: () => list,
    space,
    takeoverSequence: 0,
    takeoverDoubtMax: 0,
    memory,
  })
  return { cursor, space, memory }
}

type Step =
  | { readonly kind: 'commit'; readonly keep: boolean; readonly withMessage: boolean }
  | { readonly kind: 'memory' }
  | { readonly kind: 'take'; readonly count: number }
  | { readonly kind: 'back'; readonly from: number; readonly count: number }
  | { readonly kind: 'load' }
  | { readonly kind: 'beginLoading' | 'endLoading' | 'park' | 'allBack' | 'allGone' }
  | { readonly kind: 'withdraw'; readonly sequences: readonly number[] }

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('commit' as const),
      keep: fc.boolean(),
      withMessage: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('memory' as const) }),
    fc.record({ kind: fc.constant('take' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({
      kind: fc.constant('back' as const),
      from: fc.nat(10),
      count: fc.integer({ min: 1, max: 5 }),
    }),
    fc.record({ kind: fc.constant('load' as const) }),
    fc.record({
      kind: fc.constantFrom('beginLoading', 'endLoading', 'park', 'allBack', 'allGone'),
    }),
    fc.record({
      kind: fc.constant('withdraw' as const),
      sequences: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 4 }),
    }),
  ),
  { maxLength: 60, size: 'max' },
)

interface Loading {
  readonly missing: readonly Entry[]
  readonly generation: number
}

describe('the pending cursor', () => {
  it('shows every waiting message once, in order, whatever comes, goes and is parked', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 20 }), fc.boolean(), (all, bytes, crowded) => {
        const list = new TestList()
        const { cursor, space, memory } = makeCursor(list, bytes, crowded ? 0 : 10_000)
        let sequence = 0
        let turn = 0
        const out: Entry[] = []
        let withdrawn: Entry[] = []
        let loading: Loading | null = null
        const waiting = new Set<string>()
        const key = (entry: Entry): string => `${entry.place}/${entry.turn}`
        const takeOne = (): boolean => {
          const entry = cursor.peek()
          if (entry === undefined || !cursor.hasBody(entry)) return false
          assert.equal(cursor.take(), entry)
          assert.equal(waiting.delete(key(entry)), true)
          out.push(entry)
          return true
        }
        for (const step of all) {
          if (step.kind === 'commit') {
            const stored = list.add(++sequence)
            waiting.add(`${sequence}/0`)
            cursor.committed(stored, step.withMessage ? testMessage('Q', 'x') : null, step.keep)
          } else if (step.kind === 'memory') {
            const entry = Entry.ofMessage(testMessage('Q', 'x'), sequence, ++turn)
            waiting.add(key(entry))
            memory.push(entry)
          } else if (step.kind === 'take') {
            for (let i = 0; i < step.count; i++) takeOne()
          } else if (step.kind === 'back') {
            const back = out.splice(step.from % (out.length + 1), step.count)
            for (const entry of back) waiting.add(key(entry))
            cursor.giveBack(back)
          } else if (step.kind === 'load') {
            cursor.peek()
            cursor.readAhead(5)
            const missing = cursor.missing(0)
            const bodies = missing.map(() => Buffer.from('x'))
            cursor.loaded(missing, bodies, cursor.generation)
            assert.equal(
              missing.every(({ body }) => body !== null),
              true,
            )
          } else if (step.kind === 'beginLoading') {
            cursor.peek()
            loading = { missing: cursor.missing(0), generation: cursor.generation }
          } else if (step.kind === 'endLoading' && loading !== null) {
            const bodies = loading.missing.map(({ place }) => {
              return list.get(place) === undefined ? null : Buffer.from('x')
            })
            cursor.loaded(loading.missing, bodies, loading.generation)
            loading = null
          } else if (step.kind === 'withdraw') {
            const taken = cursor.withdraw(step.sequences)
            for (const entry of taken) assert.equal(waiting.delete(key(entry)), true)
            withdrawn.push(...taken)
          } else if (step.kind === 'allBack') {
            for (const entry of withdrawn) waiting.add(key(entry))
            cursor.giveBack(withdrawn)
            withdrawn = []
          } else if (step.kind === 'allGone') {
            const gone = withdrawn.map(({ place }) => place)
            withdrawn = []
            list.remove(gone)
            cursor.left(gone)
          } else if (step.kind === 'park') cursor.park()
        }
        const rest: Entry[] = []
        // Whoever has room has everything in the end: each body can be loaded.
        for (let next = cursor.peek(); next !== undefined; next = cursor.peek()) {
          if (!cursor.hasBody(next)) {
            const missing = cursor.missing(0)
            assert.ok(missing.includes(next), 'the next one is never loaded')
            const bodies = missing.map(() => Buffer.from('x'))
            cursor.loaded(missing, bodies, cursor.generation)
          }
          rest.push(cursor.take() as Entry)
        }
        assert.deepEqual(new Set(rest.map(key)), waiting)
        assert.equal(rest.length, waiting.size)
        const sorted = [...rest].sort(compareEntries)
        assert.deepEqual(rest.map(key), sorted.map(key))
        assert.equal(space.bodies.usedBytes, 0)
        assert.equal(space.entries, 0)
      }),
      { numRuns: 1000 },
    )
  })

  it('leaves out what has left the list while it was read', () => {
    const list = new TestList()
    for (const sequence of [1, 2, 3]) list.add(sequence)
    const { cursor } = makeCursor(list)
    cursor.peek()
    const missing = cursor.missing(0)
    cursor.loaded(missing, [Buffer.from('a'), null, Buffer.from('c')], cursor.generation)
    assert.deepEqual([cursor.take()?.place, cursor.take()?.place], [1, 3])
    assert.equal(cursor.take(), undefined)
  })

  it('counts no body of a message that has expired, and left, while it was read', () => {
    const list = new TestList()
    const expiring = { ...list.add(1), expirationMs: 10 }
    list.messages[0] = expiring
    const { cursor, space } = makeCursor(list)
    cursor.peek()
    const missing = cursor.missing(0)
    const taken = cursor.take()
    assert.equal(taken?.isExpired(10), true)
    cursor.loaded(missing, [Buffer.from('x')], cursor.generation)
    assert.equal(space.bodies.usedBytes, 0)
    cursor.committed(list.add(2), null, true)
    assert.equal(cursor.missing(0).length, 1)
  })

  it('has no more loaded than is asked for, of what came back and of what never left together', () => {
    const list = new TestList()
    for (const sequence of [1, 2, 3]) list.add(sequence)
    const { cursor } = makeCursor(list)
    cursor.peek()
    cursor.giveBack([cursor.take() as Entry])
    assert.deepEqual(
      [1, 2, 3].map((count) => cursor.missing(0, count).length),
      [1, 2, 3],
    )
  })

  it('counts the bodies of messages that come back unread', () => {
    const list = new TestList()
    const { cursor, space } = makeCursor(list)
    cursor.peek()
    cursor.committed(list.add(1), testMessage('Q', 'x'), true)
    const taken = cursor.take() as Entry
    assert.equal(space.bodies.usedBytes, 0)
    cursor.giveBack([taken])
    assert.equal(space.bodies.usedBytes, 1)
    cursor.park()
    assert.equal(space.bodies.usedBytes, 0)
  })

  it('keeps no more bodies than the budget allows', () => {
    const list = new TestList()
    const { cursor, space } = makeCursor(list, 5)
    cursor.peek()
    for (let sequence = 1; sequence <= 10; sequence++) {
      cursor.committed(list.add(sequence), testMessage('Q', 'x'), true)
    }
    assert.equal(space.bodies.usedBytes, 5)
    assert.equal(cursor.missing(0).length, 5)
  })
})
