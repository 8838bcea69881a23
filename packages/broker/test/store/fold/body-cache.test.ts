import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { BodyCache } from '../../../src/store/fold/body-cache.ts'
import { StoredEntry } from '../../../src/store/fold/stored-entry.ts'

const body = Buffer.from('body')

function ignore(): void {}

function hold(cache: BodyCache, count: number): StoredEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const entry = new StoredEntry(i + 1, 1, 0, body.length)
    cache.hold(entry, body)
    return entry
  })
}

describe('body cache', () => {
  it('counts the memory of whole batches', () => {
    const cache = new BodyCache(10_000, ignore)
    hold(cache, 2)
    cache.endBatch(4000)
    assert.equal(cache.bytes, 4000)
  })

  it('drops the oldest batch when it is over its limit', () => {
    const cache = new BodyCache(10_000, ignore)
    const [old] = hold(cache, 1)
    cache.endBatch(6000)
    const [young] = hold(cache, 1)
    cache.endBatch(6000)
    assert.equal(old?.body, null)
    assert.equal(young?.body, body)
    assert.equal(cache.bytes, 6000)
  })

  it('gives the memory of a batch back with its last message, in any order', () => {
    const cache = new BodyCache(10_000, ignore)
    const first = hold(cache, 2)
    cache.endBatch(1000)
    const second = hold(cache, 1)
    cache.endBatch(2000)
    for (const entry of second) cache.release(entry)
    assert.equal(cache.bytes, 1000)
    for (const entry of first) cache.release(entry)
    assert.equal(cache.bytes, 0)
    const third = hold(cache, 1)
    cache.endBatch(9000)
    assert.equal(third[0]?.body, body)
    assert.equal(cache.bytes, 9000)
  })

  it('does not count a batch whose messages left before it ended', () => {
    const cache = new BodyCache(10_000, ignore)
    for (const entry of hold(cache, 3)) cache.release(entry)
    cache.endBatch(5000)
    assert.equal(cache.bytes, 0)
  })

  it('holds nothing that alone is over its limit', () => {
    const cache = new BodyCache(1000, ignore)
    const [large] = hold(cache, 1)
    cache.endBatch(5000)
    assert.equal(large?.body, null)
    assert.equal(cache.bytes, 0)
  })
})
