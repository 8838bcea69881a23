import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openList } from '../../../src/coordination/server/access-control.ts'
import { DataTree } from '../../../src/coordination/server/data-tree.ts'
import { treeLimits } from '../../../src/coordination/server/decisions.ts'
import { RequestProcessor } from '../../../src/coordination/server/request-processor.ts'
import type { TreeRequest } from '../../../src/coordination/server/request-processor.ts'
import { refusalName } from '../../../src/coordination/zookeeper/protocol.ts'

const nobody = { sessionId: 1n, identities: [] }

function processor() {
  const tree = new DataTree()
  const requests = new RequestProcessor(tree, () => 1_000)
  const ask = (asked: TreeRequest) => requests.handle(nobody, asked)
  const create = (path: string, data: Buffer | null = null, mode = 0) =>
    ask({ operation: 'create', request: { path, data, acl: openList, mode } })
  return { tree, ask, create }
}

const why = ({ err }: { readonly err: number }) => (err === 0 ? 'done' : refusalName(err))

describe('request processor', () => {
  it('gives a transaction for every change, and none for a refusal or a read', () => {
    const { ask, create } = processor()
    assert.equal(create('/a').transaction?.zxid, 1n)
    assert.equal(create('/a').transaction, undefined)
    assert.equal(
      ask({ operation: 'getData', request: { path: '/a', watch: false } }).transaction,
      undefined,
    )
    assert.equal(create('/b').transaction?.zxid, 2n)
  })
  it('writes a multi as one transaction, and a refused one not at all', () => {
    const { tree, ask } = processor()
    const part = (path: string) =>
      ({ type: 'create', request: { path, data: null, acl: openList, mode: 0 } }) as const
    const done = ask({ operation: 'multi', request: [part('/a'), part('/a/b')] })
    assert.equal(done.transaction?.changes.length, 2)
    const refused = ask({ operation: 'multi', request: [part('/c'), part('/a')] })
    assert.deepEqual([refused.err, refused.transaction, tree.node('/c')], [0, undefined, undefined])
    assert.equal(tree.lastZxid, 1n)
    assert.deepEqual(ask({ operation: 'multi', request: [] }), { err: 0, response: [] })
  })
  it('refuses what exceeds its limits', () => {
    const { tree, create, ask } = processor()
    const large = Buffer.alloc(treeLimits.nodeDataBytesMax + 1)
    assert.equal(why(create('/a', large)), 'BadArguments')
    assert.equal(why(create(`/${'x'.repeat(treeLimits.pathLengthMax)}`)), 'BadArguments')
    assert.equal(why(create('/a')), 'done')
    assert.equal(
      why(ask({ operation: 'setData', request: { path: '/a', data: large, version: -1 } })),
      'BadArguments',
    )
    const full = Buffer.alloc(treeLimits.nodeDataBytesMax)
    let made = 0
    while (why(create(`/full${made}`, full)) === 'done') made++
    assert.equal(why(create(`/full${made}`, full)), 'QuotaExceeded')
    assert.ok(tree.bytes <= treeLimits.bytesMax)
    assert.ok(made >= 60)
    assert.equal(
      why(ask({ operation: 'delete', request: { path: '/full0', version: -1 } })),
      'done',
    )
    assert.equal(why(create('/full0', full)), 'done')
  })
  it('does not let the reserved node go, nor knows containers and times to live', () => {
    const { ask, create } = processor()
    for (const path of ['/', '/zookeeper', 'relative', '/a\u0000']) {
      assert.equal(
        why(ask({ operation: 'delete', request: { path, version: -1 } })),
        'BadArguments',
      )
    }
    for (const mode of [4, 5, 6]) assert.equal(why(create('/c', null, mode)), 'Unimplemented')
    assert.equal(why(create('/c', null, 99)), 'BadArguments')
    assert.equal(why(create('/')), 'NodeExists')
  })
  it('says where to watch: what is there, and with exists also what is not', () => {
    const { ask, create } = processor()
    create('/a')
    const request = (path: string) => ({ path, watch: true })
    assert.deepEqual(ask({ operation: 'getData', request: request('/a') }).watch, {
      kind: 'data',
      path: '/a',
    })
    assert.deepEqual(ask({ operation: 'getChildren', request: request('/a') }).watch, {
      kind: 'children',
      path: '/a',
    })
    assert.equal(ask({ operation: 'getData', request: request('/b') }).watch, undefined)
    assert.deepEqual(ask({ operation: 'exists', request: request('/b') }).watch, {
      kind: 'data',
      path: '/b',
    })
  })
})
