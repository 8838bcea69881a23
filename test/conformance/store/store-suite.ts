import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import type { FlatOp, LogOp, MessageOp } from '@quorate/broker/store/log-op'
import type {
  AppliedRecord,
  ApplyListener,
  MessageStore,
  StoredMessage,
} from '@quorate/broker/store/message-store'
import type { LogBatch } from '@quorate/broker/store/journal/log-batch'
import { MemoryLog } from '@quorate/broker/store/memory/memory-log'

/** A store that has applied nothing yet, over bodies that are read from `log`. */
export interface SuiteStore extends MessageStore {
  apply(batch: LogBatch, throughIndex: number): void
}

export interface StoreSuiteOptions {
  /** Opens an empty store that keeps no more than `cacheBytes` of bodies in memory. */
  open(log: MemoryLog, cacheBytes: number): Promise<SuiteStore>
  close(store: SuiteStore): Promise<void>
}

/** What every MessageStore has to do, whatever it keeps its state in. */
export function storeSuite(name: string, options: StoreSuiteOptions): void {
  describe(`${name} - lists`, () => listTests(options))
  describe(`${name} - messages`, () => messageTests(options))
  describe(`${name} - bodies`, () => bodyTests(options))
  describe(`${name} - producers and transactions`, () => tableTests(options))
  describe(`${name} - listener`, () => listenerTests(options))
}

interface Bench {
  readonly log: MemoryLog
  readonly store: SuiteStore
  /** Appends, commits and applies. */
  readonly run: (...ops: LogOp[]) => void
}

const PLENTY = 1 << 26

async function withStore(
  options: StoreSuiteOptions,
  body: (bench: Bench) => void | Promise<void>,
  cacheBytes = PLENTY,
): Promise<void> {
  const log = new MemoryLog()
  const store = await options.open(log, cacheBytes)
  try {
    await body({
      log,
      store,
      run(...ops) {
        for (const op of ops) log.append(op)
        log.applyTo(store)
      },
    })
  } finally {
    await options.close(store)
  }
}

function queue(id: number, name = `Q${id}`): LogOp {
  return { kind: 'destination-added', id, destination: { kind: 'queue', name } }
}

function topic(id: number, name = `T${id}`): LogOp {
  return { kind: 'destination-added', id, destination: { kind: 'topic', name } }
}

function subscription(id: number, topicId: number): LogOp {
  const names = { clientId: 'client', name: `sub${id}`, selector: '', noLocal: false }
  return { kind: 'subscription-added', id, topic: topicId, ...names }
}

function message(lists: number[], facts: Partial<MessageOp> = {}): MessageOp {
  return {
    kind: 'message',
    lists,
    producer: 0,
    producerSequence: 0,
    priority: 4,
    expirationMs: 0,
    redeliveries: 0,
    body: Buffer.from('body'),
    ...facts,
  }
}

function messages(list: number, count: number): MessageOp[] {
  return Array.from({ length: count }, (_, i) => message([list], { body: Buffer.from(`m${i}`) }))
}

function acknowledge(list: number, ...sequences: number[]): LogOp {
  return { kind: 'acknowledge', list, sequences }
}

function sequencesOf(store: MessageStore, list: number, after = 0, limit = 1e6): number[] {
  return (store.list(list)?.next(after, limit) ?? []).map((entry) => entry.sequence)
}

function fetchAll(
  store: MessageStore,
  entries: readonly StoredMessage[],
): Promise<(string | null)[]> {
  return new Promise((resolve) => {
    store.fetch(entries, (bodies) => resolve(bodies.map((body) => body && body.toString())))
  })
}

