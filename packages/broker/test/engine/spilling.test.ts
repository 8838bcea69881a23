import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseDestinationName } from '@quorate/core/model/destination-name'
import { defaultPolicy } from '../../src/engine/policy/destination-policy.ts'
import type { Fault, FileOperation } from '../../src/store/journal/memory-file-system.ts'
import { TEMPORARY_RETRY_MS } from '../../src/store/temporary/temporary-files.ts'
import { held, reads, textOf } from './engine-harness.ts'
import { inMemory, LIMIT, range, SpillingSubject } from './spilling-subject.ts'

describe('messages that memory has no room for', () => {
  it('go to the disk without their sender having to wait, and come back in order', async () => {
    const subject = new SpillingSubject({ options: { memoryLimitBytes: 4 * LIMIT } })
    const receipts = await subject.send('Q', 1, 1000)
    assert.ok(receipts.every((receipt) => subject.sender.isConfirmed(receipt)))
    const { memoryUsedBytes, temporary } = subject.view
    assert.ok(memoryUsedBytes < 4 * LIMIT, `${memoryUsedBytes}`)
    assert.ok((temporary?.usedBytes ?? 0) > 800_000)
    assert.equal(subject.harness.depth('Q'), 1000)
    assert.deepEqual(await subject.drain('Q'), range(1, 1000))
    assert.equal(subject.view.memoryUsedBytes, 0)
    assert.deepEqual(await subject.temporary.files(), [])
  })

  it('are spilled by what they take, however little their bodies say', async () => {
    const subject = new SpillingSubject()
    const tiny = (): number => subject.sender.send('Q', 'x'.repeat(16), inMemory)
    for (let i = 0; i < 1000; i++) {
      tiny()
      if (i % 10 === 0) await subject.harness.settleReads()
    }
    await subject.harness.settleReads()
    assert.equal(subject.harness.depth('Q'), 1000)
    assert.ok(subject.view.memoryUsedBytes < LIMIT)
    const [queue] = subject.view.queues
    assert.ok((queue?.spilledBytes ?? 0) > 800 * 16, `${queue?.spilledBytes}`)
    assert.equal(queue?.bytes, 1000 * 16, 'of the messages themselves, wherever they are')
  })

  it('are no more than have to go, however little their bodies say', async () => {
    const memoryLimitBytes = 16 * LIMIT
    const subject = new SpillingSubject({ options: { memoryLimitBytes } })
    const count = Math.ceil((memoryLimitBytes * 0.72) / held(1, 16))
    for (let i = 0; i < count; i++) subject.sender.send('Q', 'x'.repeat(16), inMemory)
    await subject.harness.settleReads()
    const { memoryUsedBytes } = subject.view
    assert.ok(memoryUsedBytes <= memoryLimitBytes * 0.7, `${memoryUsedBytes}`)
    assert.ok(memoryUsedBytes > memoryLimitBytes * 0.6, `${memoryUsedBytes}`)
  })

  it('cost memory by the run, not by the message', async () => {
    const subject = new SpillingSubject({
      options: { memoryLimitBytes: 16 * LIMIT },
      tempLimitBytes: 1 << 26,
    })
    for (let i = 0; i < 40; i++) await subject.send('Q', i * 100 + 1, i * 100 + 100)
    const used = subject.view.memoryUsedBytes
    await subject.send('Q', 4001, 4100)
    assert.ok(subject.view.memoryUsedBytes < used + 100 * 100)
    assert.deepEqual(await subject.drain('Q', 1000), range(1, 4100))
  })

  it('are those of the longest idle queue too, not only of the one that grows', async () => {
    const subject = new SpillingSubject()
    await subject.send('A', 1, 40)
    await subject.send('B', 1, 200)
    const idle = subject.view.queues.find(({ destination }) => destination.name === 'A')
    assert.ok((idle?.spilledBytes ?? 0) > 0)
    assert.deepEqual(await subject.drain('A'), range(1, 40))
    assert.deepEqual(await subject.drain('B'), range(1, 200))
  })

  it('are found behind any number of queues that have too little to be spilled', async () => {
    const subject = new SpillingSubject()
    for (let i = 1; i <= 120; i++) subject.sender.send(`FEW.${i}`, 'x'.repeat(20), inMemory)
    await subject.harness.settleReads()
    assert.equal(subject.view.temporary?.usedBytes, 0)
    for (let i = 1; i <= 15; i++) subject.sender.send('MANY', `${i} `.padEnd(1024), inMemory)
    await subject.harness.settleReads()
    assert.ok((subject.view.temporary?.usedBytes ?? 0) > 0)
    assert.deepEqual(await subject.drain('MANY'), range(1, 15))
  })

  it('keep their place among persistent messages', async () => {
    const subject = new SpillingSubject()
    const expected: number[] = []
    for (let i = 0; i < 300; i += 10) {
      await subject.send('Q', i + 1, i + 9)
      await subject.send('Q', i + 10, i + 10, { persistent: true })
      expected.push(...range(i + 1, i + 10))
    }
    assert.deepEqual(await subject.drain('Q'), expected)
  })

  it('leave in front what a slow consumer is given next', async () => {
    const subject = new SpillingSubject()
    const slow = subject.harness.connect()
    slow.consume('Q', { prefetch: 1 })
    await subject.send('Q', 1, 500)
    const before = subject.view.temporary?.usedBytes
    slow.acknowledge(slow.takeDeliveries())
    subject.harness.runTurns()
    // At once: nothing had to be read.
    assert.equal(Number.parseInt(textOf(slow.deliveries[0] ?? { key: '' })), 2)
    assert.equal(subject.view.temporary?.usedBytes, before)
  })

  it('that were read back and not taken are given again before the others', async () => {
    const subject = new SpillingSubject()
    await subject.send('Q', 1, 300)
    const client = subject.harness.connect()
    const consumer = client.consume('Q', { prefetch: 150 })
    await subject.harness.settleReads()
    assert.equal(client.deliveries.length, 150)
    consumer.close(client.deliveries.at(9)?.id ?? 0)
    await subject.harness.settleReads()
    const again = subject.harness.connect()
    again.consume('Q', { prefetch: 20 })
    await subject.harness.settleReads()
    assert.deepEqual(
      again.deliveries.map(({ redeliveries }) => redeliveries),
      [...new Array<number>(10).fill(1), ...new Array<number>(10).fill(0)],
    )
    again.client.close()
    assert.deepEqual(await subject.drain('Q'), range(1, 300))
  })

  it('are acknowledged in transactions, and come again when these roll back', async () => {
    const subject = new SpillingSubject()
    await subject.send('Q', 1, 200)
    const client = subject.harness.connect()
    client.consume('Q', { prefetch: 120 })
    await subject.harness.settleReads()
    client.client.begin('T1')
    client.acknowledge(client.deliveries.slice(0, 100), { transaction: 'T1' })
    client.rollback('T1')
    client.client.begin('T2')
    client.acknowledge(client.deliveries.slice(0, 50), { transaction: 'T2' })
    client.commit('T2')
    await subject.harness.settleReads()
    client.client.close()
    assert.deepEqual(await subject.drain('Q'), range(51, 200))
  })

  it('are not read when all of a run have expired', async () => {
    const done: string[] = []
    const fault = ({ kind }: FileOperation): null => {
      done.push(kind)
      return null
    }
    const subject = new SpillingSubject({ fault })
    await subject.send('Q', 1, 20)
    const expirationMs = subject.harness.clock.wallMs() + 1000
    await subject.send('Q', 21, 500, { expirationMs })
    subject.harness.clock.advance(2000)
    await subject.send('Q', 501, 510)
    assert.deepEqual(await subject.drain('Q'), [...range(1, 20), ...range(501, 510)])
    const [queue] = subject.view.queues
    assert.deepEqual([queue?.depth, queue?.expired], [0, 480])
    const count = (kind: string): number => done.filter((one) => one === kind).length
    assert.ok(count('read') < count('write') / 2, `${count('read')} of ${count('write')}`)
  })

  it('go to the dead letter queue when they are persistent, on a temporary queue, and expire', async () => {
    const subject = new SpillingSubject()
    const owned = 'temp-queue://ID:1:1'
    subject.sender.client.addDestination({ kind: 'temp-queue', name: 'ID:1:1' }, 1)
    const expirationMs = subject.harness.clock.wallMs() + 1000
    await subject.send(owned, 1, 200, { persistent: true, expirationMs })
    assert.ok((subject.view.temporary?.usedBytes ?? 0) > 100_000)
    subject.harness.clock.advance(2000)
    subject.sender.consume(owned)
    await subject.harness.settleReads()
    assert.equal(subject.harness.depth('ActiveMQ.DLQ'), 200)
  })

  it('are shown to a browser in order, and stay', async () => {
    const subject = new SpillingSubject()
    await subject.send('Q', 1, 300)
    await subject.send('Q', 301, 303, { persistent: true })
    await subject.send('Q', 304, 500)
    const client = subject.harness.connect()
    client.consume('Q', { browser: true, prefetch: 1000 })
    for (let i = 0; i < 5; i++) await subject.harness.settleReads()
    assert.deepEqual(
      client.texts.map((text) => Number.parseInt(text)),
      range(1, 500),
    )
    assert.equal(client.ended.length, 1)
    assert.deepEqual(await subject.drain('Q'), range(1, 500))
    client.client.close()
    assert.deepEqual(await subject.temporary.files(), [])
  })

  it('are shown to a browser that is slower than the consumers, and go when it ends', async () => {
    const subject = new SpillingSubject()
    await subject.send('Q', 1, 300)
    const client = subject.harness.connect()
    const browser = client.consume('Q', { browser: true, prefetch: 10 })
    await subject.harness.settleReads()
    assert.deepEqual(await subject.drain('Q'), range(1, 300))
    assert.equal(subject.view.memoryUsedBytes, 0)
    browser.setPrefetch(200)
    for (let i = 0; i < 5; i++) await subject.harness.settleReads()
    assert.deepEqual(
      client.texts.map((text) => Number.parseInt(text)),
      range(1, client.texts.length),
    )
    assert.ok(client.texts.length >= 200)
    browser.close(-1)
    await reads()
    assert.deepEqual(await subject.temporary.files(), [])
  })

  it('go with their queue', async () => {
    const subject = new SpillingSubject()
    subject.sender.client.addDestination({ kind: 'temp-queue', name: 'ID:1:1' }, 1)
    await subject.send('temp-queue://ID:1:1', 1, 300)
    await subject.send('Q', 1, 300)
    subject.sender.client.removeDestination({ kind: 'temp-queue', name: 'ID:1:1' }, 2)
    subject.sender.client.removeDestination(parseDestinationName('Q', 'queue'), 3)
    await subject.harness.settleReads()
    assert.equal(subject.view.memoryUsedBytes, 0)
    assert.equal(subject.view.temporary?.usedBytes, 0)
    assert.deepEqual(await subject.temporary.files(), [])
  })

  it('go with the leadership', async () => {
    const subject = new SpillingSubject()
    await subject.send('Q', 1, 300)
    subject.harness.failOver('kept')
    await reads()
    assert.deepEqual(await subject.temporary.files(), [])
    assert.equal(subject.harness.depth('Q'), 0)
  })
})

