import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { brokerStatus } from '../src/broker-status-view.ts'
import { optionsOfOne } from './options-of-one.ts'
import { FakeCoordination, TestNode, leaderOf, until } from './replication/node-fixture.ts'

async function open(t: TestContext, id: string, coordination: FakeCoordination): Promise<TestNode> {
  const opened = await new TestNode(id, coordination).open()
  t.after(() => opened.node.stop())
  coordination.register(opened)
  return opened
}

function statusOf({ node }: TestNode, doubt: string | null = null) {
  const { role, trouble } = brokerStatus({
    options: optionsOfOne('/data', 2181),
    node,
    appliedIndex: 0,
    uptimeMs: 0,
    nowMs: 0,
    build: '',
    isServing: false,
    session: 'connected',
    members: [],
    elected: null,
    doubt,
    view: null,
    clientUris: [],
    replicationAddress: '',
  })
  return { role, trouble }
}

describe('the status of a node without a seat', { timeout: 60_000 }, () => {
  it('tells what it waits for: its cluster, then a leader, and then nothing', async (t) => {
    const coordination = new FakeCoordination()
    const seated = await open(t, 'a', coordination)
    coordination.found()
    await leaderOf([seated])
    const newcomer = await open(t, 'b', coordination)
    assert.deepEqual(statusOf(newcomer, 'waiting'), { role: 'starting', trouble: 'waiting' })
    newcomer.node.dispatch({ type: 'joined', clusterId: 'c', config: null })
    const trouble = 'holds no seat of the cluster, and waits for a leader that gives it one'
    assert.deepEqual(statusOf(newcomer, 'waiting'), { role: 'learner', trouble })
    coordination.introduce()
    await until('a leader', () => newcomer.node.replica.leader === 'a')
    assert.deepEqual(statusOf(newcomer), { role: 'learner', trouble: null })
  })
})