function listTests(options: StoreSuiteOptions): void {
  it('a queue and a durable subscription are lists, a topic is none', () =>
    withStore(options, ({ store, run }) => {
      run(queue(1), topic(2), subscription(3, 2))
      assert.equal(store.list(1)?.length, 0)
      assert.equal(store.list(2), undefined)
      assert.equal(store.list(3)?.bytes, 0)
      assert.deepEqual(
        [...store.destinations()],
        [
          { id: 1, destination: { kind: 'queue', name: 'Q1' } },
          { id: 2, destination: { kind: 'topic', name: 'T2' } },
        ],
      )
      const kept = [...store.subscriptions()]
      assert.equal(kept.length, 1)
      assert.deepEqual([kept[0]?.id, kept[0]?.topic, kept[0]?.name], [3, 2, 'sub3'])
    }))

  it('numbers that were used are never offered again', () =>
    withStore(options, ({ store, run }) => {
      assert.equal(store.nextDestinationOrListId, 1)
      run(queue(1), topic(4), { kind: 'destination-removed', id: 4 })
      assert.equal(store.nextDestinationOrListId, 5)
      run(queue(5), { kind: 'producer', id: 3, name: 'p' })
      assert.equal(store.nextDestinationOrListId, 6)
      assert.equal(store.nextProducerId, 4)
    }))

  it('removing a queue removes its messages', () =>
    withStore(options, ({ store, run }) => {
      run(queue(1), ...messages(1, 300), { kind: 'destination-removed', id: 1 })
      assert.equal(store.list(1), undefined)
      assert.deepEqual([...store.destinations()], [])
      run(message([1]), acknowledge(1, 1))
      assert.equal(store.list(1), undefined)
    }))

  it('removing a topic removes its durable subscriptions and no others', () =>
    withStore(options, ({ store, run }) => {
      run(topic(1), topic(2), subscription(3, 1), subscription(4, 2), message([3, 4]))
      run({ kind: 'destination-removed', id: 1 })
      assert.equal(store.list(3), undefined)
      assert.equal(store.list(4)?.length, 1)
      assert.deepEqual(
        [...store.subscriptions()].map((row) => row.id),
        [4],
      )
    }))

  it('an introduction that is repeated changes nothing', () =>
    withStore(options, ({ store, run }) => {
      run(queue(1), message([1]), queue(1), queue(1, 'other'))
      assert.equal(store.list(1)?.length, 1)
      assert.deepEqual(
        [...store.destinations()].map((row) => row.destination.name),
        ['Q1'],
      )
    }))

  it('a subscription to a topic that was removed meanwhile is not made', () =>
    withStore(options, ({ store, run }) => {
      run(topic(1), { kind: 'destination-removed', id: 1 }, subscription(2, 1))
      assert.equal(store.list(2), undefined)
      assert.equal(store.nextDestinationOrListId, 3)
    }))
}

