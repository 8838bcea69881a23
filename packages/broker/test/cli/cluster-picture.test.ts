import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import picocolors from 'picocolors'
import { askNode, gatherCluster, leaderOf } from '../../src/cli/cluster-picture.ts'
import type { NodePicture } from '../../src/cli/cluster-picture.ts'
import {
  clusterTable,
  coordinationLines,
  lossLines,
  possibleLossesOf,
  summarize,
  troubleLines,
} from '../../src/cli/cluster-table.ts'
import type { BrokerStatus, FollowerStatus } from '../../src/management/broker-status.ts'
import type { ManagementApi } from '../../src/management/api/management-api.ts'
import { listeningApi } from '../management/api/listening-api.ts'
import { sampleStatus } from '../management/sample-status.ts'

function picture(status: BrokerStatus): NodePicture {
  return { nodeId: status.nodeId, consoleUrl: 'http://127.0.0.1:1', status, problem: null }
}

function silent(nodeId: string): NodePicture {
  return { nodeId, consoleUrl: 'http://127.0.0.1:2', status: null, problem: 'not running' }
}

function follower(nodeId: string, changes: Partial<FollowerStatus> = {}): FollowerStatus {
  return {
    nodeId,
    state: 'voter',
    connected: true,
    ackedIndex: 120,
    lagRecords: 0,
    lagBytes: 0,
    isShortOfSpace: false,
    silentMs: 20,
    catchUp: null,
    ...changes,
  }
}

const leader = sampleStatus({
  nodeId: 'node01',
  role: 'leader',
  followers: [follower('node02', { lagRecords: 7 }), follower('node03')],
  clients: {
    connections: 4,
    consumers: 2,
    destinations: 1,
    waitingMessages: 9,
    enqueuedMessages: 0,
    dequeuedMessages: 0,
  },
})

const options = { colors: picocolors.createColors(false), columnsMax: Infinity }

describe('cluster picture', () => {
  it('takes for leader who says so itself, of several the newest', () => {
    assert.equal(leaderOf([picture(sampleStatus()), silent('node01')]), undefined)
    const older = sampleStatus({ nodeId: 'node03', role: 'leader', epoch: 2 })
    assert.equal(leaderOf([picture(older), picture(leader)])?.nodeId, 'node01')
  })

  it('shows who leads, what lags and whether one more may fail', () => {
    const nodes = [picture(leader), picture(sampleStatus()), silent('node03')]
    assert.match(summarize(nodes, options), /leader node01 · epoch 3 · .* 3 of 3 here: 1 may fail/)
    const [head = '', first = '', second = '', third = ''] = clusterTable(nodes, options)
    assert.match(head, /^NODE +ROLE +EPOCH +POSITION +COMMITTED +LAG +CLIENTS/)
    assert.match(first, /^node01 +leader +3 +65536 +118 +- +4 +2 +9 +0% +4711 +tcp:/)
    assert.match(second, /^node02 +follower +3 +65536 +118 +7 +- +- +- +0% +4711 +tcp:/)
    assert.match(third, /^node03 +not running +http:/)
  })

  it('counts only voters that are connected', () => {
    const followers = [follower('node02', { connected: false }), follower('node03')]
    const line = summarize([picture({ ...leader, followers })], options)
    assert.match(line, /2 of 3 here: none may fail/)
  })

  it('says when nobody leads and who is still believed to', () => {
    const nodes = [picture(sampleStatus({ leader: 'node01' })), silent('node01')]
    assert.match(summarize(nodes, options), /no leader · node02 still believes in node01/)
    assert.match(summarize([silent('node01')], options), /no broker answers/)
  })

  it('tells troubles', () => {
    const nodes = [picture(sampleStatus({ trouble: 'disk full\u001b[2J' })), silent('node03')]
    assert.deepEqual(troubleLines(nodes), ['node02: disk full?[2J'])
    assert.deepEqual(coordinationLines(nodes), [])
  })

  it('tells who does not reach ZooKeeper, unless that is his trouble already', () => {
    const coordination = { address: 'zk1:2181', state: 'disconnected' }
    const starting = sampleStatus({ nodeId: 'node03', coordination, trouble: 'waits' })
    const nodes = [picture(leader), picture(sampleStatus({ coordination })), picture(starting)]
    assert.deepEqual(coordinationLines(nodes), [
      'ZooKeeper at zk1:2181 does not answer node02: no failover until it does',
    ])
  })

  it('tells when brokers have different names', () => {
    const other = sampleStatus({ nodeId: 'node03', brokerName: 'oders' })
    const [line = '', ...rest] = coordinationLines([picture(leader), picture(other)])
    assert.match(line, /^brokerName differs, .* node01 ".+", node03 "oders"$/)
    assert.deepEqual(rest, [])
  })

  it('tells of past possible losses once, whoever knows of them (R10)', () => {
    const first = { epoch: 3, leader: 'node01', afterIndex: 17, since: null }
    const second = { epoch: 9, leader: 'node02', afterIndex: 41, since: '2026-01-02T03:04:05.000Z' }
    const nodes = [
      picture(sampleStatus({ possibleLosses: [first, second] })),
      picture(sampleStatus({ nodeId: 'node03', possibleLosses: [second] })),
      silent('node01'),
    ]
    assert.deepEqual(possibleLossesOf(nodes), [first, second])
    assert.deepEqual(lossLines([]), [])
    assert.match(lossLines([first])[0] ?? '', /epoch 3, won by node01 without .* after record 17$/)
    const line = lossLines(possibleLossesOf(nodes)).join('\n')
    assert.match(line, /epoch 9, won by node02 at 2026-01-02T03.* after record 41; 1 earlier, see/)
  })

  it('is gathered from one node that knows the others', async () => {
    const apis: ManagementApi[] = []
    const members: { nodeId: string; consoleUrl: string | null }[] = []
    const start = async (nodeId: string): Promise<void> => {
      const status = (): BrokerStatus => sampleStatus({ nodeId, members })
      const api = await listeningApi(status)
      apis.push(api)
      members.push({ nodeId, consoleUrl: api.url })
    }
    for (const name of ['node03', 'node01', 'node02']) await start(name)
    members.push({ nodeId: 'node04', consoleUrl: null })
    await apis[1]?.stop()
    const nodes = await gatherCluster([apis[0]?.url ?? ''], 2000)
    assert.deepEqual(
      nodes.map(({ nodeId, status }) => [nodeId, status !== null]),
      [
        ['node01', false],
        ['node02', true],
        ['node03', true],
      ],
    )
    assert.equal((await askNode(apis[1]?.url ?? '', 2000)).problem, 'not running')
    for (const api of apis) await api.stop()
  })
})
