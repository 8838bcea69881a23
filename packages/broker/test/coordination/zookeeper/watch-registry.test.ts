import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { WatchRegistry } from '../../../src/coordination/zookeeper/watch-registry.ts'

describe('watch registry', () => {
  it('uses watches up by the events that fire them', () => {
    const registry = new WatchRegistry()
    registry.add('data', '/a')
    registry.add('exists', '/b')
    registry.add('children', '/c')
    assert.equal(registry.fire({ type: 'childrenChanged', path: '/a' }), false)
    assert.equal(registry.fire({ type: 'dataChanged', path: '/a' }), true)
    assert.equal(registry.fire({ type: 'dataChanged', path: '/a' }), false)
    assert.equal(registry.fire({ type: 'created', path: '/b' }), true)
    assert.equal(registry.fire({ type: 'deleted', path: '/c' }), true)
    assert.equal(registry.size, 0)
  })
  it('cuts what is to be set again into requests far below the size of a frame', () => {
    const registry = new WatchRegistry()
    for (let i = 0; i < 3000; i++) {
      registry.add('data', `/${'x'.repeat(60)}${i}`)
      registry.add('children', `/${'y'.repeat(60)}${i}`)
    }
    const batches = registry.batches()
    assert.ok(batches.length >= 6)
    const sizes = batches.map(({ data, exists, children }) =>
      [...data, ...exists, ...children].reduce((sum, path) => sum + 4 + path.length, 0),
    )
    assert.ok(Math.max(...sizes) <= 64 * 1024)
    assert.equal(batches.flatMap(({ data }) => data).length, 3000)
    assert.equal(batches.flatMap(({ children }) => children).length, 3000)
    assert.deepEqual(new WatchRegistry().batches(), [])
  })
})