describe('the limit of one destination', () => {
  const memoryLimitBytes = held(8, 1024)
  const words = { ...defaultPolicy, memoryLimitBytes, sendFailIfNoSpace: true }
  const policies = [{ ...words, destination: parseDestinationName('SMALL', 'queue') }]

  it('is what it holds in memory: the rest is spilled, and nobody is refused', async () => {
    const subject = new SpillingSubject({ options: { policies, memoryLimitBytes: 16 * LIMIT } })
    for (let i = 1; i <= 200; i++) await subject.send('SMALL', i, i)
    assert.deepEqual(subject.sender.rejections, [])
    const [queue] = subject.view.queues
    assert.ok((queue?.memoryBytes ?? 0) < memoryLimitBytes)
    assert.deepEqual(await subject.drain('SMALL'), range(1, 200))
  })

  it('refuses who is faster than the disk', async () => {
    const subject = new SpillingSubject({ options: { policies } })
    for (let i = 1; i <= 20; i++) subject.sender.send('SMALL', 'x'.repeat(1024), inMemory)
    assert.equal(subject.sender.rejections.length, 12)
    await subject.harness.settleReads()
    assert.equal(subject.harness.depth('SMALL'), 8)
  })
})

describe('a temporary store that takes nothing', () => {
  it('makes senders wait when it is full, until something is consumed', async () => {
    const subject = new SpillingSubject({ tempLimitBytes: 256 << 10 })
    const receipts = await subject.send('Q', 1, 500)
    const waiting = receipts.filter((receipt) => !subject.sender.isConfirmed(receipt)).length
    assert.ok(waiting > 100 && waiting < 300, `${waiting}`)
    assert.deepEqual(subject.view.flow.shortages, ['temp'])
    assert.equal(subject.view.flow.waitingSends.temp, waiting)
    assert.deepEqual(await subject.drain('Q'), range(1, 500))
    assert.ok(receipts.every((receipt) => subject.sender.isConfirmed(receipt)))
    assert.deepEqual(subject.view.flow.shortages, [])
  })

  it('has senders refused where the policy says so', async () => {
    const otherwise = { ...defaultPolicy, sendFailIfNoSpace: true }
    const subject = new SpillingSubject({ tempLimitBytes: 64 << 10, options: { otherwise } })
    const receipts = await subject.send('Q', 1, 300)
    assert.equal(subject.sender.rejectionOf(receipts.at(-1) ?? 0), 'RESOURCE_LIMIT')
    const { message } = subject.sender.rejections[0]?.error ?? { message: '' }
    assert.match(message, /temporary store has no space/)
  })

  it('loses nothing when writes fail, and goes on by itself when they do not any more', async () => {
    const disk = { isBroken: true }
    const fault = ({ kind }: FileOperation): Fault | null => {
      return disk.isBroken && kind === 'write' ? { errno: 'ENOSPC' } : null
    }
    const subject = new SpillingSubject({ fault })
    const receipts = await subject.send('Q', 1, 100)
    assert.ok(!subject.sender.isConfirmed(receipts.at(-1) ?? 0))
    assert.deepEqual(subject.view.flow.shortages, ['temp'])
    subject.harness.clock.advance(TEMPORARY_RETRY_MS)
    await subject.harness.settleReads()
    assert.deepEqual(subject.view.flow.shortages, ['temp'])
    disk.isBroken = false
    for (let i = 0; i < 3; i++) {
      subject.harness.clock.advance(TEMPORARY_RETRY_MS)
      await subject.harness.settleReads()
    }
    assert.ok(receipts.every((receipt) => subject.sender.isConfirmed(receipt)))
    assert.deepEqual(subject.view.flow.shortages, [])
    assert.deepEqual(await subject.drain('Q'), range(1, 100))
  })

  it('concerns neither persistent messages nor a broker that has memory', async () => {
    const subject = new SpillingSubject({ fault: () => ({ errno: 'EIO' }) })
    const few = await subject.send('Q', 1, 20)
    assert.ok(few.every((receipt) => subject.sender.isConfirmed(receipt)))
    assert.deepEqual(subject.view.flow.shortages, [])
    await subject.send('Q', 21, 80)
    const stored = subject.sender.send('P', 'stored', { producer: 'other' })
    await subject.harness.settleReads()
    assert.ok(subject.sender.isConfirmed(stored))
  })

  it('drops and counts what cannot be read back, and hands out the rest', async () => {
    const disk = { reads: 0 }
    const fault = ({ kind }: FileOperation): Fault | null => {
      return kind === 'read' && ++disk.reads === 2 ? { errno: 'EIO' } : null
    }
    const subject = new SpillingSubject({ fault })
    await subject.send('Q', 1, 300)
    const numbers = await subject.drain('Q')
    const lost = subject.view.temporary?.lostMessages ?? 0
    assert.ok(lost > 0 && lost < 20, `${lost}`)
    assert.equal(numbers.length, 300 - lost)
    assert.deepEqual(
      numbers,
      [...numbers].sort((one, other) => one - other),
    )
    assert.equal(subject.harness.depth('Q'), 0)
    assert.equal(subject.view.memoryUsedBytes, 0)
  })
})

