import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryMessages } from '../../src/engine/dispatch/memory-messages.ts'
import { SpilledRun } from '../../src/engine/dispatch/spilled-run.ts'
import type { FileOperation, Fault } from '../../src/store/journal/memory-file-system.ts'
import { held } from './engine-harness.ts'
import type { TestClient } from './engine-harness.ts'
import { inMemory, LIMIT, range, SpillingSubject } from './spilling-subject.ts'

describe('a run that is back in memory', () => {
  it('does not hold its messages any more, however long a browser remembers it', async (t) => {
    const pinned = t.mock.method(SpilledRun.prototype, 'pin')
    const subject = new SpillingSubject()
    await subject.send('Q', 1, 300)
    subject.harness.connect().consume('Q', { browser: true, prefetch: 1 })
    await subject.harness.settleReads()
    assert.deepEqual(await subject.drain('Q'), range(1, 300))
    const runs = pinned.mock.calls.map((call) => call.this as SpilledRun)
    assert.ok(runs.length > 10)
    assert.ok(runs.every(({ entries }) => entries === null))
  })
})

describe('a temporary store that was in trouble', () => {
  /**
   * 50 messages, where 64 have room, that could not be written; then somebody takes them, and the
   * disk is well again.
   */
  async function recovered(): Promise<[SpillingSubject, TestClient]> {
    const disk = { isBroken: true }
    const fault = ({ kind }: FileOperation): Fault | null => {
      return disk.isBroken && kind === 'write' ? { errno: 'ENOSPC' } : null
    }
    const subject = new SpillingSubject({ fault })
    await subject.send('Q', 1, 50)
    assert.deepEqual(subject.view.flow.shortages, ['temp'])
    assert.equal(subject.view.temporary?.isFull, true)
    const client = subject.harness.connect()
    client.consume('Q', { prefetch: 1000 })
    await subject.harness.settleReads()
    disk.isBroken = false
    await subject.pass(2)
    return [subject, client]
  }

  it('holds nobody up when it is well, whoever holds the memory', async () => {
    const [subject] = await recovered()
    const receipt = subject.sender.send('OTHER', 'x'.repeat(100), { ...inMemory, producer: 'p2' })
    await subject.pass(2)
    assert.ok(subject.sender.isConfirmed(receipt))
    assert.deepEqual(subject.view.flow.shortages, [])
  })

  it('does not say that it takes nothing when nothing is left to be written', async () => {
    const [subject, client] = await recovered()
    client.acknowledge(client.takeDeliveries())
    await subject.pass(2)
    assert.equal(subject.view.temporary?.isFull, false)
  })
})

