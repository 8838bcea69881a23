import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { WatchTable } from '../../../src/coordination/server/watch-table.ts'

describe('watch table', () => {
  it('tells each watcher once, and then no more', () => {
    const table = new WatchTable<string>()
    table.add('one', { kind: 'data', path: '/a' })
    table.add('one', { kind: 'children', path: '/a' })
    table.add('two', { kind: 'children', path: '/a' })
    assert.deepEqual(table.fire({ type: 'deleted', path: '/a' }), ['one', 'two'])
    assert.deepEqual(table.fire({ type: 'deleted', path: '/a' }), [])
    assert.equal(table.countOf('one'), 0)
  })
  it('tells of data those who watch data, and of children those who watch children', () => {
    const table = new WatchTable<string>()
    table.add('data', { kind: 'data', path: '/a' })
    table.add('children', { kind: 'children', path: '/a' })
    assert.deepEqual(table.fire({ type: 'childrenChanged', path: '/a' }), ['children'])
    assert.deepEqual(table.fire({ type: 'dataChanged', path: '/a' }), ['data'])
    table.add('data', { kind: 'data', path: '/a' })
    assert.deepEqual(table.fire({ type: 'created', path: '/a' }), ['data'])
  })
  it('counts a place once, and forgets a watcher wholly', () => {
    const table = new WatchTable<string>()
    table.add('one', { kind: 'data', path: '/a' })
    table.add('one', { kind: 'data', path: '/a' })
    table.add('one', { kind: 'children', path: '/a' })
    table.add('two', { kind: 'data', path: '/a' })
    assert.equal(table.countOf('one'), 2)
    table.removeAll('one')
    assert.equal(table.countOf('one'), 0)
    assert.deepEqual(table.fire({ type: 'deleted', path: '/a' }), ['two'])
  })
})
