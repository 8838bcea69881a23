import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { openList } from '../../../src/coordination/server/access-control.ts'
import { DataTree } from '../../../src/coordination/server/data-tree.ts'
import type { Change } from '../../../src/coordination/server/transactions.ts'
import { pictureOf } from './tree-picture.ts'
import { snapshotOf, treeOf } from '../../../src/coordination/server/tree-snapshot.ts'

class Gardener {
  readonly tree = new DataTree()
  #zxid = 0n

  apply(...changes: Change[]) {
    const zxid = ++this.#zxid
    return this.tree.apply({ zxid, timeMs: zxid * 1000n, changes })
  }

  create(path: string, ephemeralOwner = 0n) {
    return this.apply({
      type: 'create',
      path,
      data: Buffer.from(path),
      acl: openList,
      ephemeralOwner,
    })
  }

  node(path: string) {
    const node = this.tree.node(path)
    assert.ok(node !== undefined, path)
    return this.tree.stat(node)
  }
}

describe('data tree', () => {
  it('begins with the reserved node, and counts as ZooKeeper counts', () => {
    const { tree } = new Gardener()
    const root = tree.node('/')
    assert.ok(root !== undefined)
    assert.deepEqual([...root.children], ['zookeeper'])
    assert.equal(tree.stat(root).cversion, -1)
  })
  it('stamps and counts every change', () => {
    const garden = new Gardener()
    assert.deepEqual(garden.create('/a'), [
      { type: 'created', path: '/a', acl: openList },
      { type: 'childrenChanged', path: '/', acl: openList },
    ])
    garden.create('/a/b')
    garden.create('/a/c')
    assert.deepEqual(garden.apply({ type: 'delete', path: '/a/b' }), [
      { type: 'deleted', path: '/a/b', acl: openList },
      { type: 'childrenChanged', path: '/a', acl: openList },
    ])
    assert.deepEqual(garden.apply({ type: 'setData', path: '/a', data: null }), [
      { type: 'dataChanged', path: '/a', acl: openList },
    ])
    assert.deepEqual(garden.node('/a'), {
      czxid: 1n,
      mzxid: 5n,
      ctime: 1000n,
      mtime: 5000n,
      version: 1,
      cversion: 3,
      aversion: 0,
      ephemeralOwner: 0n,
      dataLength: 0,
      numChildren: 1,
      pzxid: 4n,
    })
  })
  it("takes a session's ephemeral nodes with it", () => {
    const garden = new Gardener()
    garden.apply({ type: 'createSession', sessionId: 9n, timeoutMs: 1, password: Buffer.alloc(16) })
    garden.create('/mine', 9n)
    garden.create('/ours')
    garden.create('/ours/mine', 9n)
    const events = garden.apply({ type: 'closeSession', sessionId: 9n })
    assert.equal(events.filter(({ type }) => type === 'deleted').length, 2)
    assert.deepEqual(
      [garden.tree.node('/mine'), garden.tree.node('/ours/mine')],
      [undefined, undefined],
    )
    assert.deepEqual([garden.tree.sessionCount, garden.node('/ours').numChildren], [0, 0])
    assert.deepEqual(garden.apply({ type: 'closeSession', sessionId: 9n }), [])
  })
  it('does not keep the buffer that a change came in', () => {
    const garden = new Gardener()
    const data = Buffer.from('before')
    garden.apply({ type: 'create', path: '/a', data, acl: openList, ephemeralOwner: 0n })
    data.write('after!')
    assert.equal(garden.tree.node('/a')?.data?.toString(), 'before')
  })
  it('wraps its versions within 32 bits', () => {
    const garden = new Gardener()
    garden.create('/a')
    const node = garden.tree.node('/a')
    assert.ok(node !== undefined)
    node.version = 0x7fff_ffff
    garden.apply({ type: 'setData', path: '/a', data: null })
    assert.equal(garden.node('/a').version, 0)
  })
})