describe('memory that is nearly used up', () => {
  it('has nothing read ahead that would be spilled again', async () => {
    const done = { read: 0, write: 0 }
    const fault = ({ kind }: FileOperation): null => {
      if (kind === 'read' || kind === 'write') done[kind]++
      return null
    }
    const subject = new SpillingSubject({ fault, options: { memoryLimitBytes: 16 * LIMIT } })
    for (let i = 1; i <= 860; i++) subject.sender.send('HELD', 'x'.repeat(1024), inMemory)
    subject.harness.connect().consume('HELD', { prefetch: 1000 })
    await subject.harness.settleReads()
    const slow = subject.harness.connect()
    slow.consume('Q', { prefetch: 1 })
    await subject.send('Q', 1, 400)
    const before = done.read
    for (let i = 0; i < 100; i++) {
      slow.acknowledge(slow.takeDeliveries())
      await subject.harness.settleReads()
    }
    assert.ok(done.read - before <= 25, `${done.read - before}`)
  })

  it('is not used up by runs of one message each', async () => {
    const subject = new SpillingSubject({
      options: { memoryLimitBytes: 16 * LIMIT },
      tempLimitBytes: 64 << 20,
    })
    for (let i = 1; i <= 890; i++) subject.sender.send('HELD', 'x'.repeat(1024), inMemory)
    subject.harness.connect().consume('HELD', { prefetch: 1000 })
    await subject.harness.settleReads()
    const receipts: number[] = []
    for (let i = 1; i <= 1000; i++) receipts.push(...(await subject.send('Q', i, i)))
    assert.ok(receipts.every((receipt) => subject.sender.isConfirmed(receipt)))
    assert.deepEqual(await subject.drain('Q'), range(1, 1000))
  })

  it('by messages that cannot be spilled is not searched for others with each send', async (t) => {
    const memoryLimitBytes = Math.round(held(500, 100) / 0.76)
    const subject = new SpillingSubject({ options: { memoryLimitBytes } })
    for (let i = 0; i < 500; i++) subject.sender.send(`FEW.${i}`, 'x'.repeat(100), inMemory)
    await subject.harness.settleReads()
    const client = subject.harness.connect()
    client.consume('Q')
    const cuts = t.mock.method(MemoryMessages.prototype, 'cut')
    for (let i = 1; i <= 50; i++) {
      await subject.send('Q', i, i)
      client.acknowledge(client.takeDeliveries())
    }
    assert.ok(cuts.mock.callCount() <= 50, `${cuts.mock.callCount()}`)
  })

  it('has what was kept for a consumer spilled when that has gone', async () => {
    const subject = new SpillingSubject()
    const consumer = subject.harness.connect().consume('KEPT', { prefetch: 0 })
    await subject.send('KEPT', 1, 8)
    const few = Math.floor((LIMIT * 0.73 - held(8, 1024)) / held(1, 100))
    for (let i = 0; i < few; i++) subject.sender.send(`FEW.${i}`, 'x'.repeat(100), inMemory)
    await subject.harness.settleReads()
    assert.equal(subject.view.temporary?.usedBytes, 0)
    consumer.close(-1)
    await subject.harness.settleReads()
    assert.ok((subject.view.temporary?.usedBytes ?? 0) > 0)
    assert.deepEqual(await subject.drain('KEPT'), range(1, 8))
  })
})

describe('messages that come back from a consumer with a large prefetch', () => {
  it('are spilled, and hold up no other sender', async () => {
    const subject = new SpillingSubject()
    await subject.send('Q', 1, 500)
    const client = subject.harness.connect()
    client.consume('Q', { prefetch: 1000 })
    await subject.pass(2)
    assert.ok(subject.view.memoryUsedBytes > 2 * LIMIT)
    client.client.close()
    await subject.pass(2)
    assert.ok(subject.view.memoryUsedBytes < LIMIT)
    const receipt = subject.sender.send('OTHER', 'x', { ...inMemory, producer: 'p2' })
    await subject.pass(1)
    assert.ok(subject.sender.isConfirmed(receipt))
    assert.deepEqual(await subject.drain('Q'), range(1, 500))
  })

  it('have been on the disk and know how often they were delivered', async () => {
    const subject = new SpillingSubject()
    await subject.send('Q', 1, 200)
    const client = subject.harness.connect()
    const consumer = client.consume('Q', { prefetch: 1000 })
    await subject.pass(2)
    consumer.close(client.deliveries.at(99)?.id ?? 0)
    await subject.pass(2)
    assert.ok((subject.view.queues[0]?.spilledBytes ?? 0) > 150_000)
    const again = subject.harness.connect()
    again.consume('Q', { prefetch: 1000 })
    await subject.pass(2)
    assert.deepEqual(
      again.deliveries.map(({ redeliveries }) => redeliveries),
      [...new Array<number>(100).fill(1), ...new Array<number>(100).fill(0)],
    )
  })

  it('keep their order when they come back one by one, some of them spilled before', async () => {
    const subject = new SpillingSubject()
    await subject.send('Q', 1, 300)
    const client = subject.harness.connect()
    const consumer = client.consume('Q', { prefetch: 200 })
    await subject.pass(2)
    client.client.begin('T')
    const odd = client.deliveries.filter((_, i) => i % 2 === 0)
    client.acknowledge(odd, { transaction: 'T' })
    consumer.close(-1)
    await subject.pass(2)
    client.rollback('T')
    client.client.close()
    await subject.pass(2)
    assert.deepEqual(await subject.drain('Q'), range(1, 300))
    assert.equal(subject.view.memoryUsedBytes, 0)
  })
})