function messageTests(options: StoreSuiteOptions): void {
  it('messages wait in the order of the log, with what dispatch has to know', () =>
    withStore(options, ({ store, run }) => {
      const facts = { priority: 9, expirationMs: 1_700_000_000_000, redeliveries: 3 }
      run(queue(1), message([1]), message([1], { ...facts, body: Buffer.from('longer') }))
      assert.deepEqual(sequencesOf(store, 1), [1, 2])
      assert.equal(store.list(1)?.bytes, 10)
      const second = store.list(1)?.get(2)
      assert.ok(second !== undefined)
      assert.equal(second.list, 1)
      assert.equal(second.length, 6)
      const { priority, expirationMs, redeliveries } = second
      assert.deepEqual({ priority, expirationMs, redeliveries }, facts)
      assert.equal(store.nextSequence, 3)
    }))

  it('a list is read in pieces', () =>
    withStore(options, ({ store, run }) => {
      run(queue(1), ...messages(1, 1000))
      run(acknowledge(1, ...Array.from({ length: 200 }, (_, i) => 251 + i)))
      assert.deepEqual(sequencesOf(store, 1, 0, 3), [1, 2, 3])
      assert.deepEqual(sequencesOf(store, 1, 249, 3), [250, 451, 452])
      assert.deepEqual(sequencesOf(store, 1, 300, 1), [451])
      assert.deepEqual(sequencesOf(store, 1, 999, 5), [1000])
      assert.deepEqual(sequencesOf(store, 1, 1000, 5), [])
      assert.deepEqual(sequencesOf(store, 1, 5000, 5), [])
      assert.deepEqual(sequencesOf(store, 1, 0, 0), [])
      assert.equal(store.list(1)?.length, 800)
    }))

  it('an acknowledged message leaves its own list only', () =>
    withStore(options, ({ store, run }) => {
      run(topic(1), subscription(2, 1), subscription(3, 1), message([2, 3]), message([2, 3]))
      run(acknowledge(2, 1))
      assert.deepEqual(sequencesOf(store, 2), [2])
      assert.deepEqual(sequencesOf(store, 3), [1, 2])
      assert.equal(store.list(2)?.get(1), undefined)
    }))

  it('acknowledging what has left, or was never there, is not an error', () =>
    withStore(options, ({ store, run }) => {
      run(queue(1), message([1]), message([1]), message([1]))
      run(acknowledge(1, 1, 2), acknowledge(1, 1, 2), acknowledge(1, 77), acknowledge(9, 1))
      run({ kind: 'redelivered', list: 1, sequences: [1, 99] })
      run({ kind: 'redelivered', list: 9, sequences: [1] })
      assert.deepEqual(sequencesOf(store, 1), [3])
      assert.equal(store.list(1)?.bytes, 4)
    }))

  it('a message for a list that is unknown is not stored there', () =>
    withStore(options, ({ store, run }) => {
      run(queue(1), message([8, 1]), message([8]), message([1]))
      assert.deepEqual(sequencesOf(store, 1), [1, 3])
    }))

  it('failed deliveries are counted for each list by itself', () =>
    withStore(options, ({ store, run }) => {
      run(topic(1), subscription(2, 1), subscription(3, 1), message([2, 3], { redeliveries: 1 }))
      run({ kind: 'redelivered', list: 2, sequences: [1] })
      run({ kind: 'redelivered', list: 2, sequences: [1] })
      assert.equal(store.list(2)?.get(1)?.redeliveries, 3)
      assert.equal(store.list(3)?.get(1)?.redeliveries, 1)
    }))

  it('a list that is drained takes messages again', () =>
    withStore(options, ({ store, run }) => {
      run(queue(1))
      for (let i = 1; i <= 600; i++) run(message([1]), acknowledge(1, i))
      assert.equal(store.list(1)?.length, 0)
      assert.deepEqual(sequencesOf(store, 1), [])
      run(message([1]))
      assert.deepEqual(sequencesOf(store, 1), [601])
    }))

  it('messages leave in any order', () =>
    withStore(options, ({ store, run }) => {
      run(queue(1), ...messages(1, 700))
      const even = Array.from({ length: 350 }, (_, i) => 2 * i + 2)
      for (const sequence of even.toReversed()) run(acknowledge(1, sequence))
      assert.equal(store.list(1)?.length, 350)
      assert.deepEqual(sequencesOf(store, 1, 300, 3), [301, 303, 305])
      assert.equal(store.list(1)?.get(302), undefined)
      assert.equal(store.list(1)?.get(303)?.sequence, 303)
    }))
}

