import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Consumer } from '../../simulation/clients/consumer.ts'
import type { ConsumerOptions } from '../../simulation/clients/consumer.ts'
import { Producer } from '../../simulation/clients/producer.ts'
import type { ProducerOptions } from '../../simulation/clients/producer.ts'
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
})
