import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { BrokerError } from '@quorate/core/base/errors'
import { ManualClock } from '@quorate/core/base/manual-clock'
import type { ReplicaEvent } from '../../src/replication/replica/events.ts'
import { openReplicaStore } from '../../src/replication/replica-store.ts'
import { CHECK_BYTES, writeCheck } from '../../src/store/journal/checked-bytes.ts'
import { BatchBuilder } from '../../src/store/journal/log-batch.ts'
import { DATA, FakeCoordination, TIMINGS, TestNode, leaderOf, until } from './node-fixture.ts'

function cleanUp(t: TestContext, nodes: readonly TestNode[]): void {
  t.after(() => Promise.all(nodes.map(({ node }) => node.stop())))
}

async function cluster(t: TestContext, ids: readonly string[] = ['a', 'b', 'c']) {
  const coordination = new FakeCoordination()
  const nodes: TestNode[] = []
  for (const id of ids) nodes.push(await new TestNode(id, coordination).open())
  for (const node of nodes) coordination.register(node)
  cleanUp(t, nodes)
  coordination.found()
  coordination.introduce()
  return { coordination, nodes }
}

function send(leader: TestNode, ...texts: readonly string[]): number {
  return texts.map((text) => leader.node.append(DATA, Buffer.from(text))).at(-1) ?? 0
}

