import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ConsumerOptions } from '../../src/engine/client.ts'
import {
  FETCHES_MAX,
  FETCH_BYTES_MAX,
  FETCH_ENTRIES_MAX,
  WINDOW_ENTRIES_MAX,
} from '../../src/engine/policy/limits.ts'
import { EngineHarness, textOf } from './engine-harness.ts'
import type { TestClient } from './engine-harness.ts'

/** A list of messages, and how its consumers come by it. */
interface Subject {
  readonly what: string
  readonly destination: string
  readonly options: Partial<ConsumerOptions>
}

const queue: Subject = { what: 'a queue', destination: 'Q', options: {} }
const durable: Subject = {
  what: 'a durable subscription',
  destination: 'topic://T',
  options: { durableName: 'S' },
}

/** Whoever may consume from it, connected. It is there from now on. */
function subscriberOf({ destination, options }: Subject, harness: EngineHarness): TestClient {
  const client = harness.connect({ clientId: 'desk' })
  client.consume(destination, options).close(0)
  harness.settle()
  return client
}

/** A list of `count` messages whose bodies have left memory. */
function withBacklog(
  count: number,
  subject = queue,
): {
  harness: EngineHarness
  client: TestClient
  texts: string[]
} {
  const harness = new EngineHarness({}, 0)
  const client = subscriberOf(subject, harness)
  const texts = Array.from({ length: count }, (_, i) => `m${i}`)
  for (const text of texts) client.send(subject.destination, text)
  harness.settle()
  return { harness, client, texts }
}

async function consumeAll(harness: EngineHarness, client: TestClient): Promise<string[]> {
  const seen: string[] = []
  await harness.settleReads()
  while (client.deliveries.length > 0) {
    const deliveries = client.takeDeliveries()
    seen.push(...deliveries.map(textOf))
    client.acknowledge(deliveries)
    await harness.settleReads()
  }
  return seen
}

/** What is read from now on: references of all lists, and bodies by the batch. */
function countReads({ store }: EngineHarness): { references: number; batches: number[] } {
  const count = { references: 0, batches: [] as number[] }
  for (const { id } of [...store.destinations(), ...store.subscriptions()]) {
    const list = store.list(id)
    if (list === undefined) continue
    const next = list.next.bind(list)
    list.next = (after, limit) => {
      const page = next(after, limit)
      count.references += page.length
      return page
    }
  }
  const fetch = store.fetch.bind(store)
  store.fetch = (messages, done) => {
    count.batches.push(messages.length)
    fetch(messages, done)
  }
  return count
}

