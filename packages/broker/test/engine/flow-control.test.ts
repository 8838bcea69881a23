import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseDestinationName } from '@quorate/core/model/destination-name'
import { NO_RECEIPT } from '../../src/engine/client.ts'
import { defaultPolicy } from '../../src/engine/policy/destination-policy.ts'
import type { DestinationPolicy, PolicyEntry } from '../../src/engine/policy/destination-policy.ts'
import { WAITING_BYTES_MAX } from '../../src/engine/policy/limits.ts'
import { EngineHarness, held, testMessage } from './engine-harness.ts'
import type { TestClient } from './engine-harness.ts'

const inMemory = { persistent: false } as const
const unpaced = { persistent: false, paced: false } as const
const kilobyte = 'x'.repeat(1024)

function policy(name: string, words: Partial<DestinationPolicy>): PolicyEntry {
  return { ...defaultPolicy, ...words, destination: parseDestinationName(name, 'queue') }
}

/** Its memory holds one message of a kilobyte, unless the test says otherwise. */
function full(
  otherwise: Partial<DestinationPolicy> = {},
  memoryLimitBytes = held(1, 1024),
): EngineHarness {
  return new EngineHarness({
    memoryLimitBytes,
    otherwise: { ...defaultPolicy, ...otherwise },
  })
}

/** Takes everything that waits in the queue. */
function drain(harness: EngineHarness, queue: string): TestClient {
  const client = harness.connect()
  client.consume(queue)
  for (let i = 0; i < 20; i++) {
    harness.settle()
    client.acknowledge(client.deliveries.slice(-1000))
  }
  harness.settle()
  return client
}

