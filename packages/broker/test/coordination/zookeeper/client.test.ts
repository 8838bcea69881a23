import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BrokerError } from '@quorate/core/base/errors'
import { createPipe } from '@quorate/core/transport/pipe'
import { refusalOf } from '../../../src/coordination/zookeeper/client.ts'
import { InMemoryEnsemble, settle } from '../in-memory-ensemble.ts'

describe('ZooKeeper client', () => {
  it('keeps all paths inside its chroot', async () => {
    const ensemble = new InMemoryEnsemble()
    const outside = ensemble.join()
    await settle()
    await outside.client.create('/base', null)
    const inside = ensemble.join({ chroot: '/base' })
    await settle()
    assert.equal(await inside.client.create('/a', null), '/a')
    assert.deepEqual((await inside.client.children('/')).children, ['a'])
    await inside.client.get('/', { watch: true })
    await inside.client.get('/a', { watch: true })
    await inside.client.multi([
      { type: 'check', request: { path: '/a', version: 0 } },
      { type: 'setData', request: { path: '/', data: null, version: -1 } },
    ])
    await outside.client.set('/base/a', null)
    await settle()
    assert.deepEqual(inside.heard, ['connected', 'dataChanged /', 'dataChanged /a'])
    await inside.client.sync()
    inside.client.addAuth('digest', Buffer.from('a:b'))
    const sequential = await inside.client.create('/s', null, { sequential: true })
    assert.equal(sequential, '/s0000000001')
    assert.notEqual(await outside.client.exists('/base/s0000000001'), null)
  })
  it('sends in the order of the calls, also of those made while it tells the news', async () => {
    const ensemble = new InMemoryEnsemble()
    const { client } = ensemble.join()
    await settle()
    const paths = ['/1', '/2', '/3'].map((path) => client.create(path, null))
    assert.deepEqual(await Promise.all(paths), ['/1', '/2', '/3'])
  })
  it('does not tell apart no data and empty data when it reads', async () => {
    const ensemble = new InMemoryEnsemble()
    const { client } = ensemble.join()
    await settle()
    await client.create('/null', null)
    assert.deepEqual((await client.get('/null')).data, Buffer.alloc(0))
  })
  it('outlives servers that send anything whatever, and finds the good one in the end', async () => {
    const welcome = Buffer.from(
      `00000025${'00'.repeat(4)}00001f40${'00'.repeat(7)}0700000010${'00'.repeat(17)}`,
      'hex',
    )
    const chunk = fc.oneof(
      fc.constant(welcome),
      fc.constant(Buffer.from('7fffffff', 'hex')),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(fc.constantFrom(-8, -4, -2, -1, 0, 1, 2), fc.uint8Array({ maxLength: 40 }))
        .map(([xid, rest]) => {
          const frame = Buffer.alloc(8 + rest.length)
          frame.writeInt32BE(4 + rest.length, 0)
          frame.writeInt32BE(xid, 4)
          frame.set(rest, 8)
          return frame
        }),
    )
    const servers = fc.array(fc.array(chunk, { maxLength: 6 }), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(servers, async (hostile) => {
        const ensemble = new InMemoryEnsemble()
        const waiting = [...hostile]
        const good = ensemble.connect
        ensemble.connect = () => {
          const chunks = waiting.shift()
          if (chunks === undefined) return good()
          const [near, far] = createPipe()
          far.attach({ received() {}, drained() {}, closed() {} })
          far.write(chunks)
          return Promise.resolve(near)
        }
        const { client, heard } = ensemble.join()
        await settle()
        const reads = [client.get('/'), client.exists('/', { watch: true })]
        const outcomes = Promise.allSettled(reads)
        await ensemble.pass(60_000)
        for (const outcome of await outcomes) {
          if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof BrokerError)
        }
        const over = heard.includes('expired') || heard.includes('auth-failed')
        if (!over) assert.ok((await client.get('/')).stat.numChildren > 0)
        await client.close()
      }),
      { numRuns: 25 },
    )
  })
  it('closes once, however often it is asked', async () => {
    const ensemble = new InMemoryEnsemble()
    const { client, heard } = ensemble.join()
    await settle()
    await client.create('/e', null, { ephemeral: true })
    await Promise.all([client.close(), client.close()])
    await client.close()
    assert.deepEqual(heard, ['connected', 'closed'])
    assert.equal(ensemble.tree.node('/e'), undefined)
  })
  it('closes within a second when nobody answers', async () => {
    const ensemble = new InMemoryEnsemble()
    const { client, heard } = ensemble.join()
    await settle()
    ensemble.holdDisk = true
    const closed = client.close()
    await ensemble.pass(1_100)
    await closed
    assert.equal(heard.at(-1), 'closed')
  })
  it('says that it cannot know the outcome when the answer is lost', async () => {
    const ensemble = new InMemoryEnsemble()
    const { client } = ensemble.join()
    await settle()
    ensemble.cutAfter = () => true
    await assert.rejects(client.create('/a', null), { code: 'CONNECTION_LOST' })
    await ensemble.pass(500)
    assert.notEqual(await client.exists('/a'), null, 'and here it was carried out')
  })
  it('keeps trying while nobody is there', async () => {
    const ensemble = new InMemoryEnsemble()
    ensemble.reachable = false
    const { client, heard } = ensemble.join()
    await ensemble.pass(20_000)
    assert.deepEqual(heard, [])
    ensemble.reachable = true
    await ensemble.pass(6_000)
    assert.deepEqual(heard, ['connected'])
    await client.close()
  })
  it('names refusals and nothing else', () => {
    const error = (details: Record<string, unknown>) =>
      new BrokerError('COORDINATION_REJECTED', 'x', { details })
    assert.equal(refusalOf(error({ refusal: 'NoNode' })), 'NoNode')
    assert.equal(refusalOf(error({ refusal: 'code -9999' })), undefined)
    assert.equal(refusalOf(new BrokerError('INTERNAL', 'x')), undefined)
    assert.equal(refusalOf(new Error('x')), undefined)
    assert.equal(refusalOf(null), undefined)
  })
})
