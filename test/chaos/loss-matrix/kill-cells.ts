import assert from 'node:assert/strict'
import type { Cell } from './cell.ts'
import { WINDOW, assertLost, assertNothingLost, prepare } from './cell.ts'
import type { ForgetfulCluster } from './forgetful-cluster.ts'

const STAYS_DOWN_MS = 3000
const FLOWED = 40
/** So long does a leader that nobody answers go on. */
const ALONE = '20s'

async function killEach(cluster: ForgetfulCluster): Promise<void> {
  await prepare(cluster)
  await cluster.sends.startFlow()
  await cluster.sends.flowed(FLOWED)
  const [leader] = await cluster.inOrder()
  await cluster.kill(leader)
  await cluster.sends.flowed(FLOWED)
  await cluster.whole()
  const [, follower] = await cluster.inOrder()
  await cluster.kill(follower)
  await cluster.sends.flowed(FLOWED)
  await cluster.whole()
  await cluster.kill(...cluster.nodes)
  cluster.startAll()
  await cluster.sends.flowed(FLOWED)
  await cluster.sends.stopFlow()
  await assertNothingLost(cluster)
  assert.deepEqual(cluster.suspects(), [], 'the page cache outlives a process (R33)')
  assert.equal(await cluster.reportedLoss(), false)
}

/** `local_*` confirms what nobody else has. The leader's log is cut when it comes back. */
async function loseTail(
  cluster: ForgetfulCluster,
  strike: (leader: ForgetfulCluster['nodes'][number]) => Promise<void>,
): Promise<void> {
  await prepare(cluster)
  const [leader, ...others] = await cluster.inOrder()
  await cluster.kill(...others)
  const tail = await cluster.sends.confirm(WINDOW)
  await strike(leader)
  cluster.start(...others)
  await cluster.someLeader()
  await assertLost(cluster, tail)
}

async function withoutCoordination(cluster: ForgetfulCluster): Promise<void> {
  await prepare(cluster)
  const { coordination } = cluster.cluster
  await cluster.sends.startFlow()
  await coordination.kill()
  await cluster.sends.flowed(FLOWED)
  const [leader, ...others] = await cluster.inOrder()
  await cluster.kill(leader)
  assert.ok(await cluster.stayDown(others, STAYS_DOWN_MS), 'no failover without new epochs (R5)')
  await coordination.start()
  await cluster.sends.flowed(FLOWED)
  await cluster.whole()

  await coordination.kill()
  cluster.wipeCoordination()
  await coordination.start()
  await cluster.sends.flowed(FLOWED)
  await cluster.kill(await cluster.someLeader())
  await cluster.sends.flowed(FLOWED)
  await cluster.sends.stopFlow()
  await assertNothingLost(cluster)
}

export const killCells: readonly Cell[] = [
  {
    event: 'kill -9 of the leader, of another, of all',
    promise: 'nothing is lost, nobody suspect',
    syncs: ['quorum_disk', 'quorum_mem', 'remote_disk', 'remote_mem'],
    chosen: ['quorum_disk', 'quorum_mem'],
    run: killEach,
  },
  {
    event: 'kill -9 of a leader that others do not hear',
    promise: 'what it alone has is lost',
    syncs: ['local_disk', 'local_mem'],
    chosen: ['local_disk'],
    settings: { quorumTimeout: ALONE },
    run: (cluster) => loseTail(cluster, (leader) => cluster.kill(leader)),
  },
  {
    event: 'power loss of a leader that others do not hear',
    promise: 'what it alone has is lost',
    syncs: ['local_disk', 'local_mem'],
    chosen: [],
    settings: { quorumTimeout: ALONE },
    run: (cluster) => loseTail(cluster, (leader) => cluster.powerLoss([leader])),
  },
  {
    event: 'the coordination service is down, then wiped',
    promise: 'nothing is lost; no failover while it is down',
    syncs: ['quorum_disk', 'quorum_mem', 'remote_disk'],
    chosen: ['quorum_disk'],
    run: withoutCoordination,
  },
]
