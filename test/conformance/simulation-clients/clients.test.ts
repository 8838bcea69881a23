import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Consumer } from '../../simulation/clients/consumer.ts'
import type { ConsumerOptions } from '../../simulation/clients/consumer.ts'
import { Producer } from '../../simulation/clients/producer.ts'
import type { ProducerOptions } from '../../simulation/clients/producer.ts'
import { TransactedConsumer } from '../../simulation/clients/transacted-consumer.ts'
import type { TransactedConsumerOptions } from '../../simulation/clients/transacted-consumer.ts'
import { TransactedProducer } from '../../simulation/clients/transacted-producer.ts'
import { withRig } from './rig.ts'
import type { Rig } from './rig.ts'

const queue = 'queue://orders'

function producer(rig: Rig, options: Partial<ProducerOptions> = {}): Producer {
  const made = new Producer(rig.environment, {
    name: 'producer-0',
    destination: queue,
    window: 1,
    everyMs: 1,
    pauseChance: 0,
    pauseMs: 0,
    sizes: { smallBytes: 100, largeBytes: 5000, largeChance: 0.05 },
    messagesMax: 200,
    ...options,
  })
  rig.add(made)
  return made
}

function consumer(rig: Rig, options: Partial<ConsumerOptions> = {}): Consumer {
  const made = new Consumer(rig.environment, {
    name: 'consumer-0',
    destination: queue,
    prefetch: 10,
    acknowledges: 'either',
    workMs: 0.5,
    holdChance: 0,
    holdMs: 0,
    leaveChance: 0,
    leaves: [],
    awayMs: 5,
    ...options,
  })
  rig.add(made)
  return made
}

const sizes = { smallBytes: 100, largeBytes: 0, largeChance: 0 }

function transactor(rig: Rig, name: string, isReplaying: boolean): TransactedProducer {
  const made = new TransactedProducer(rig.environment, {
    name,
    destinations: [queue],
    sizeMax: 4,
    everyMs: 1,
    rollbackChance: 0.2,
    isReplaying,
    sizes,
    messagesMax: 150,
  })
  rig.add(made)
  return made
}

function worker(
  rig: Rig,
  name: string,
  options: Partial<TransactedConsumerOptions> = {},
): TransactedConsumer {
  const made = new TransactedConsumer(rig.environment, {
    name,
    destination: queue,
    prefetch: 10,
    sizeMax: 3,
    workMs: 0.5,
    rollbackChance: 0.2,
    reopenChance: 0.5,
    redeliversItself: false,
    ...options,
  })
  rig.add(made)
  return made
}

function sound(rig: Rig): void {
  assert.deepEqual(rig.surprises, [])
  assert.deepEqual(rig.violations(), [])
}

describe('clients of the simulation', () => {
  it('send and receive', async () => {
    await withRig(1, async (rig) => {
      producer(rig)
      consumer(rig)
      await rig.until('messages', () => rig.count('receive') >= 200)
      await rig.settle()
      assert.equal(rig.count('receive'), 200)
      sound(rig)
    })
  })

  it('resend what was not answered when their connection breaks, and lose nothing', async () => {
    await withRig(2, async (rig) => {
      producer(rig, { window: 8 })
      producer(rig, { name: 'producer-1' })
      consumer(rig)
      consumer(rig, { name: 'consumer-1', isGentle: true, acknowledges: 'upTo' })
      for (let i = 1; i <= 5; i++) {
        await rig.until('messages', () => rig.count('receive') >= i * 50)
        rig.breakConnections()
      }
      await rig.until('messages', () => rig.count('receive') >= 400)
      await rig.settle()
      assert.ok(rig.count('interrupted') >= 10)
      sound(rig)
    })
  })

  it('follow the leadership', async () => {
    await withRig(3, async (rig) => {
      producer(rig, { window: 8 })
      consumer(rig)
      for (let i = 1; i <= 3; i++) {
        await rig.until('messages', () => rig.count('receive') >= i * 40)
        await rig.broker.failOver()
      }
      await rig.settle()
      sound(rig)
    })
  })

  it('give messages back when they leave', async () => {
    await withRig(4, async (rig) => {
      producer(rig)
      const leaves = ['consumer', 'connection', 'crash'] as const
      consumer(rig, { leaveChance: 0.2, leaves })
      consumer(rig, { name: 'consumer-1', leaveChance: 0.2, leaves })
      await rig.until('messages', () => rig.count('receive') >= 200)
      await rig.settle()
      assert.ok(rig.count('invoke', 'close') > 5)
      sound(rig)
    })
  })

  it('commit each transaction wholly or not at all while connections break', async () => {
    await withRig(5, async (rig) => {
      transactor(rig, 'transactor-0', true)
      transactor(rig, 'transactor-1', false)
      const forward = { destination: 'queue://receipts', sizes }
      worker(rig, 'worker-0', { forward })
      worker(rig, 'worker-1')
      consumer(rig, { destination: 'queue://receipts' })
      for (let i = 1; i <= 8; i++) {
        await rig.until('messages', () => rig.count('receive') >= i * 30)
        if (i % 3 === 0) await rig.broker.failOver()
        else rig.breakConnections()
      }
      await rig.settle()
      assert.ok(rig.count('invoke', 'rollback') > 5)
      sound(rig)
    })
  })

  it('keep durable subscriptions, and give them up', async () => {
    await withRig(6, async (rig) => {
      const topic = 'topic://prices'
      producer(rig, { destination: topic, window: 4 })
      const habits = { destination: topic, subscription: 'watch', leaveChance: 0.1 }
      const leaves = ['consumer', 'connection', 'crash'] as const
      consumer(rig, { name: 'subscriber-0', ...habits, leaves })
      consumer(rig, { name: 'subscriber-1', ...habits, leaves: ['unsubscribe'] })
      await rig.until('messages', () => rig.count('receive') >= 100)
      await rig.broker.failOver()
      await rig.until('messages', () => rig.count('receive') >= 200)
      await rig.settle()
      assert.ok(rig.count('invoke', 'unsubscribe') > 0)
      sound(rig)
    })
  })

  it('take turns where they are exclusive', async () => {
    await withRig(7, async (rig) => {
      producer(rig)
      for (const name of ['exclusive-0', 'exclusive-1']) {
        consumer(rig, { name, isExclusive: true, leaveChance: 0.05, leaves: ['consumer', 'crash'] })
      }
      await rig.until('messages', () => rig.count('receive') >= 100)
      rig.breakConnections()
      await rig.until('messages', () => rig.count('receive') >= 200)
      await rig.settle()
      assert.ok(rig.count('invoke', 'open') > 2)
      sound(rig)
    })
  })
})