function bodyTests(options: StoreSuiteOptions): void {
  it('a body that is in memory is on its message', () =>
    withStore(options, ({ store, run }) => {
      run(queue(1), message([1]))
      assert.equal(store.list(1)?.get(1)?.body?.toString(), 'body')
    }))

  it('a body that is not in memory is fetched', () =>
    withStore(
      options,
      async ({ store, run }) => {
        run(queue(1), ...messages(1, 20), { kind: 'transaction', id: '', ops: messages(1, 2) })
        const entries = store.list(1)?.next(0, 100) ?? []
        assert.ok(entries.every((entry) => entry.body === null))
        const expected = Array.from({ length: 20 }, (_, i) => `m${i}`)
        assert.deepEqual(await fetchAll(store, entries), [...expected, 'm0', 'm1'])
      },
      0,
    ))

  it('bodies in memory and on disk are fetched together, in order', () =>
    withStore(
      options,
      async ({ log, store, run }) => {
        run(queue(1), message([1], { body: Buffer.alloc(400, 'a') }))
        log.seal()
        run(message([1], { body: Buffer.alloc(400, 'b') }))
        const entries = store.list(1)?.next(0, 100) ?? []
        assert.deepEqual(
          entries.map((entry) => entry.body === null),
          [true, false],
        )
        const bodies = await fetchAll(store, [...entries].reverse())
        assert.deepEqual(bodies, ['b'.repeat(400), 'a'.repeat(400)])
      },
      700,
    ))

  it('the oldest bodies leave memory first, and those of consumed messages count for nothing', () =>
    withStore(
      options,
      ({ store, run }) => {
        run(queue(1))
        for (let i = 1; i <= 4; i++) {
          run(message([1], { body: Buffer.alloc(1000, i) }))
          if (i !== 1) run(acknowledge(1, i))
        }
        assert.notEqual(store.list(1)?.get(1)?.body, null)
        run(message([1], { body: Buffer.alloc(1000) }), message([1], { body: Buffer.alloc(1000) }))
        assert.equal(store.list(1)?.get(1)?.body, null)
        assert.notEqual(store.list(1)?.get(6)?.body, null)
      },
      3000,
    ))

  it('a message that has left is fetched as null', () =>
    withStore(
      options,
      async ({ store, run }) => {
        run(queue(1), ...messages(1, 3))
        const entries = store.list(1)?.next(0, 3) ?? []
        run(acknowledge(1, 1))
        const fetched = fetchAll(store, entries)
        run(acknowledge(1, 3))
        assert.deepEqual(await fetched, [null, 'm1', null])
      },
      0,
    ))

  it('fetching calls back later, never at once', () =>
    withStore(options, async ({ store, run }) => {
      run(queue(1), message([1]))
      let isReturned = false
      const bodies = await new Promise((resolve) => {
        store.fetch(store.list(1)?.next(0, 1) ?? [], (found) => {
          assert.ok(isReturned)
          resolve(found.map(String))
        })
        isReturned = true
      })
      assert.deepEqual(bodies, ['body'])
    }))
}

function tableTests(options: StoreSuiteOptions): void {
  it('the highest sequence of each producer outlives its messages (R42)', () =>
    withStore(options, ({ store, run }) => {
      const from = (producer: number, producerSequence: number) =>
        message([1], { producer, producerSequence })
      run(queue(1), { kind: 'producer', id: 1, name: 'a' }, { kind: 'producer', id: 2, name: 'b' })
      run(from(1, 5), from(1, 7), from(1, 6), from(2, 1), acknowledge(1, 1, 2, 3, 4), from(9, 4))
      assert.deepEqual(pick(store, 'a'), { id: 1, name: 'a', lastSequence: 7 })
      assert.deepEqual(pick(store, 'b'), { id: 2, name: 'b', lastSequence: 1 })
      assert.equal(store.producer('c'), undefined)
      run({ kind: 'producer', id: 1, name: 'a' })
      assert.equal(store.producer('a')?.lastSequence, 7)
      run({ kind: 'producer', id: 5, name: 'a' })
      assert.deepEqual(pick(store, 'a'), { id: 5, name: 'a', lastSequence: 0 })
    }))

  it('a transaction is applied in the order of its operations and remembered (R43)', () =>
    withStore(options, ({ store, run }) => {
      run(queue(1), queue(2), message([1]))
      assert.equal(store.transactionCommitted('tx'), false)
      const ops = [message([2]), message([2]), acknowledge(1, 1), acknowledge(2, 2)]
      run({ kind: 'transaction', id: 'tx', ops: ops as FlatOp[] })
      assert.deepEqual(sequencesOf(store, 1), [])
      assert.deepEqual(sequencesOf(store, 2), [3])
      assert.equal(store.transactionCommitted('tx'), true)
      run({ kind: 'transaction', id: '', ops: [] })
      assert.equal(store.transactionCommitted(''), false)
    }))
}

