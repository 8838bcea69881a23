import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Changes } from '../../../src/store/fold/changes.ts'
import { Fold } from '../../../src/store/fold/fold.ts'
import { PAGE_ENTRIES_MAX } from '../../../src/store/fold/message-page.ts'
import { describeFold, digestFold } from '../../../src/store/digest.ts'
import type { LogOp, MessageOp } from '../../../src/store/log-op.ts'
import { busyOp } from '../random-ops.ts'

function foldOf(
  ops: readonly LogOp[],
  limits: { outcomesMax?: number; producersMax?: number } = {},
) {
  const fold = new Fold({ changes: null, ...limits })
  for (const op of ops) fold.apply(op, 0, null)
  return fold
}

const queue: LogOp = {
  kind: 'destination-added',
  id: 1,
  destination: { kind: 'queue', name: 'Q' },
}

function message(facts: Partial<MessageOp> = {}): MessageOp {
  return {
    kind: 'message',
    lists: [1],
    producer: 0,
    producerSequence: 0,
    priority: 4,
    expirationMs: 0,
    redeliveries: 0,
    body: Buffer.alloc(0),
    ...facts,
  }
}

function producer(id: number): LogOp {
  return { kind: 'producer', id, name: `p${id}` }
}

function transaction(id: string): LogOp {
  return { kind: 'transaction', id, ops: [] }
}

describe('fold', () => {
  it('follows from its operations alone', () => {
    fc.assert(
      fc.property(fc.array(busyOp, { maxLength: 200 }), (ops) => {
        assert.equal(digestFold(foldOf(ops)), digestFold(foldOf(ops)))
      }),
    )
  })

  it('agrees with a model that keeps every list as an array', () => {
    fc.assert(
      fc.property(fc.array(busyOp, { maxLength: 300 }), (ops) => {
        const fold = foldOf(ops)
        const model = new Model()
        for (const op of ops) model.apply(op)
        const lists = [...fold.lists.values()].sort((a, b) => a.id - b.id)
        assert.deepEqual(
          lists.map((list) => [
            list.id,
            list.next(0, 1e6).map(({ sequence, redeliveries }) => ({ sequence, redeliveries })),
          ]),
          [...model.lists].sort((a, b) => a[0] - b[0]),
        )
        for (const list of lists) assert.equal(list.length, list.next(0, 1e6).length)
      }),
      { numRuns: 200 },
    )
  })

  it('remembers the producers that stored last, and forgets in log order (R42)', () => {
    const ops = [queue, producer(1), producer(2), producer(3)]
    const fold = foldOf([...ops, message({ producer: 1, producerSequence: 9 }), producer(4)], {
      producersMax: 3,
    })
    const names = [...fold.producers].map((entry) => entry.name)
    assert.deepEqual(names, ['p3', 'p1', 'p4'])
    assert.equal(fold.producers.named('p1')?.lastSequence, 9)
    assert.equal(fold.producers.named('p2'), undefined)
    assert.equal(fold.producers.nextId, 5)
  })

  it('remembers the last outcomes, first in, first out (R43)', () => {
    const ops = ['a', 'b', 'c', 'a', 'd'].map(transaction)
    const fold = foldOf(ops, { outcomesMax: 3 })
    assert.deepEqual(
      [...fold.outcomes],
      [
        { number: 2, id: 'b' },
        { number: 3, id: 'c' },
        { number: 4, id: 'd' },
      ],
    )
    assert.equal(fold.outcomes.has('a'), false)
  })

  it('begins a page at its first message and fills it once', () => {
    const fold = foldOf([queue, ...new Array<LogOp>(PAGE_ENTRIES_MAX + 1).fill(message())])
    fold.apply({ kind: 'acknowledge', list: 1, sequences: [3] }, 0, null)
    const pages = [...(fold.lists.get(1)?.pages() ?? [])]
    assert.deepEqual(
      pages.map(({ first, filled, alive }) => [first, filled, alive]),
      [
        [1, 256, 255],
        [257, 1, 1],
      ],
    )
    for (let sequence = 1; sequence <= 257; sequence++) {
      fold.apply({ kind: 'acknowledge', list: 1, sequences: [sequence] }, 0, null)
    }
    fold.apply(message(), 0, null)
    const last = [...(fold.lists.get(1)?.pages() ?? [])]
    assert.deepEqual(
      last.map(({ first, filled }) => [first, filled]),
      [[258, 1]],
    )
  })

  it('notes each page once however often it changes', () => {
    const changes = new Changes()
    const fold = new Fold({ changes })
    fold.apply(queue, 0, null)
    for (let i = 0; i < 100; i++) fold.apply(message(), 0, null)
    fold.apply({ kind: 'redelivered', list: 1, sequences: [5, 6] }, 0, null)
    assert.equal(changes.pages.length, 1)
    assert.deepEqual([...changes.destinations], [1])
    changes.clear()
    fold.apply({ kind: 'acknowledge', list: 1, sequences: [9] }, 0, null)
    assert.equal(changes.pages.length, 1)
  })

  it('holds a message once although its list is named twice', () => {
    const fold = foldOf([queue, message({ lists: [1, 1] })])
    assert.equal(fold.lists.get(1)?.length, 1)
  })

  it('is told apart by its digest', () => {
    const base = [queue, message({ producer: 1 }), producer(1)]
    const digests = [
      base,
      [...base, message()],
      [...base, { kind: 'redelivered', list: 1, sequences: [1] } as LogOp],
      [...base, transaction('a')],
      [...base, producer(2)],
      [queue, message({ priority: 5 }), producer(1)],
    ].map((ops) => digestFold(foldOf(ops)))
    assert.equal(new Set(digests).size, digests.length)
    assert.match([...describeFold(foldOf(base))].join('\n'), /message 1 @0\+0 4 0 0/)
  })
})