/** Random changes that the tree admits at the time. */
const seedOf = fc.record({
  kind: fc.constantFrom('create', 'ephemeral', 'delete', 'setData', 'setAcl', 'close', 'open'),
  pick: fc.nat(),
  name: fc.constantFrom('a', 'b', 'c'),
})

type Seed = typeof seedOf extends fc.Arbitrary<infer T> ? T : never

function changeFor(tree: DataTree, { kind, pick, name }: Seed): Change | null {
  const paths = [...tree.nodes()].map(([path]) => path).filter((path) => path !== '/zookeeper')
  const at = paths[pick % paths.length] ?? '/'
  const node = tree.node(at)
  const owner = BigInt(1 + (pick % 2))
  if (kind === 'create' || kind === 'ephemeral') {
    const path = `${at === '/' ? '' : at}/${name}`
    if (tree.node(path) !== undefined || node?.ephemeralOwner !== 0n) return null
    const ephemeralOwner = kind === 'create' ? 0n : owner
    return { type: 'create', path, data: Buffer.from(name), acl: openList, ephemeralOwner }
  }
  if (kind === 'delete') {
    return at === '/' || node?.children.size !== 0 ? null : { type: 'delete', path: at }
  }
  if (kind === 'setData') {
    return { type: 'setData', path: at, data: pick % 3 === 0 ? null : Buffer.alloc(pick % 50) }
  }
  if (kind === 'setAcl') return { type: 'setAcl', path: at, acl: [...openList, ...openList] }
  if (kind === 'close') return { type: 'closeSession', sessionId: owner }
  return { type: 'createSession', sessionId: owner, timeoutMs: 5, password: Buffer.alloc(16) }
}

describe('data tree - any history', () => {
  const seeds = fc.array(seedOf, { maxLength: 60, size: 'max' })
  it('is the same tree after the same transactions, and after a snapshot of it', () => {
    fc.assert(
      fc.property(seeds, (history) => {
        const tree = new DataTree()
        const again = new DataTree()
        history.forEach((seed, i) => {
          const change = changeFor(tree, seed)
          if (change === null) return
          const transaction = { zxid: BigInt(i + 1), timeMs: BigInt(i), changes: [change] }
          tree.apply(transaction)
          again.apply(transaction)
        })
        assert.deepEqual(pictureOf(again), pictureOf(tree))
        assert.deepEqual(pictureOf(treeOf(snapshotOf(tree))), pictureOf(tree))
      }),
    )
  })
  it('is as it was when an attempt is taken back', () => {
    fc.assert(
      fc.property(seeds, seeds, (history, attempted) => {
        const tree = new DataTree()
        history.forEach((seed, i) => {
          const change = changeFor(tree, seed)
          if (change === null) return
          tree.apply({ zxid: BigInt(i + 1), timeMs: BigInt(i), changes: [change] })
        })
        const before = pictureOf(tree)
        const stood = tree.attempt(() => {
          for (const seed of attempted) {
            const change = changeFor(tree, seed)
            const inMulti = change?.type === 'create' || change?.type === 'delete'
            if (change !== null && (inMulti || change.type === 'setData')) {
              tree.applyChange(change, { zxid: 999n, timeMs: 999n })
            }
          }
          return false
        })
        assert.equal(stood, false)
        assert.deepEqual(pictureOf(tree), before)
        assert.deepEqual(pictureOf(treeOf(snapshotOf(tree))), before)
      }),
    )
  })
  it('is not built from half a snapshot, nor from one in the wrong order', () => {
    const garden = new Gardener()
    garden.create('/a')
    garden.create('/a/b')
    const records = [...snapshotOf(garden.tree)]
    assert.throws(() => treeOf(records.slice(0, -1)), { code: 'JOURNAL_CORRUPT' })
    assert.throws(() => treeOf([]), { code: 'JOURNAL_CORRUPT' })
    assert.throws(() => treeOf([...records, ...records.slice(0, 1)]), { code: 'JOURNAL_CORRUPT' })
    assert.throws(() => treeOf([...records].reverse()), { code: 'JOURNAL_CORRUPT' })
  })
})
