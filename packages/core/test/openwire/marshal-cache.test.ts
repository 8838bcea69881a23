import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { CodecOptions } from '../../src/openwire/codec.ts'
import { OpenWireCodec } from '../../src/openwire/codec.ts'
import type { DataStructure } from '../../src/openwire/commands.ts'
import { create } from '../../src/openwire/commands.ts'
import {
  notCached,
  ReadCache,
  readCacheBytesMax,
  WriteCache,
} from '../../src/openwire/marshal-cache.ts'

const options: CodecOptions = {
  version: 12,
  tight: true,
  sizePrefix: false,
  cacheSize: 16,
  stackTraceEnabled: true,
  maxFrameBytes: 100_000,
}

function producer(value: number): DataStructure {
  return create('ProducerInfo', {
    producerId: create('ProducerId', { connectionId: 'ID:c', value }),
    destination: create('ActiveMQQueue', { physicalName: `Q.${value % 7}` }),
  })
}

describe('the marshal caches', () => {
  it('stay in step over any history, however small they are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 130 }),
        fc.boolean(),
        fc.array(fc.nat(40), { maxLength: 300 }),
        (cacheSize, tight, history) => {
          const sender = new OpenWireCodec({ ...options, cacheSize, tight })
          const receiver = new OpenWireCodec({ ...options, cacheSize, tight })
          for (const value of history) {
            const command = producer(value)
            assert.deepEqual(receiver.decode(sender.encode(command)), command)
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it('make a repeated id an index', () => {
    const codec = new OpenWireCodec(options)
    const first = codec.encode(producer(1))
    const second = codec.encode(producer(1))
    assert.ok(second.length < first.length / 2)
  })

  it('stay in step when a command cannot be encoded', () => {
    const sender = new OpenWireCodec({ ...options, cacheSize: 5 })
    const receiver = new OpenWireCodec({ ...options, cacheSize: 5 })
    for (let i = 0; i < 30; i++) {
      const tooLong = create('ConsumerInfo', {
        consumerId: create('ConsumerId', { connectionId: 'c', value: 100 + i }),
        selector: 'x'.repeat(70_000),
      })
      assert.throws(() => sender.encode(tooLong), { code: 'INVALID_ARGUMENT' })
      const command = producer(i % 4)
      assert.deepEqual(receiver.decode(sender.encode(command)), command)
    }
  })

  it('remember null, and what looks alike but is not', () => {
    const ids = [
      null,
      create('ConsumerId', { connectionId: 'c', sessionId: 1, value: 2 }),
      create('ConsumerId', { connectionId: 'c', sessionId: 2, value: 1 }),
      create('ConsumerId', { connectionId: null, sessionId: 2, value: 1 }),
    ]
    const sender = new OpenWireCodec(options)
    const receiver = new OpenWireCodec(options)
    for (const consumerId of [...ids, ...ids, ...ids]) {
      const command = create('ConsumerInfo', { consumerId })
      assert.deepEqual(receiver.decode(sender.encode(command)), command)
    }
  })

  it('find every kind of id by value', () => {
    const connectionId = create('ConnectionId', { value: 'ID:c' })
    const values = (): DataStructure[] => [
      create('ActiveMQTempTopic', { physicalName: 'ID:c:1' }),
      create('ActiveMQTempQueue', { physicalName: 'ID:c:1' }),
      create('ConnectionId', { value: 'ID:c' }),
      create('BrokerId', { value: 'ID:c' }),
      create('SessionId', { connectionId: 'ID:c', value: 2n ** 60n }),
      create('LocalTransactionId', { value: 1, connectionId: { ...connectionId } }),
      create('XATransactionId', { formatId: 1, globalTransactionId: Buffer.from('g') }),
      create('XATransactionId', { formatId: 1, branchQualifier: Buffer.from('g') }),
    ]
    const cache = new WriteCache(1024)
    cache.startFrame()
    const slots = values().map((value) => cache.add(value))
    assert.deepEqual(
      values().map((value) => cache.find(value, 0)),
      slots,
    )
    assert.equal(new Set(slots).size, slots.length)
    assert.equal(cache.find(create('MessageId'), 0), notCached)
    assert.equal(cache.add(create('MessageId')), notCached)
  })

  it('refuse an index that was never agreed on', () => {
    const cache = new ReadCache(4)
    assert.throws(() => cache.set(4, null, 0), { code: 'MALFORMED_FRAME' })
    assert.throws(() => cache.get(-1), { code: 'MALFORMED_FRAME' })
    assert.equal(cache.get(3), null)
    cache.set(notCached, create('BrokerId'), 1)
  })

  it('refuse to keep what is no id, or more bytes than their limit', () => {
    const cache = new ReadCache(100)
    assert.throws(() => cache.set(0, create('ActiveMQMessage'), 10), { code: 'MALFORMED_FRAME' })
    cache.set(1, create('BrokerId'), readCacheBytesMax)
    cache.set(1, create('BrokerId'), 10)
    assert.throws(() => cache.set(2, create('BrokerId'), readCacheBytesMax), {
      code: 'MALFORMED_FRAME',
    })
  })

  it('do not keep a frame alive for the sake of a transaction id', () => {
    const frame = Buffer.alloc(1000, 1)
    const id = create('XATransactionId', { globalTransactionId: frame.subarray(0, 5) })
    new ReadCache(10).set(0, id, 5)
    assert.notEqual(id.globalTransactionId?.buffer, frame.buffer)
    assert.deepEqual(id.globalTransactionId, frame.subarray(0, 5))
  })
})
