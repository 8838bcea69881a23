import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NO_PENDING_LIMIT, defaultPolicy } from '../../src/engine/policy/destination-policy.ts'
import type { DestinationPolicy } from '../../src/engine/policy/destination-policy.ts'
import type { EngineOptions } from '../../src/engine/engine-options.ts'
import { EngineHarness, held, testMessage } from './engine-harness.ts'
import type { TestClient } from './engine-harness.ts'
import { TestTemporaryStore } from './test-temporary-store.ts'

const kilobyte = 'x'.repeat(1024)

function harnessWith(
  words: Partial<DestinationPolicy> = {},
  options: Partial<EngineOptions> = {},
): EngineHarness {
  const otherwise = { ...defaultPolicy, pendingMessageLimit: NO_PENDING_LIMIT, ...words }
  return new EngineHarness({ otherwise, ...options })
}

/** Acknowledges what it has, so that it is given more. */
function next(harness: EngineHarness, client: TestClient): void {
  client.acknowledge(client.deliveries)
  harness.settle()
}

describe('a subscriber for whom any number of messages waits', () => {
  it('misses none, however slow it is, and gets them in order', () => {
    const harness = harnessWith()
    const [slow, sender] = [harness.connect(), harness.connect()]
    slow.consume('topic://T', { prefetch: 1 })
    const texts = Array.from({ length: 3_000 }, (_, i) => `${i}`)
    for (const [i, text] of texts.entries())
      sender.send('topic://T', text, { persistent: i % 2 === 0 })
    harness.settle()
    assert.deepEqual(slow.texts, ['0'])
    for (let i = 1; i < texts.length; i++) next(harness, slow)
    assert.deepEqual(slow.texts, texts)
    const { memoryUsedBytes, topics } = harness.engine.view()
    assert.equal(memoryUsedBytes, 0)
    assert.equal(topics[0]?.discarded, 0)
  })

  it('makes senders wait for memory, of persistent messages too, until it has read', () => {
    const harness = harnessWith({}, { memoryLimitBytes: held(2, 1024) })
    const [slow, sender] = [harness.connect(), harness.connect()]
    slow.consume('topic://T', { prefetch: 1 })
    sender.send('topic://T', kilobyte)
    harness.settle()
    sender.send('topic://T', kilobyte)
    sender.send('topic://T', kilobyte, { persistent: false })
    const waits = sender.send('topic://T', 'waits')
    harness.settle()
    assert.equal(sender.isConfirmed(waits), false)
    assert.equal(harness.engine.view().flow.waitingSends.memory, 1)
    next(harness, slow)
    assert.equal(sender.isConfirmed(waits), true)
    next(harness, slow)
    next(harness, slow)
    assert.deepEqual(slow.texts, [kilobyte, kilobyte, kilobyte, 'waits'])
  })

  it('stops the sender of a transaction that finds no memory left, whose commit goes through', () => {
    const harness = harnessWith({}, { memoryLimitBytes: held(2, 1024) })
    const [slow, sender] = [harness.connect(), harness.connect()]
    slow.consume('topic://T', { prefetch: 0 })
    for (const id of ['s', 't']) {
      sender.client.begin(id)
      for (let i = 0; i < 2; i++) sender.send('topic://T', kilobyte, { transaction: id })
      const commit = sender.commit(id)
      harness.settle()
      assert.equal(sender.isConfirmed(commit), true)
    }
    assert.equal(sender.paused, true)
    assert.equal(harness.engine.view().memoryUsedBytes, held(4, 1024))
  })

  it('makes the senders of its topic alone wait for the memory limit of the destination', () => {
    const harness = harnessWith({ memoryLimitBytes: held(1, 1024) })
    const [slow, quick, sender] = [harness.connect(), harness.connect(), harness.connect()]
    slow.consume('topic://T', { prefetch: 0 })
    quick.consume('topic://U')
    sender.send('topic://T', kilobyte)
    const waits = sender.send('topic://T', 'waits')
    const other = sender.send('topic://U', 'goes', { producer: 'another' })
    harness.settle()
    assert.equal(sender.isConfirmed(waits), false)
    assert.equal(sender.isConfirmed(other), true)
    const { flow, topics } = harness.engine.view()
    assert.equal(flow.waitingSends.destination, 1)
    const full = topics.find(({ destination }) => destination.name === 'T')
    assert.equal(full?.memoryBytes, held(1, 1024))
  })

  it('frees the memory, and the senders, when it goes', () => {
    const harness = harnessWith({}, { memoryLimitBytes: held(1, 1024) })
    const [slow, sender] = [harness.connect(), harness.connect()]
    const consumer = slow.consume('topic://T', { prefetch: 1 })
    for (let i = 0; i < 3; i++) {
      sender.send('topic://T', kilobyte)
      harness.settle()
    }
    const waits = sender.send('topic://T', 'nobody hears it')
    harness.settle()
    assert.equal(sender.isConfirmed(waits), false)
    consumer.close(0)
    harness.settle()
    assert.equal(sender.isConfirmed(waits), true)
    assert.equal(harness.engine.view().memoryUsedBytes, 0)
  })

  it('is not sent again what it was sent, whoever gives it back', () => {
    const harness = harnessWith()
    const client = harness.connect()
    client.consume('topic://T', { prefetch: 10 })
    for (const text of ['a', 'b', 'c']) client.send('topic://T', text)
    harness.settle()
    client.acknowledge(client.deliveries.slice(0, 1), { mode: 'released' })
    client.acknowledge(client.deliveries.slice(1, 2), { mode: 'poisoned' })
    harness.settle()
    assert.deepEqual(client.texts, ['a', 'b', 'c'])
    assert.equal(harness.engine.view().queues.length, 0)
  })

  it('does not get what has expired, and nobody else does', () => {
    const harness = harnessWith({}, { deadLetterExpired: true })
    const client = harness.connect()
    client.consume('topic://T', { prefetch: 1 })
    client.send('topic://T', 'first')
    harness.settle()
    client.send('topic://T', 'old', { expirationMs: harness.clock.wallMs() + 10 })
    client.send('topic://T', 'live')
    harness.clock.advance(10)
    next(harness, client)
    assert.deepEqual(client.texts, ['first', 'live'])
    assert.equal(harness.engine.view().queues.length, 0)
    assert.equal(harness.engine.view().memoryUsedBytes, 0)
  })

  it('hears of all topics of its pattern', () => {
    const harness = harnessWith()
    const client = harness.connect()
    client.consume('topic://A.>', { prefetch: 1 })
    for (const topic of ['A.B', 'A.C', 'B.C']) client.send(`topic://${topic}`, topic)
    harness.settle()
    next(harness, client)
    next(harness, client)
    assert.deepEqual(client.texts, ['A.B', 'A.C'])
  })

  it('may still ask for a limit of its own', () => {
    const harness = harnessWith()
    const client = harness.connect()
    client.consume('topic://T', { prefetch: 1, pendingLimit: 2 })
    for (let i = 0; i < 6; i++) {
      client.send('topic://T', `${i}`)
      harness.settle()
    }
    for (let i = 0; i < 6; i++) next(harness, client)
    assert.deepEqual(client.texts, ['0', '4', '5'])
  })

  it('does not count as one that makes room when it hears of advisories only', () => {
    const harness = harnessWith({}, { memoryLimitBytes: held(1, 1024) })
    const client = harness.connect()
    client.consume('topic://ActiveMQ.Advisory.TempQueue,topic://ActiveMQ.Advisory.TempTopic')
    const unpaced = { persistent: false, paced: false }
    client.send('Q', kilobyte, unpaced)
    client.send('Q', 'waits', unpaced)
    assert.equal(client.paused, true)
  })

  it('does not make its own connection wait for what it does not want to hear of it', () => {
    const harness = harnessWith({ memoryLimitBytes: held(1, 1024) })
    const [own, other] = [harness.connect(), harness.connect()]
    own.consume('topic://T', { prefetch: 0, noLocal: true })
    other.send('topic://T', kilobyte)
    assert.equal(own.isConfirmed(own.send('topic://T', 'goes')), true)
    assert.equal(other.isConfirmed(other.send('topic://T', 'waits')), false)
  })

  it('makes nobody wait any more when it goes, though it held nothing itself', () => {
    const harness = harnessWith({}, { memoryLimitBytes: held(1, 1024) })
    const [quick, sender] = [harness.connect(), harness.connect()]
    const consumer = quick.consume('topic://T')
    sender.send('Q', kilobyte, { persistent: false })
    const waits = sender.send('topic://T', 'for memory', { producer: 'another' })
    harness.settle()
    assert.equal(sender.isConfirmed(waits), false)
    consumer.close(0)
    harness.settle()
    assert.equal(sender.isConfirmed(waits), true)
  })

  it('holds nobody up by advisories that it does not read', () => {
    const harness = harnessWith({}, { memoryLimitBytes: held(1, 1024) })
    const client = harness.connect()
    client.consume('topic://ActiveMQ.Advisory.>', { prefetch: 0 })
    const advisory = 'topic://ActiveMQ.Advisory.Connection'
    for (let i = 0; i < 5; i++) harness.engine.publish(testMessage(advisory, kilobyte))
    harness.settle()
    assert.equal(harness.engine.view().memoryUsedBytes, 0)
    assert.equal(client.isConfirmed(client.send('Q', kilobyte, { persistent: false })), true)
  })

  it('leaves most of what waits for it to the temporary store', async () => {
    const spilling = new EngineHarness(
      {
        otherwise: { ...defaultPolicy, pendingMessageLimit: NO_PENDING_LIMIT },
        memoryLimitBytes: held(64, 1024),
      },
      Infinity,
      new TestTemporaryStore().open,
    )
    const [slow, sender] = [spilling.connect(), spilling.connect()]
    slow.consume('topic://T', { prefetch: 1 })
    const texts = Array.from({ length: 500 }, (_, i) => `${i} ${kilobyte}`)
    for (const text of texts) {
      assert.equal(sender.isConfirmed(sender.send('topic://T', text)), true, 'nobody waits')
      await spilling.settleReads()
    }
    const [topic] = spilling.engine.view().topics
    assert.ok((topic?.spilledBytes ?? 0) > 300 * 1024, `${topic?.spilledBytes} bytes`)
    for (let i = 1; i < texts.length; i++) {
      slow.acknowledge(slow.deliveries)
      await spilling.settleReads()
    }
    assert.deepEqual(slow.texts, texts)
  })
})