function pick(store: MessageStore, name: string): object | undefined {
  const found = store.producer(name)
  return found && { id: found.id, name: found.name, lastSequence: found.lastSequence }
}

function listenerTests(options: StoreSuiteOptions): void {
  it('every record is told once, in order, after the messages in it', () =>
    withStore(options, ({ store, run }) => {
      const told: string[] = []
      store.listener = tellInto(told, store)
      run(queue(1), message([1]), {
        kind: 'transaction',
        id: 'tx',
        ops: [message([1]), { kind: 'acknowledge', list: 1, sequences: [1] }, message([1, 7])],
      })
      store.listener = null
      run(message([1]))
      assert.deepEqual(told, [
        'applied 1 destination-added',
        'message 1 in 1',
        'applied 2 message',
        'message 2 in 1',
        'message 3 in 1',
        'applied 3 transaction',
      ])
    }))

  it('only what is committed is applied, however batches are cut (R23)', () =>
    withStore(options, ({ log, store }) => {
      const told: string[] = []
      store.listener = tellInto(told, store)
      for (const op of [queue(1), ...messages(1, 5)]) log.append(op)
      log.applyTo(store, 3)
      assert.equal(store.appliedIndex, 3)
      assert.deepEqual(sequencesOf(store, 1), [1, 2])
      log.append(message([1]))
      log.applyTo(store, 3)
      log.applyTo(store, 4)
      log.applyTo(store)
      assert.equal(store.appliedIndex, 7)
      assert.deepEqual(sequencesOf(store, 1), [1, 2, 3, 4, 5, 6])
      assert.equal(told.filter((line) => line.startsWith('applied')).length, 7)
    }))

  it("replication's own records move the applied index and nothing else", () =>
    withStore(options, ({ log, store }) => {
      const told: string[] = []
      store.listener = tellInto(told, store)
      log.appendRecord(1, Buffer.from('epoch start'))
      log.append(queue(1))
      log.appendRecord(3, Buffer.alloc(0))
      log.applyTo(store)
      assert.equal(store.appliedIndex, 3)
      assert.deepEqual(told, ['applied 2 destination-added'])
    }))

  it('a committed record that is no operation stops the store', () =>
    withStore(options, ({ log, store }) => {
      log.appendRecord(16, Buffer.alloc(3))
      assert.throws(() => log.applyTo(store), { code: 'JOURNAL_CORRUPT' })
    }))

  it('a committed record of a later version stops the store (R4)', () =>
    withStore(options, ({ log, store }) => {
      log.appendRecord(99, Buffer.alloc(3))
      assert.throws(() => log.applyTo(store), { code: 'UNSUPPORTED_FORMAT' })
    }))

  it('a gap in the log is never applied', () =>
    withStore(options, ({ store }) => {
      const other = new MemoryLog()
      other.append(queue(1))
      other.seal()
      other.append(queue(2))
      let isFirst = true
      const target = {
        appliedIndex: 0,
        apply(batch: LogBatch, through: number) {
          if (!isFirst) assert.throws(() => store.apply(batch, through), /without gaps/)
          isFirst = false
        },
      }
      other.applyTo(target)
      assert.equal(store.appliedIndex, 0)
    }))
}

function tellInto(told: string[], store: MessageStore): ApplyListener {
  return {
    messageAdded(_op: MessageOp, entries: readonly StoredMessage[]) {
      for (const { list, sequence } of entries) {
        assert.ok(store.list(list)?.get(sequence) !== undefined, 'the message has joined its list')
        told.push(`message ${sequence} in ${list}`)
      }
    },
    applied({ stored, op }: AppliedRecord) {
      assert.equal(stored.index, store.appliedIndex)
      told.push(`applied ${stored.index} ${op.kind}`)
    },
  }
}