for (const subject of [queue, durable]) {
  const { what, destination, options } = subject

  describe(`${what} whose bodies are in the journal`, () => {
    it('is handed out completely and in order', async () => {
      const { harness, client, texts } = withBacklog(2500, subject)
      client.consume(destination, { ...options, prefetch: 700 })
      assert.deepEqual(await consumeAll(harness, client), texts)
      const [list] = [...harness.engine.view().queues, ...harness.engine.view().durables]
      assert.equal(list?.depth, 0)
    })

    it('keeps few references at hand, and reads bodies by the batch', async () => {
      const prefetch = 100
      const { harness, texts } = withBacklog(5000, subject)
      const reads = countReads(harness)
      harness.failOver('kept')
      const client = harness.connect({ clientId: 'desk' })
      assert.equal(reads.references, 0)
      client.consume(destination, { ...options, prefetch })
      const seen: string[] = []
      await harness.settleReads()
      while (client.deliveries.length > 0) {
        const ahead = reads.references - seen.length
        assert.ok(ahead <= WINDOW_ENTRIES_MAX + prefetch, `${ahead} references at hand`)
        const deliveries = client.takeDeliveries()
        seen.push(...deliveries.map(textOf))
        client.acknowledge(deliveries)
        await harness.settleReads()
      }
      assert.deepEqual(seen, texts)
      assert.equal(reads.references, texts.length)
      assert.ok(Math.max(...reads.batches) <= FETCH_ENTRIES_MAX)
      assert.ok(reads.batches.length <= texts.length / prefetch, `${reads.batches.length} batches`)
    })

    it('goes on with the next leader where the one before it stopped, in order', async () => {
      const { harness, client, texts } = withBacklog(2500, subject)
      client.consume(destination, { ...options, prefetch: 100 })
      await harness.settleReads()
      const seen: string[] = []
      while (seen.length < 1200) {
        const deliveries = client.takeDeliveries()
        seen.push(...deliveries.map(textOf))
        client.acknowledge(deliveries)
        await harness.settleReads()
      }
      // What was handed out and not acknowledged comes again.
      assert.ok(client.deliveries.length > 0)
      harness.failOver('kept')
      const next = harness.connect({ clientId: 'desk' })
      next.consume(destination, { ...options, prefetch: 100 })
      assert.deepEqual([...seen, ...(await consumeAll(harness, next))], texts)
    })

    it('loads few large bodies for a consumer that does not read, whatever it prefetches', async () => {
      const harness = new EngineHarness({}, 0)
      const slow = subscriberOf(subject, harness)
      const client = harness.connect()
      const text = 'x'.repeat(FETCH_BYTES_MAX / 2 + 1)
      for (let i = 0; i < 12; i++) client.send(destination, text)
      harness.settle()
      // As an adapter whose peer has not taken what it was sent.
      slow.onDispatch = () => slow.client.setWritable(false)
      slow.consume(destination, { ...options, prefetch: 1000 })
      await harness.settleReads()
      // More is loaded ahead for it meanwhile, and handed out a round at a time.
      const handedOut = [slow.deliveries.length]
      for (let i = 0; i < 5; i++) {
        slow.client.setWritable(true)
        await harness.settleReads()
        handedOut.push(slow.deliveries.length)
      }
      assert.deepEqual(handedOut, [2, 4, 6, 8, 10, 12])
    })

    it('mixes with what is sent meanwhile, in order', async () => {
      const { harness, client, texts } = withBacklog(600, subject)
      client.consume(destination, { ...options, prefetch: 100 })
      harness.settle()
      client.send(destination, 'later')
      harness.settle()
      client.send(destination, 'latest', { persistent: false })
      assert.deepEqual(await consumeAll(harness, client), [...texts, 'later', 'latest'])
    })

    it('goes on with another consumer when one leaves while bodies are loaded', async () => {
      const { harness, client, texts } = withBacklog(10, subject)
      const consumer = client.consume(destination, options)
      harness.runTurns()
      consumer.close(0)
      client.client.close()
      const other = harness.connect({ clientId: 'desk' })
      other.consume(destination, options)
      assert.deepEqual(await consumeAll(harness, other), texts)
      assert.deepEqual(client.texts, [])
    })

    it('is waited for by a pull that would not wait for a message', async () => {
      const { harness, client } = withBacklog(1, subject)
      const consumer = client.consume(destination, { ...options, prefetch: 0 })
      consumer.pull(-1)
      harness.runTurns()
      assert.deepEqual([client.texts, client.ended], [[], []])
      await harness.settleReads()
      assert.deepEqual([client.texts, client.ended], [['m0'], []])
      consumer.pull(-1)
      await harness.settleReads()
      assert.deepEqual(client.ended, [consumer])
    })

    it('gives back and takes up again what a consumer did not acknowledge', async () => {
      const { harness, client, texts } = withBacklog(50, subject)
      const consumer = client.consume(destination, { ...options, prefetch: 20 })
      await harness.settleReads()
      consumer.close(0)
      client.takeDeliveries()
      client.consume(destination, { ...options, prefetch: 1000 })
      assert.deepEqual(await consumeAll(harness, client), texts)
    })
  })
}

describe('a queue whose bodies are in the journal', () => {
  it('can be browsed', async () => {
    const { harness, client, texts } = withBacklog(500)
    client.consume('Q', { browser: true, prefetch: 1000 })
    for (let i = 0; i < 10; i++) await harness.settleReads()
    assert.deepEqual(client.texts, texts)
    assert.equal(client.ended.length, 1)
  })
})