describe('replica node', { timeout: 60_000 }, () => {
  it('elects, replicates over real links, and applies the same records everywhere', async (t) => {
    const { nodes } = await cluster(t)
    const leader = await leaderOf(nodes)
    const index = send(leader, 'one', 'two', 'three')
    await until('all applied', () => nodes.every(({ records }) => records.appliedIndex >= index))
    for (const { records } of nodes) assert.deepEqual(records.texts, ['one', 'two', 'three'])
    const followers = nodes.filter((node) => node !== leader)
    for (const { node } of followers) {
      assert.throws(() => node.append(DATA, Buffer.from('x')), { code: 'LEADERSHIP_LOST' })
      assert.equal(node.leaseValid(), false)
    }
    await until('a lease', () => leader.node.leaseValid())
  })

  it('hands over when it stops, and starts clean again', async (t) => {
    const { nodes } = await cluster(t)
    const leader = await leaderOf(nodes)
    const index = send(leader, 'kept')
    await until('all applied', () => nodes.every(({ records }) => records.appliedIndex >= index))
    // Twice is once.
    await Promise.all([leader.node.stop(), leader.node.stop()])
    await leader.node.stop()
    assert.equal(leader.stepDowns[0], 'abdicated')
    const others = nodes.filter((node) => node !== leader)
    const successor = await leaderOf(others)
    send(successor, 'later')
    const store = await openReplicaStore(leader.storeOptions)
    assert.equal(store.meta.suspect, null)
    assert.ok(store.meta.commitHint >= index)
    await store.journal.close({ clean: true })
    await store.metaFile.close()
  })

  it('finds its leader by the remembered addresses, without the coordination service', async (t) => {
    const { coordination, nodes } = await cluster(t)
    const leader = await leaderOf(nodes)
    const follower = nodes.find((node) => node !== leader) as TestNode
    await until('addresses', () => Object.keys(follower.node.replica.meta.peers).length === 2)
    await follower.node.stop()
    send(leader, 'meanwhile')
    const again = new TestNode(follower.id, coordination, follower.fileSystem)
    await again.open(follower.port)
    cleanUp(t, [again])
    await until('applied', () => again.records.texts.includes('meanwhile'))
  })

  it('lets Tmin run while its store is opened: nobody gives leases from it (R12)', async (t) => {
    const clock = new ManualClock()
    const node = new TestNode('a', new FakeCoordination())
    node.clock = clock
    node.fileSystem.fault = () => {
      clock.advance(TIMINGS.stickyMs)
      return null
    }
    await node.open()
    cleanUp(t, [node])
    const { replica } = node.node
    const seats = ['a', 'b', 'c'].map((nodeId) => {
      return { nodeId, storeUuid: nodeId === 'a' ? replica.meta.storeUuid : nodeId }
    })
    const step = (event: ReplicaEvent) => replica.step(event, clock.monotonicMs())
    step({ type: 'joined', clusterId: 'c', config: { version: 1, seats } })
    step({ type: 'linkUp', peer: 'b', storeUuid: 'b', weight: 1 })
    const last = { epoch: 0, index: 0 }
    const effects = step({ type: 'frame', from: 'b', frame: { type: 'preVote', round: 1, last } })
    const answers = effects.map((one) => (one.type === 'send' ? one.frame : null))
    const leaderAlive = answers.map((one) => one?.type === 'preVoteReply' && one.leaderAlive)
    assert.deepEqual(leaderAlive, [false])
  })

  it('stops at the first error of the disk, once, and is suspect afterwards (R37)', async (t) => {
    const { nodes } = await cluster(t, ['a'])
    const [alone] = nodes as [TestNode]
    await leaderOf(nodes)
    alone.fileSystem.fault = ({ kind, path }) =>
      kind === 'syncData' && path.includes('/journal/') ? { errno: 'EIO' } : null
    send(alone, 'lost')
    await until('fatal', () => alone.fatal.length > 0)
    assert.equal(alone.stepDowns.length, 1)
    assert.throws(() => alone.node.append(DATA, Buffer.from('x')), { code: 'LEADERSHIP_LOST' })
    alone.node.fail(new BrokerError('STORE_FULL', 'another'))
    await alone.node.stop()
    assert.equal(alone.fatal.length, 1)
    assert.deepEqual(alone.records.texts, [])
    alone.fileSystem.fault = () => null
    const store = await openReplicaStore(alone.storeOptions)
    assert.match(store.meta.suspect ?? '', /EIO|STORE/)
    await store.journal.close({ clean: false })
  })

  it('keeps its good name when the disk is full, or the fault is our own (R33)', async (t) => {
    // JOURNAL_CORRUPT without a place: a whole record that is no operation, the same everywhere.
    for (const code of ['STORE_FULL', 'DIVERGED', 'INTERNAL', 'JOURNAL_CORRUPT'] as const) {
      const { nodes } = await cluster(t, ['a'])
      const [alone] = nodes as [TestNode]
      const index = send(await leaderOf(nodes), 'one')
      await until('applied', () => alone.records.appliedIndex >= index)
      alone.node.fail(new BrokerError(code, 'test'))
      await alone.node.stop()
      const store = await openReplicaStore(alone.storeOptions)
      assert.equal(store.meta.suspect, null, code)
      // What was known to be committed stays so (R15).
      assert.equal(store.meta.commitHint, index)
      await store.journal.close({ clean: false })
    }
  })

  it('remembers where a record was found damaged, and the next start cuts there (R32)', async (t) => {
    const { nodes } = await cluster(t, ['a'])
    const [alone] = nodes as [TestNode]
    const leader = await leaderOf(nodes)
    const index = send(leader, 'one', 'two', 'three')
    await until('applied', () => leader.records.appliedIndex >= index)
    const details = { file: '0000000000000000.log', offset: 0, fromIndex: index - 1 }
    alone.node.fail(new BrokerError('JOURNAL_CORRUPT', 'record two is damaged', { details }))
    await alone.node.stop()
    const store = await openReplicaStore(alone.storeOptions)
    assert.equal(store.journal.tail.index, index - 2)
    assert.match(store.meta.suspect ?? '', /JOURNAL_CORRUPT/)
    await store.journal.close({ clean: false })
  })

  it('takes damage in bytes that are read alone for damage of their record (R32)', async (t) => {
    const { nodes } = await cluster(t, ['a'])
    const [alone] = nodes as [TestNode]
    const leader = await leaderOf(nodes)
    send(leader, 'one')
    const body = Buffer.from('two')
    const check = Buffer.alloc(CHECK_BYTES)
    writeCheck(check, 0, body)
    const index = leader.node.append(DATA, [check, body])
    await until('applied', () => leader.records.appliedIndex >= index)
    const { position: end } = await alone.node.journal.pointAt(index)
    const range = { position: end - body.length, length: body.length }
    assert.deepEqual(await alone.node.journal.readAt([range]), [body])
    const [file] = (await alone.fileSystem.list('/data/a/journal')).filter((name) =>
      name.endsWith('.log'),
    )
    alone.fileSystem.flip(`/data/a/journal/${file}`, end - 1, 1)
    const error: unknown = await alone.node.journal.readAt([range]).catch((why: unknown) => why)
    alone.node.fail(error as BrokerError)
    await alone.node.stop()
    assert.equal(alone.stepDowns.length, 1)
    const store = await openReplicaStore(alone.storeOptions)
    assert.equal(store.journal.tail.index, index - 1)
    assert.match(store.meta.suspect ?? '', /JOURNAL_CORRUPT/)
    await store.journal.close({ clean: false })
  })

  it('is suspect after damage in a file of which nobody knows the record (R33)', async (t) => {
    const { nodes } = await cluster(t, ['a'])
    const [alone] = nodes as [TestNode]
    await leaderOf(nodes)
    const details = { file: '0000000000000000.log', offset: 40 }
    alone.node.fail(new BrokerError('JOURNAL_CORRUPT', 'the file ends inside it', { details }))
    await alone.node.stop()
    const store = await openReplicaStore(alone.storeOptions)
    await store.journal.close({ clean: false })
    assert.match(store.meta.suspect ?? '', /JOURNAL_CORRUPT/)
  })

  it('ends in order although it is cutting its log at that moment (R16)', async (t) => {
    const coordination = new FakeCoordination()
    const nodes = ['a', 'b', 'c'].map((id) => new TestNode(id, coordination))
    const deposed = nodes[2] as TestNode
    // The tail that a leader of epoch 1 never replicated.
    const store = await openReplicaStore(deposed.storeOptions)
    const { tail, segmentStart } = store.journal
    const builder = new BatchBuilder({ tail, segmentStart, epoch: 1, segmentSizeBytes: 1 << 20 })
    for (let i = 0; i < 50; i++) builder.add(DATA, Buffer.from(`tail ${i}`))
    store.journal.append(builder.take())
    await store.journal.close({ clean: true })
    await store.metaFile.close()
    coordination.epoch = 5
    const [a, b] = nodes as [TestNode, TestNode]
    for (const node of [a, b]) coordination.register(await node.open())
    const config = { version: 1, seats: [seatOf(a), seatOf(b), null] }
    for (const { node } of [a, b]) node.dispatch({ type: 'joined', clusterId: 'c', config })
    coordination.introduce()
    cleanUp(t, nodes)
    await leaderOf([a, b])
    const stopped = withResolvers()
    deposed.fileSystem.fault = ({ kind, path }) => {
      if (kind === 'truncate' || (kind === 'remove' && path.endsWith('.log'))) {
        deposed.node.stop().then(stopped.resolve, stopped.reject)
      }
      return null
    }
    await deposed.open()
    deposed.node.dispatch({ type: 'joined', clusterId: 'c', config: null })
    coordination.register(deposed)
    coordination.introduce()
    await stopped.promise
    assert.deepEqual(deposed.fatal, [])
    deposed.fileSystem.fault = () => null
    const again = await openReplicaStore(deposed.storeOptions)
    assert.equal(again.meta.suspect, null)
    assert.equal(again.journal.tail.index, 0)
    await again.journal.close({ clean: true })
  })
})

function seatOf({ id, node }: TestNode) {
  return { nodeId: id, storeUuid: node.replica.meta.storeUuid }
}

function withResolvers() {
  let resolve = (_value: void): void => undefined
  let reject = (_error: unknown): void => undefined
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