describe('a durable subscription', () => {
  it('spills while its subscriber is slow, and keeps the newest when it is away', async () => {
    const subject = new SpillingSubject({ options: { memoryLimitBytes: 4 * LIMIT } })
    const client = subject.harness.connect({ clientId: 'me' })
    const consumer = client.consume('topic://T', { durableName: 'sub', prefetch: 1 })
    await subject.send('topic://T', 1, 500)
    assert.ok((subject.view.durables[0]?.spilledBytes ?? 0) > 300_000)
    consumer.close(-1)
    await subject.send('topic://T', 501, 1600)
    const depth = subject.view.durables[0]?.depth ?? 0
    assert.ok(depth <= 1001 && depth > 900, `${depth}`)
    client.consume('topic://T', { durableName: 'sub', prefetch: 2000 })
    client.takeDeliveries()
    for (let i = 0; i < 3; i++) await subject.harness.settleReads()
    assert.equal(Number.parseInt(textOf(client.deliveries.at(-1) ?? { key: '' })), 1600)
  })

  it('keeps what is on the disk when others have used up the memory', async () => {
    const subject = new SpillingSubject()
    const client = subject.harness.connect({ clientId: 'me' })
    client.consume('topic://T', { durableName: 'sub' }).close(-1)
    await subject.send('topic://T', 1, 300)
    const depth = (): number => subject.view.durables[0]?.depth ?? 0
    assert.equal(depth(), 300)
    const spilled = (subject.view.durables[0]?.spilledBytes ?? 0) / 1024
    await subject.send('Q', 1, 300, { producer: 'other' })
    subject.harness.connect().consume('Q', { prefetch: 1000 })
    await subject.pass(1)
    await subject.send('topic://T', 301, 310)
    assert.ok(subject.view.memoryUsedBytes > LIMIT)
    assert.ok(depth() >= spilled, `${depth()} of ${spilled}`)
  })
})