describe('a send without room in memory', () => {
  it('is answered when a consumer has made room, and its connection goes on meanwhile', () => {
    const harness = full()
    const client = harness.connect()
    client.send('Q', kilobyte, inMemory)
    const waiting = client.send('Q', 'waits', inMemory)
    const other = client.send('Q', 'stored', { producer: 'other' })
    harness.settle()
    assert.equal(client.paused, false)
    assert.equal(client.isConfirmed(waiting), false)
    assert.equal(client.isConfirmed(other), true)
    assert.equal(harness.depth('Q'), 2)
    assert.equal(harness.engine.view().flow.waitingSends.memory, 1)
    const consumer = drain(harness, 'Q')
    assert.equal(client.isConfirmed(waiting), true)
    assert.deepEqual(consumer.texts, [kilobyte, 'stored', 'waits'])
    assert.equal(harness.engine.view().memoryUsedBytes, 0)
    assert.equal(harness.engine.view().flow.waitingSends.memory, 0)
  })

  it('stops a connection that does not wait for answers until much is free', () => {
    const harness = full({}, held(4, 256))
    const sender = harness.connect()
    for (let i = 0; i < 4; i++) sender.send('Q', 'x'.repeat(256), unpaced)
    assert.equal(sender.paused, false)
    sender.send('Q', 'waits', unpaced)
    assert.equal(sender.paused, true)
    const consumer = harness.connect()
    consumer.consume('Q', { prefetch: 1 })
    harness.settle()
    consumer.acknowledge(consumer.takeDeliveries())
    harness.settle()
    assert.equal(harness.depth('Q'), 4)
    assert.equal(sender.paused, true)
    for (let i = 0; i < 4; i++) {
      consumer.acknowledge(consumer.takeDeliveries())
      harness.settle()
    }
    assert.equal(sender.paused, false)
  })

  it('has none when messages take the memory, however little their bodies say', () => {
    const harness = full({}, 64 << 10)
    const sender = harness.connect()
    for (let i = 0; i < 200; i++) sender.send('Q', 'x'.repeat(16), unpaced)
    assert.equal(sender.paused, true)
    assert.equal(harness.depth('Q'), Math.ceil((64 << 10) / held(1, 16)))
    const [queue] = harness.engine.view().queues
    assert.equal(queue?.memoryBytes, held(harness.depth('Q'), 16))
    assert.equal(queue.bytes, harness.depth('Q') * 16, 'of the messages themselves')
  })

  it('never stops a consumer, since its acknowledgements are what makes room', () => {
    const harness = full()
    const client = harness.connect()
    client.consume('Q', { prefetch: 1 })
    client.send('Q', kilobyte, unpaced)
    const waiting = client.send('Q', 'waits', unpaced)
    harness.settle()
    assert.equal(client.paused, false)
    client.acknowledge(client.takeDeliveries())
    harness.settle()
    assert.equal(client.isConfirmed(waiting), true)
    assert.deepEqual(client.texts, ['waits'])
  })

  it('stops who only listens to topics, as every JMS client does for advisories', () => {
    const harness = full()
    const client = harness.connect()
    client.consume('topic://ActiveMQ.Advisory.TempQueue')
    client.send('Q', kilobyte, unpaced)
    client.send('Q', 'waits', unpaced)
    assert.equal(client.paused, true)
    drain(harness, 'Q')
    assert.equal(client.paused, false)
  })

  it('is refused to a consumer when too much waits already', () => {
    const harness = full()
    const client = harness.connect()
    client.consume('Q', { prefetch: 1 })
    client.send('Q', kilobyte, unpaced)
    const body = Buffer.alloc(WAITING_BYTES_MAX)
    client.client.send({ ...testMessage('Q', '', unpaced), body }, '', client.receipt())
    const refused = client.send('Q', 'one too many', unpaced)
    assert.equal(client.rejectionOf(refused), 'RESOURCE_LIMIT')
  })

  it('is refused to a consumer when very many tiny ones wait already', () => {
    const harness = full()
    const [sender, consumer] = [harness.connect(), harness.connect()]
    consumer.consume('Q', { prefetch: 1 })
    sender.send('Q', kilobyte, unpaced)
    const most = Math.ceil(WAITING_BYTES_MAX / held(1, 1))
    const tiny = testMessage('Q', 'x', unpaced)
    for (let i = 1; i < most; i++) sender.client.send(tiny, '', NO_RECEIPT)
    const waits = consumer.send('Q', 'x', unpaced)
    assert.equal(consumer.rejectionOf(waits), undefined)
    const refused = consumer.send('Q', 'x', unpaced)
    assert.equal(consumer.rejectionOf(refused), 'RESOURCE_LIMIT')
  })

  it('is not passed by a later one of the same producer', () => {
    const harness = full()
    const client = harness.connect()
    client.send('Q', kilobyte, inMemory)
    const receipts = ['a', 'b', 'c'].map((text) => client.send('Q', text, inMemory))
    receipts.push(client.send('Q', 'stored'))
    harness.settle()
    assert.deepEqual(
      receipts.filter((receipt) => client.isConfirmed(receipt)),
      [],
    )
    const consumer = drain(harness, 'Q')
    assert.deepEqual(consumer.texts, [kilobyte, 'a', 'b', 'c', 'stored'])
    assert.deepEqual(
      receipts.filter((receipt) => !client.isConfirmed(receipt)),
      [],
    )
  })

  it('shares what is freed with other producers', () => {
    const harness = full()
    const [one, other] = [harness.connect(), harness.connect()]
    one.send('Q', kilobyte, inMemory)
    for (const text of ['a1', 'a2']) one.send('Q', text, inMemory)
    for (const text of ['b1', 'b2']) other.send('Q', text, inMemory)
    assert.deepEqual(drain(harness, 'Q').texts, [kilobyte, 'a1', 'b1', 'a2', 'b2'])
  })

  it('counts for what waits on its connection only if it is to be answered', () => {
    const harness = full()
    const client = harness.connect()
    client.send('Q', kilobyte, inMemory)
    const sends = [
      ['answered', client.receipt()],
      ['not answered', NO_RECEIPT],
      ['answered too', client.receipt()],
    ] as const
    sends.forEach(([text, receipt], i) => {
      const how = { ...inMemory, producer: 'p', sequence: i + 1 }
      client.client.send(testMessage('Q', text, how), '', receipt)
    })
    const load = () => ({
      length: client.client.waiting.length,
      bytes: client.client.waiting.bytes,
    })
    assert.deepEqual(load(), { length: 2, bytes: 'answered'.length + 'answered too'.length })
    const { flow } = harness.engine.view()
    assert.equal(flow.waitingSends.memory, 3)
    assert.equal(flow.waitingBytes, load().bytes + 'not answered'.length, 'all of it is bounded')
    assert.deepEqual(drain(harness, 'Q').texts.slice(1), [
      'answered',
      'not answered',
      'answered too',
    ])
    assert.deepEqual(load(), { length: 0, bytes: 0 })
  })

  it('is forgotten with its connection', () => {
    const harness = full()
    const client = harness.connect()
    client.send('Q', kilobyte, inMemory)
    client.send('Q', 'waits', inMemory)
    client.client.close()
    assert.equal(harness.engine.view().flow.waitingBytes, 0)
    assert.deepEqual(drain(harness, 'Q').texts, [kilobyte])
  })

  it('is not answered when leadership ends', () => {
    const harness = full()
    const client = harness.connect()
    client.send('Q', kilobyte, inMemory)
    const waiting = client.send('Q', 'waits', { ...inMemory })
    harness.failOver('kept')
    assert.equal(client.isConfirmed(waiting), false)
    assert.equal(client.rejectionOf(waiting), undefined)
  })

  it('is not needed for subscribers of a topic, or for a durable one that is away', () => {
    const harness = full()
    const client = harness.connect({ clientId: 'desk' })
    const durable = client.consume('topic://T', { durableName: 'd' })
    durable.close(0)
    client.send('Q', kilobyte, inMemory)
    const subscriber = harness.connect()
    subscriber.consume('topic://T')
    const receipt = client.send('topic://T', 'news', inMemory)
    harness.settle()
    assert.equal(client.isConfirmed(receipt), true)
    assert.deepEqual(subscriber.texts, ['news'])
    assert.equal(harness.engine.view().memoryUsedBytes, held(1, 1024))
  })
})

