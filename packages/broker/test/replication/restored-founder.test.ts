import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { systemClock } from '@quorate/core/base/clock'
import type { StoredMeta } from '../../src/replication/meta.ts'
import { encodeMeta } from '../../src/replication/meta.ts'
import { EMPTY_LOG } from '../../src/store/journal/log-batch.ts'
import { TwoSlotFile } from '../../src/store/two-slot-file.ts'
import { DATA, FakeCoordination, TestNode, leaderOf, until } from './node-fixture.ts'

const TEXTS = ['one', 'two', 'three']

/** The store that a backup of a cluster of one was restored to, in no cluster yet. */
async function restored(id: string, coordination: FakeCoordination): Promise<TestNode> {
  const old = await new TestNode(id, new FakeCoordination()).open()
  const { storeUuid } = old.node.replica.meta
  const config = { version: 1, seats: [{ nodeId: id, storeUuid }] }
  old.node.dispatch({ type: 'joined', clusterId: 'old', config })
  await leaderOf([old])
  for (const text of TEXTS) old.node.append(DATA, Buffer.from(text))
  await until('all applied', () => old.records.texts.length === TEXTS.length)
  await old.node.stop()
  const { epoch, index } = old.node.journal.tail
  const { fileSystem } = old
  const { file } = await TwoSlotFile.open({ fileSystem, path: `/data/${id}/meta` })
  const meta: StoredMeta = {
    ...old.node.replica.meta,
    storeUuid: 'fresh',
    clusterId: null,
    promised: { epoch, candidate: '', nonce: '' },
    commitHint: index,
    clean: true,
    peers: {},
    logStart: EMPTY_LOG,
  }
  await file.write(encodeMeta(meta))
  await file.close()
  return new TestNode(id, coordination, fileSystem).open()
}

/** One restored store and two empty ones, as the membership has them join. */
async function world(t: TestContext) {
  const coordination = new FakeCoordination()
  const founder = await restored('a', coordination)
  const empty = await Promise.all(['b', 'c'].map((id) => new TestNode(id, coordination).open()))
  const nodes = [founder, ...empty]
  t.after(() => Promise.all(nodes.map(({ node }) => node.stop())))
  for (const node of nodes) coordination.register(node)
  const seats = nodes.map(({ id, node }) => {
    return { nodeId: id, storeUuid: node.replica.meta.storeUuid }
  })
  const config = { version: 2, seats }
  for (const { node } of empty) node.dispatch({ type: 'joined', clusterId: 'new', config: null })
  const found = () => founder.node.dispatch({ type: 'joined', clusterId: 'new', config })
  return { coordination, founder, empty, nodes, found }
}

describe('a cluster that begins with a restored store', { timeout: 60_000 }, () => {
  it('gets all of its log, and then elects whoever has it', async (t) => {
    const { coordination, founder, empty, nodes, found } = await world(t)
    found()
    coordination.introduce()
    assert.equal(await leaderOf(nodes), founder)
    await until('all seated', () => empty.every(({ node }) => node.replica.role === 'follower'))
    const index = founder.node.append(DATA, Buffer.from('four'))
    await until('all applied', () => nodes.every(({ records }) => records.appliedIndex >= index))
    for (const { records } of nodes) assert.deepEqual(records.texts, [...TEXTS, 'four'])
    await founder.node.stop()
    const successor = await leaderOf(empty)
    assert.deepEqual(successor.records.texts, [...TEXTS, 'four'])
    assert.equal(successor.node.replica.meta.configs.at(-1)?.config.version, 2)
  })

  it('has nobody to elect before the restored store is there', async (t) => {
    const { coordination, founder, empty, nodes, found } = await world(t)
    coordination.introduce()
    const beganMs = systemClock.monotonicMs()
    // Several times what an election among voters takes.
    await until('a while', () => systemClock.monotonicMs() - beganMs > 1_500)
    for (const { node } of empty) assert.equal(node.replica.role, 'learner')
    found()
    assert.equal(await leaderOf(nodes), founder)
    await until('all there', () => empty.every(({ records }) => records.texts.length === 3))
  })
})