describe('several durable subscriptions whose bodies are in the journal', () => {
  const names = ['one', 'two', 'three']
  const count = 1500

  /** Each has all messages before it. */
  function withSubscriptions(): { harness: EngineHarness; texts: string[] } {
    const harness = new EngineHarness({}, 0)
    const client = harness.connect({ clientId: 'desk' })
    for (const durableName of names) client.consume('topic://T', { durableName }).close(0)
    harness.settle()
    const texts = Array.from({ length: count }, (_, i) => `m${i}`)
    for (const text of texts) client.send('topic://T', text)
    harness.settle()
    client.client.close()
    return { harness, texts }
  }

  it('have each message stored once, and each of them gets all in order', async () => {
    const { harness, texts } = withSubscriptions()
    const stored = harness.log.committed.filter((op) => op.kind === 'message')
    assert.equal(stored.length, count)
    assert.ok(stored.every(({ lists }) => lists.length === names.length))
    const lists = [...harness.store.subscriptions()].map(({ id }) => harness.store.list(id))
    const places = lists.map((list) => list?.next(0, count).map(({ position }) => position))
    assert.equal(places[0]?.length, count)
    for (const each of places) assert.deepEqual(each, places[0])
    for (const durableName of names) {
      const client = harness.connect({ clientId: 'desk' })
      client.consume('topic://T', { durableName, prefetch: 100 })
      assert.deepEqual(await consumeAll(harness, client), texts)
      client.client.close()
    }
    assert.deepEqual(
      lists.map((list) => list?.length),
      [0, 0, 0],
    )
  })

  it('are read each at its own pace, and the next leader knows how far each was', async () => {
    const { harness, texts } = withSubscriptions()
    const first = harness.connect({ clientId: 'desk' })
    const seen = new Map<string, string[]>()
    for (const [at, durableName] of names.entries()) {
      const consumer = first.consume('topic://T', { durableName, prefetch: 400 * at })
      await harness.settleReads()
      const deliveries = first.takeDeliveries()
      seen.set(durableName, deliveries.map(textOf))
      first.acknowledge(deliveries)
      harness.settle()
      consumer.close(0)
      // What came instead of those that were acknowledged.
      first.takeDeliveries()
    }
    assert.deepEqual(
      [...seen.values()].map((each) => each.length),
      [0, 400, 800],
    )
    harness.failOver('kept')
    const next = harness.connect({ clientId: 'desk' })
    for (const durableName of names) {
      const consumer = next.consume('topic://T', { durableName, prefetch: 100 })
      const rest = await consumeAll(harness, next)
      assert.deepEqual([...(seen.get(durableName) ?? []), ...rest], texts)
      consumer.close(0)
    }
  })
})

/** Reads of bodies that are under way, and how many there were at most. */
function countFetches(harness: EngineHarness): { underWay: number; peak: number } {
  const count = { underWay: 0, peak: 0 }
  const { store } = harness
  const fetch = store.fetch.bind(store)
  store.fetch = (messages, done) => {
    count.underWay++
    count.peak = Math.max(count.peak, count.underWay)
    fetch(messages, (bodies) => {
      count.underWay--
      done(bodies)
    })
  }
  return count
}

describe('many queues whose bodies are in the journal', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `Q${i}`)

  function withQueues(perQueue: number): EngineHarness {
    const harness = new EngineHarness({}, 0)
    const client = harness.connect()
    for (let i = 0; i < perQueue; i++) for (const name of names) client.send(name, `${name} ${i}`)
    harness.settle()
    return harness
  }

  it('are loaded by few reads at a time for a consumer of all of them', async () => {
    const harness = withQueues(3)
    const fetches = countFetches(harness)
    const client = harness.connect()
    client.consume('>', { prefetch: 10_000 })
    for (let i = 0; i < 100 && client.texts.length < 3000; i++) await harness.settleReads()
    assert.equal(fetches.peak, FETCHES_MAX)
    const expected = [0, 1, 2].flatMap((i) => names.map((name) => `${name} ${i}`))
    assert.deepEqual([...client.texts].sort(), expected.sort())
  })

  it('are loaded by few reads at a time for consumers that all come at once', async () => {
    const harness = withQueues(1)
    const fetches = countFetches(harness)
    const client = harness.connect()
    for (const name of names) client.consume(name)
    for (let i = 0; i < 100 && client.texts.length < 1000; i++) await harness.settleReads()
    assert.equal(fetches.peak, FETCHES_MAX)
    assert.deepEqual(
      client.texts,
      names.map((name) => `${name} 0`),
    )
  })

  it('are waited for by pulls that would not wait for a message', async () => {
    const harness = withQueues(1)
    const client = harness.connect()
    for (const name of names.slice(0, 20)) client.consume(name, { prefetch: 0 }).pull(-1)
    client.consume('empty', { prefetch: 0 }).pull(-1)
    for (let i = 0; i < 100 && client.texts.length < 20; i++) await harness.settleReads()
    assert.deepEqual([client.texts.length, client.ended.length], [20, 1])
  })

  it('are loaded by the next leader where one steps down while lists wait for their turn', async () => {
    const harness = withQueues(1)
    harness.connect().consume('>', { prefetch: 10_000 })
    harness.runTurns()
    harness.failOver('kept')
    const client = harness.connect()
    client.consume('>', { prefetch: 10_000 })
    for (let i = 0; i < 100 && client.texts.length < 1000; i++) await harness.settleReads()
    assert.equal(client.texts.length, 1000)
  })
})
