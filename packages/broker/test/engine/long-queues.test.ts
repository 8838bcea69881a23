import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FETCH_BYTES_MAX, FETCHES_MAX } from '../../src/engine/policy/limits.ts'
import { EngineHarness, textOf } from './engine-harness.ts'
import type { TestClient } from './engine-harness.ts'

/** A queue of `count` messages whose bodies have left memory. */
function withBacklog(count: number): {
  harness: EngineHarness
  client: TestClient
  texts: string[]
} {
  const harness = new EngineHarness({}, 0)
  const client = harness.connect()
  const texts = Array.from({ length: count }, (_, i) => `m${i}`)
  for (const text of texts) client.send('Q', text)
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

describe('a queue whose bodies are in the journal', () => {
  it('is handed out completely and in order', async () => {
    const { harness, client, texts } = withBacklog(2500)
    client.consume('Q', { prefetch: 700 })
    assert.deepEqual(await consumeAll(harness, client), texts)
    assert.equal(harness.depth('Q'), 0)
  })

  it('loads few large bodies for a consumer that does not read, whatever it prefetches', async () => {
    const harness = new EngineHarness({}, 0)
    const client = harness.connect()
    const text = 'x'.repeat(FETCH_BYTES_MAX / 2 + 1)
    for (let i = 0; i < 12; i++) client.send('Q', text)
    harness.settle()
    const slow = harness.connect()
    // As an adapter whose peer has not taken what it was sent.
    slow.onDispatch = () => slow.client.setWritable(false)
    slow.consume('Q', { prefetch: 1000 })
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
    const { harness, client, texts } = withBacklog(600)
    client.consume('Q', { prefetch: 100 })
    harness.settle()
    client.send('Q', 'later')
    harness.settle()
    client.send('Q', 'latest', { persistent: false })
    assert.deepEqual(await consumeAll(harness, client), [...texts, 'later', 'latest'])
  })

  it('goes on with another consumer when one leaves while bodies are loaded', async () => {
    const { harness, client, texts } = withBacklog(10)
    const consumer = client.consume('Q')
    harness.runTurns()
    consumer.close(0)
    const other = harness.connect()
    other.consume('Q')
    assert.deepEqual(await consumeAll(harness, other), texts)
    assert.deepEqual(client.texts, [])
  })

  it('is waited for by a pull that would not wait for a message', async () => {
    const { harness, client } = withBacklog(1)
    const consumer = client.consume('Q', { prefetch: 0 })
    consumer.pull(-1)
    harness.runTurns()
    assert.deepEqual([client.texts, client.ended], [[], []])
    await harness.settleReads()
    assert.deepEqual([client.texts, client.ended], [['m0'], []])
    consumer.pull(-1)
    await harness.settleReads()
    assert.deepEqual(client.ended, [consumer])
  })

  it('can be browsed', async () => {
    const { harness, client, texts } = withBacklog(500)
    client.consume('Q', { browser: true, prefetch: 1000 })
    for (let i = 0; i < 10; i++) await harness.settleReads()
    assert.deepEqual(client.texts, texts)
    assert.equal(client.ended.length, 1)
  })

  it('gives back and takes up again what a consumer did not acknowledge', async () => {
    const { harness, client, texts } = withBacklog(50)
    const consumer = client.consume('Q', { prefetch: 20 })
    await harness.settleReads()
    consumer.close(0)
    client.takeDeliveries()
    client.consume('Q', { prefetch: 1000 })
    assert.deepEqual(await consumeAll(harness, client), texts)
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