describe('sendFailIfNoSpace', () => {
  it('refuses what finds no room', () => {
    const harness = full({ sendFailIfNoSpace: true })
    const client = harness.connect()
    client.send('Q', kilobyte, inMemory)
    const refused = client.send('Q', 'x', inMemory)
    assert.equal(client.rejectionOf(refused), 'RESOURCE_LIMIT')
    assert.match(client.rejections[0]?.error.message ?? '', /the broker's memoryLimit is reached/)
    assert.equal(client.paused, false)
    drain(harness, 'Q')
    assert.equal(client.isConfirmed(client.send('Q', 'y', inMemory)), true)
  })

  it('refuses after its timeout what found no room in time', () => {
    const harness = full({ sendFailIfNoSpaceAfterTimeoutMs: 3000 })
    const client = harness.connect()
    client.send('Q', kilobyte, inMemory)
    const late = client.send('Q', 'late', inMemory)
    harness.clock.advance(2000)
    const later = client.send('Q', 'later', inMemory)
    harness.clock.advance(900)
    assert.equal(client.rejectionOf(late), undefined)
    harness.clock.advance(200)
    assert.equal(client.rejectionOf(late), 'RESOURCE_LIMIT')
    assert.equal(client.rejectionOf(later), undefined)
    assert.deepEqual(drain(harness, 'Q').texts, [kilobyte, 'later'])
    harness.clock.advance(10_000)
    assert.equal(client.isConfirmed(later), true)
    assert.equal(client.rejectionOf(later), undefined)
  })

  describe('of the destination in front', () => {
    const [late, later] = [1000, 5000].map((sendFailIfNoSpaceAfterTimeoutMs) => {
      return { memoryLimitBytes: 10, sendFailIfNoSpaceAfterTimeoutMs }
    })
    const policies = [policy('A', { ...late }), policy('B', { ...later })]

    /** Queues A and B are full; one message waits for A. */
    function stuck(): { harness: EngineHarness; client: TestClient; front: number } {
      const harness = new EngineHarness({ policies })
      const client = harness.connect()
      for (const queue of ['A', 'B']) client.send(queue, kilobyte, inMemory)
      const front = client.send('A', 'late', inMemory)
      return { harness, client, front }
    }

    it('lets what stood behind go when it is over, where there is room', () => {
      const { harness, client, front } = stuck()
      harness.clock.advance(500)
      const behind = client.send('C', 'c', inMemory)
      harness.clock.advance(600)
      harness.settle()
      assert.equal(client.rejectionOf(front), 'RESOURCE_LIMIT')
      assert.equal(client.isConfirmed(behind), true)
    })

    it('refuses nothing behind it that finds room', () => {
      const { harness, client, front } = stuck()
      const behind = ['C', 'C'].map((queue) => client.send(queue, 'c', inMemory))
      harness.clock.advance(1100)
      harness.settle()
      assert.equal(client.rejectionOf(front), 'RESOURCE_LIMIT')
      assert.deepEqual(
        behind.map((receipt) => client.isConfirmed(receipt)),
        [true, true],
      )
    })

    it('does not count for what waits behind it for another one', () => {
      const { harness, client } = stuck()
      const behind = client.send('B', 'b', inMemory)
      harness.clock.advance(4900)
      assert.equal(client.rejectionOf(behind), undefined)
      harness.clock.advance(200)
      assert.equal(client.rejectionOf(behind), 'RESOURCE_LIMIT')
    })
  })

  it('lets a paused connection go on when what waited was refused', () => {
    const harness = full({ sendFailIfNoSpaceAfterTimeoutMs: 1000 }, held(2, 512))
    const [sender, consumer] = [harness.connect(), harness.connect()]
    consumer.consume('Q', { prefetch: 1 })
    for (let i = 0; i < 2; i++) sender.send('Q', 'x'.repeat(512), unpaced)
    sender.send('Q', 'late', unpaced)
    assert.equal(sender.paused, true)
    harness.clock.advance(1100)
    assert.equal(sender.rejections.length, 1)
    harness.settle()
    consumer.acknowledge(consumer.takeDeliveries())
    harness.settle()
    assert.equal(sender.paused, false)
  })
})

describe("a destination's own memoryLimit", () => {
  const policies = [
    policy('A.>', { memoryLimitBytes: 1000 }),
    policy('A.FREE', { memoryLimitBytes: 1000, producerFlowControl: false }),
    policy('A.*', { memoryLimitBytes: 10, sendFailIfNoSpace: true }),
  ]

  it('concerns this destination only', () => {
    const harness = new EngineHarness({ policies })
    const client = harness.connect()
    client.send('A.B.C', kilobyte, inMemory)
    const waiting = client.send('A.B.C', 'waits', inMemory)
    const other = client.send('B', 'other', { ...inMemory, producer: 'other' })
    assert.equal(client.isConfirmed(waiting), false)
    assert.equal(client.isConfirmed(other), true)
    const view = harness.engine.view()
    assert.equal(view.flow.waitingSends.destination, 1)
    const queue = view.queues.find(({ destination }) => destination.name === 'A.B.C')
    assert.equal(queue?.memoryBytes, held(1, 1024))
    assert.equal(queue?.memoryLimitBytes, 1000)
    drain(harness, 'A.B.C')
    assert.equal(client.isConfirmed(waiting), true)
  })

  it('is the one of the most specific policy', () => {
    const harness = new EngineHarness({ policies })
    const client = harness.connect()
    client.send('A.B', kilobyte, inMemory)
    assert.equal(client.rejectionOf(client.send('A.B', 'x', inMemory)), 'RESOURCE_LIMIT')
  })

  it('does not hold producers without producerFlowControl', () => {
    const harness = new EngineHarness({ policies })
    const client = harness.connect()
    for (let i = 0; i < 5; i++) {
      assert.equal(client.isConfirmed(client.send('A.FREE', kilobyte, inMemory)), true)
    }
  })

  it('holds those who publish to a slow durable subscriber what is not stored', () => {
    const harness = new EngineHarness({ policies: [policy('topic://T', { memoryLimitBytes: 10 })] })
    const [subscriber, sender] = [harness.connect({ clientId: 'desk' }), harness.connect()]
    subscriber.consume('topic://T', { durableName: 'd', prefetch: 1 })
    harness.settle()
    sender.send('topic://T', kilobyte, inMemory)
    const waiting = sender.send('topic://T', 'waits', inMemory)
    harness.settle()
    assert.equal(sender.isConfirmed(waiting), false)
    subscriber.acknowledge(subscriber.takeDeliveries())
    harness.settle()
    assert.equal(sender.isConfirmed(waiting), true)
  })
})

describe('a store without space', () => {
  it('holds what is to be stored until there is space, and nothing else', () => {
    const harness = new EngineHarness()
    const [sender, consumer] = [harness.connect(), harness.connect()]
    for (const text of ['a', 'b']) sender.send('Q', text)
    consumer.consume('Q')
    harness.settle()
    harness.engine.setShort('store', true)
    const stored = sender.send('Q', 'c')
    const free = sender.send('Q', 'd', { ...inMemory, producer: 'other' })
    consumer.acknowledge(consumer.takeDeliveries())
    harness.settle()
    assert.equal(sender.isConfirmed(stored), false)
    assert.equal(sender.isConfirmed(free), true)
    assert.deepEqual(harness.stored('Q'), [])
    assert.deepEqual(harness.engine.view().flow.shortages, ['store'])
    harness.engine.setShort('store', false)
    harness.settle()
    assert.equal(sender.isConfirmed(stored), true)
    assert.deepEqual(harness.stored('Q'), ['c'])
  })

  it('holds commits that store messages, and lets those go on that only acknowledge', () => {
    const harness = new EngineHarness()
    const [sender, consumer] = [harness.connect(), harness.connect()]
    sender.send('Q', 'a')
    consumer.consume('Q')
    harness.settle()
    harness.engine.setShort('store', true)
    sender.client.begin('s')
    sender.send('Q', 'b', { transaction: 's' })
    const sends = sender.commit('s')
    consumer.client.begin('c')
    consumer.acknowledge(consumer.takeDeliveries(), { transaction: 'c' })
    const acknowledges = consumer.commit('c')
    harness.settle()
    assert.equal(sender.isConfirmed(sends), false)
    assert.equal(consumer.isConfirmed(acknowledges), true)
    harness.engine.setShort('store', false)
    harness.settle()
    assert.equal(sender.isConfirmed(sends), true)
    assert.deepEqual(harness.stored('Q'), ['b'])
  })

  it('has plain sends refused at once where they are not to wait, and consumers go on', () => {
    const harness = new EngineHarness({ otherwise: { ...defaultPolicy, sendFailIfNoSpace: true } })
    const [sender, consumer] = [harness.connect(), harness.connect()]
    sender.send('Q', 'a')
    consumer.consume('Q')
    harness.settle()
    harness.engine.setShort('store', true)
    const refused = sender.send('Q', 'b')
    assert.equal(sender.rejectionOf(refused), 'RESOURCE_LIMIT')
    assert.match(sender.rejections[0]?.error.message ?? '', /the store has no space/)
    sender.send('Q', 'not waited for either', { paced: false })
    assert.equal(sender.rejections.length, 2)
    assert.equal(sender.paused, false)
    const free = sender.send('Q', 'c', inMemory)
    const acknowledged = consumer.acknowledge(consumer.takeDeliveries())
    harness.settle()
    assert.equal(sender.isConfirmed(free), true)
    assert.equal(consumer.isConfirmed(acknowledged), true)
    assert.deepEqual(harness.stored('Q'), [])
    harness.engine.setShort('store', false)
    const next = sender.send('Q', 'd')
    harness.settle()
    assert.equal(sender.isConfirmed(next), true)
    assert.deepEqual(consumer.texts, ['c', 'd'])
  })

  it('has plain sends refused after their time, and takes those that found space in time', () => {
    const harness = new EngineHarness({
      otherwise: { ...defaultPolicy, sendFailIfNoSpaceAfterTimeoutMs: 3000 },
    })
    const sender = harness.connect()
    harness.engine.setShort('store', true)
    const late = sender.send('Q', 'late')
    harness.clock.advance(2000)
    const later = sender.send('Q', 'later')
    harness.clock.advance(900)
    assert.equal(sender.rejectionOf(late), undefined)
    harness.clock.advance(200)
    assert.equal(sender.rejectionOf(late), 'RESOURCE_LIMIT')
    harness.engine.setShort('store', false)
    harness.settle()
    assert.equal(sender.isConfirmed(later), true)
    harness.clock.advance(10_000)
    assert.equal(sender.rejectionOf(later), undefined)
    assert.deepEqual(harness.stored('Q'), ['later'])
  })

  it("goes by the destination's policy before the broker's", () => {
    const late = policy('LATE', { sendFailIfNoSpaceAfterTimeoutMs: 1000 })
    const harness = new EngineHarness({
      policies: [late, policy('WAITS', {})],
      otherwise: { ...defaultPolicy, sendFailIfNoSpace: true },
    })
    const sender = harness.connect()
    harness.engine.setShort('store', true)
    const sends = ['LATE', 'WAITS', 'Q'].map((producer) => sender.send(producer, 'x', { producer }))
    const areRefused = (): boolean[] => sends.map((send) => sender.rejectionOf(send) !== undefined)
    assert.deepEqual(areRefused(), [false, false, true])
    harness.clock.advance(1100)
    assert.deepEqual(areRefused(), [true, false, true])
    harness.clock.advance(100_000)
    harness.engine.setShort('store', false)
    harness.settle()
    assert.deepEqual(areRefused(), [true, false, true])
    assert.deepEqual(
      ['LATE', 'WAITS', 'Q'].map((queue) => harness.stored(queue)),
      [[], ['x'], []],
    )
  })

  it('rolls back the commit of a sender that does not want to wait', () => {
    const harness = new EngineHarness({ otherwise: { ...defaultPolicy, sendFailIfNoSpace: true } })
    const sender = harness.connect()
    harness.engine.setShort('store', true)
    sender.client.begin('s')
    sender.send('Q', 'a', { transaction: 's' })
    assert.equal(sender.rejectionOf(sender.commit('s')), 'TRANSACTION_ROLLED_BACK')
    harness.engine.setShort('store', false)
    harness.settle()
    assert.deepEqual(harness.stored('Q'), [])
  })

  it('fails a transaction of which a send was refused', () => {
    const harness = new EngineHarness()
    const sender = harness.connect()
    sender.consume('OTHER')
    harness.engine.setShort('store', true)
    const body = Buffer.alloc(WAITING_BYTES_MAX)
    sender.client.send(
      { ...testMessage('LARGE', '', { producer: 'p' }), body },
      '',
      sender.receipt(),
    )
    sender.client.begin('s')
    const refused = sender.send('Q', 'behind it', { transaction: 's', producer: 'p' })
    assert.equal(sender.rejectionOf(refused), 'RESOURCE_LIMIT')
    sender.send('Q', 'of another producer', { transaction: 's', producer: 'other' })
    harness.engine.setShort('store', false)
    harness.settle()
    assert.equal(sender.rejectionOf(sender.commit('s')), 'TRANSACTION_ROLLED_BACK')
    harness.settle()
    assert.deepEqual(harness.stored('Q'), [])
  })

  it('lets no commit pass what was sent in its transaction', () => {
    const harness = new EngineHarness()
    const sender = harness.connect()
    harness.engine.setShort('store', true)
    sender.send('Q', 'a')
    sender.client.begin('s')
    sender.send('Q', 'b', { transaction: 's' })
    const commit = sender.commit('s')
    harness.settle()
    assert.equal(sender.isConfirmed(commit), false)
    harness.engine.setShort('store', false)
    harness.settle()
    assert.equal(sender.isConfirmed(commit), true)
    assert.deepEqual(harness.stored('Q'), ['a', 'b'])
  })
})

describe('a slow subscriber of a topic', () => {
  it('costs what its policy says, and its topic counts what it never got', () => {
    const harness = new EngineHarness({
      policies: [policy('topic://PRICES.>', { pendingMessageLimit: 3 })],
    })
    const [slow, sender] = [harness.connect(), harness.connect()]
    slow.consume('topic://PRICES.X', { prefetch: 2 })
    for (let i = 0; i < 10; i++) {
      sender.send('topic://PRICES.X', `${i}`, unpaced)
      harness.settle()
    }
    assert.equal(sender.paused, false)
    const [topic] = harness.engine.view().topics
    assert.equal(topic?.discarded, 5)
    assert.equal(topic?.published, 10)
    for (let i = 0; i < 3; i++) {
      slow.acknowledge(slow.deliveries)
      harness.settle()
    }
    assert.deepEqual(slow.texts, ['0', '1', '7', '8', '9'])
  })

  it('may ask for less than its policy allows, and not for more', () => {
    const harness = new EngineHarness({ otherwise: { ...defaultPolicy, pendingMessageLimit: 3 } })
    const [modest, greedy] = [harness.connect(), harness.connect()]
    modest.consume('topic://T', { prefetch: 0, pendingLimit: 1 })
    greedy.consume('topic://T', { prefetch: 0, pendingLimit: 100 })
    for (let i = 0; i < 10; i++) modest.send('topic://T', `${i}`, unpaced)
    const [topic] = harness.engine.view().topics
    assert.equal(topic?.discarded, 9 + 7)
  })
})