interface ModelMessage {
  readonly sequence: number
  redeliveries: number
}

/** The same rules with the plainest data there is. */
class Model {
  readonly lists = new Map<number, ModelMessage[]>()
  readonly #topics = new Set<number>()
  readonly #queues = new Set<number>()
  readonly #topicOf = new Map<number, number>()
  #sequence = 0

  apply(op: LogOp): void {
    switch (op.kind) {
      case 'transaction':
        for (const nested of op.ops) this.apply(nested)
        return
      case 'message': {
        const sequence = ++this.#sequence
        for (const id of new Set(op.lists)) {
          this.lists.get(id)?.push({ sequence, redeliveries: op.redeliveries })
        }
        return
      }
      case 'acknowledge':
        return this.#replace(op.list, (all) =>
          all.filter(({ sequence }) => !op.sequences.includes(sequence)),
        )
      case 'redelivered':
        for (const entry of this.lists.get(op.list) ?? []) {
          if (op.sequences.includes(entry.sequence)) entry.redeliveries++
        }
        return
      case 'copies':
      case 'log-start':
        // Where messages lie is no matter of this model.
        return
      case 'destination-added':
        return this.#addDestination(op.id, op.destination.kind === 'topic')
      case 'destination-removed':
        return this.#removeDestination(op.id)
      case 'subscription-added':
        if (this.#isTaken(op.id) || !(this.#topics.has(op.topic) || this.#queues.has(op.topic)))
          return
        this.#topicOf.set(op.id, op.topic)
        this.lists.set(op.id, [])
        return
      case 'subscription-removed':
        if (this.#topicOf.delete(op.id)) this.lists.delete(op.id)
        return
      case 'producer':
        return
    }
  }

  #replace(id: number, change: (all: ModelMessage[]) => ModelMessage[]): void {
    const all = this.lists.get(id)
    if (all !== undefined) this.lists.set(id, change(all))
  }

  #addDestination(id: number, isTopic: boolean): void {
    if (this.#isTaken(id)) return
    if (isTopic) this.#topics.add(id)
    else {
      this.#queues.add(id)
      this.lists.set(id, [])
    }
  }

  #removeDestination(id: number): void {
    if (this.#queues.delete(id)) this.lists.delete(id)
    else if (!this.#topics.delete(id)) return
    for (const [subscription, topic] of [...this.#topicOf]) {
      if (topic !== id) continue
      this.#topicOf.delete(subscription)
      this.lists.delete(subscription)
    }
  }

  #isTaken(id: number): boolean {
    return this.#topics.has(id) || this.#queues.has(id) || this.#topicOf.has(id)
  }
}
