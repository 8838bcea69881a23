import assert from 'node:assert/strict'
import type { Cell } from './cell.ts'
import { WINDOW, assertLost, assertNothingLost, prepare } from './cell.ts'
import type { ForgetfulCluster } from './forgetful-cluster.ts'

const STAYS_DOWN_MS = 4000
const FLOWED = 40
/** Half of what was not synced is on the medium all the same: torn, and out of order. */
const KEEP = 0.5
/** Power losses one after the other, each with another torn end of the log. */
const ROUNDS = Number(process.env.QUORATE_LOSS_ROUNDS ?? 3)
/** F of the matrix (MEM_SYNC), the sync itself, and three kills one after the other. */
const WINDOW_MS = 200 + 800

/** One machine, first a follower's and then the leader's, under a flow. */
async function oneAtATime(
  cluster: ForgetfulCluster,
  forgetful: 'none' | 'leader' | 'both',
): Promise<void> {
  await prepare(cluster)
  await cluster.sends.startFlow()
  const [leader, follower] = await cluster.inOrder()
  for (const [seed, node] of [follower, leader].entries()) {
    await cluster.sends.flowed(FLOWED)
    await cluster.powerLoss([node], { seed: 10 * seed, keep: KEEP })
    await cluster.sends.flowed(FLOWED)
    cluster.start(node)
    await cluster.whole()
  }
  await cluster.sends.stopFlow()
  await assertNothingLost(cluster)
  const expected = { none: [], leader: [leader], both: [leader, follower] }[forgetful]
  assert.deepEqual(cluster.suspects(), expected.map(({ name }) => name).sort())
  assert.equal(await cluster.reportedLoss(), false)
}

/**
 * W6: what two have confirmed, one of them forgets, the other is away: whoever is left must not
 * pretend to know the log. In the disk modes there is nothing to forget.
 */
async function oneThenAnother(cluster: ForgetfulCluster, isVolatile: boolean): Promise<void> {
  await prepare(cluster)
  const [leader, holder, behind] = await cluster.inOrder()
  await cluster.kill(behind)
  if (isVolatile) cluster.openWindow([leader, holder])
  await cluster.sends.confirm(WINDOW)
  await cluster.powerLoss([holder], { keep: isVolatile ? 0 : KEEP })
  await cluster.kill(leader)
  cluster.setMode([leader], {})
  cluster.start(behind, holder)
  if (isVolatile) {
    const isDown = await cluster.stayDown([behind, holder], STAYS_DOWN_MS)
    assert.ok(isDown, 'a suspect and one behind make no quorum')
  } else {
    await cluster.someLeader()
  }
  await assertNothingLost(cluster)
  assert.equal(await cluster.reportedLoss(), false)
}

/** Two of three forget what the third never had. Answers what was confirmed in the window. */
async function twoAtOnce(
  cluster: ForgetfulCluster,
  forgetful: 'none' | 'leader' | 'both',
): Promise<readonly string[]> {
  const [leader, holder, behind] = await cluster.inOrder()
  await cluster.kill(behind)
  if (forgetful !== 'none') cluster.openWindow(forgetful === 'both' ? [leader, holder] : [leader])
  const window = await cluster.sends.confirm(WINDOW)
  await cluster.powerLoss([leader, holder], { keep: forgetful === 'none' ? KEEP : 0 })
  return window
}

async function allAtOnce(cluster: ForgetfulCluster): Promise<readonly string[]> {
  cluster.openWindow(cluster.nodes)
  const window = await cluster.sends.confirm(WINDOW)
  await cluster.powerLoss(cluster.nodes)
  return window
}

/** All machines in the middle of a flow, and half of what was on its way to the media arrives. */
async function allUnderFlow(cluster: ForgetfulCluster, seed = 1): Promise<number> {
  await cluster.sends.startFlow()
  await cluster.sends.flowed(5 * FLOWED)
  const atMs = performance.now()
  await cluster.powerLoss(cluster.nodes, { seed, keep: KEEP })
  cluster.startAll()
  await cluster.sends.flowed(FLOWED)
  await cluster.sends.stopFlow()
  return atMs
}

async function lyingDisks(cluster: ForgetfulCluster): Promise<void> {
  await prepare(cluster)
  cluster.setMode(cluster.nodes, { lyingSyncs: true })
  const window = await cluster.sends.confirm(WINDOW)
  await cluster.powerLoss(cluster.nodes)
  cluster.startAll()
  await assertLost(cluster, window)
  assert.equal(await cluster.reportedLoss(), false, 'nobody can know')
  assert.deepEqual(cluster.suspects(), [])
}

export const powerCells: readonly Cell[] = [
  {
    event: 'power loss of one machine',
    promise: 'nothing is lost, nobody suspect',
    syncs: ['quorum_disk'],
    chosen: ['quorum_disk'],
    run: (cluster) => oneAtATime(cluster, 'none'),
  },
  {
    event: 'power loss of one machine',
    promise: 'nothing is lost; the machine is suspect until it has caught up',
    syncs: ['quorum_mem', 'remote_mem'],
    chosen: ['quorum_mem'],
    run: (cluster) => oneAtATime(cluster, 'both'),
  },
  {
    event: 'power loss of one machine',
    promise: 'nothing is lost; the machine is suspect if it led',
    syncs: ['remote_disk'],
    chosen: [],
    run: (cluster) => oneAtATime(cluster, 'leader'),
  },
  {
    event: 'power loss of one machine, then another dies',
    promise: 'nothing is lost, and two serve',
    syncs: ['quorum_disk', 'remote_disk'],
    chosen: ['quorum_disk'],
    run: (cluster) => oneThenAnother(cluster, false),
  },
  {
    event: 'power loss of one machine, then another dies',
    promise: 'nothing is lost; unavailable until a clean quorum is there',
    syncs: ['quorum_mem', 'remote_mem'],
    chosen: ['quorum_mem'],
    run: (cluster) => oneThenAnother(cluster, true),
  },
  {
    event: 'power loss of two machines in the window',
    promise: 'nothing is lost',
    syncs: ['quorum_disk'],
    chosen: ['quorum_disk'],
    run: async (cluster) => {
      await prepare(cluster)
      await twoAtOnce(cluster, 'none')
      await assertNothingLost(cluster)
      assert.equal(await cluster.reportedLoss(), false)
    },
  },
  {
    event: 'power loss of two machines in the window',
    promise: 'what only they had is lost, and reported',
    syncs: ['quorum_mem', 'remote_mem'],
    chosen: ['quorum_mem'],
    run: async (cluster) => {
      await prepare(cluster)
      const window = await twoAtOnce(cluster, 'both')
      await assertLost(cluster, window)
      assert.ok(await cluster.reportedLoss())
    },
  },
  {
    event: 'power loss of two machines in the window',
    promise: 'nothing is lost, and none reported: a follower has it on its disk',
    syncs: ['remote_disk'],
    chosen: ['remote_disk'],
    run: async (cluster) => {
      await prepare(cluster)
      await twoAtOnce(cluster, 'leader')
      await assertNothingLost(cluster)
      assert.equal(await cluster.reportedLoss(), false)
    },
  },
  {
    event: 'power loss of all machines',
    promise: 'nothing is lost',
    syncs: ['quorum_disk'],
    chosen: ['quorum_disk'],
    run: async (cluster) => {
      await prepare(cluster)
      for (let round = 0; round < ROUNDS; round++) await allUnderFlow(cluster, 10 * round)
      await assertNothingLost(cluster)
      assert.equal(await cluster.reportedLoss(), false)
      assert.deepEqual(cluster.suspects(), [])
    },
  },
  {
    event: 'power loss of all machines',
    promise: 'nothing is lost, and none reported: only who led is suspect',
    syncs: ['remote_disk'],
    chosen: ['remote_disk'],
    run: async (cluster) => {
      await prepare(cluster)
      for (let round = 0; round < ROUNDS; round++) {
        await allUnderFlow(cluster, 10 * round)
        // Who led before has on its disk what it was counted for.
        await cluster.whole()
        await cluster.settled()
      }
      await assertNothingLost(cluster)
      assert.equal(await cluster.reportedLoss(), false)
    },
  },
  {
    event: 'power loss of all machines, nothing synced since the window opened',
    promise: 'the window is lost, and nothing else, and reported',
    syncs: ['quorum_mem', 'remote_mem', 'local_mem'],
    chosen: ['quorum_mem'],
    run: async (cluster) => {
      await prepare(cluster)
      const window = await allAtOnce(cluster)
      await assertLost(cluster, window)
      assert.ok(await cluster.reportedLoss())
    },
  },
  {
    event: 'power loss of all machines under a flow',
    promise: 'at most the last moment is lost, and reported',
    syncs: ['quorum_mem', 'remote_mem'],
    chosen: ['quorum_mem'],
    run: async (cluster) => {
      await prepare(cluster)
      const atMs = await allUnderFlow(cluster)
      await cluster.whole()
      const { lost, strange } = await cluster.sends.drain()
      assert.deepEqual(strange, [])
      const early = lost.filter((text) => cluster.sends.confirmedAt(text) < atMs - WINDOW_MS)
      assert.deepEqual(early, [])
      assert.ok(await cluster.reportedLoss())
    },
  },
  {
    event: 'power loss of all machines, whose disks lied about syncs',
    promise: 'the window is lost, and nobody can tell',
    syncs: ['quorum_disk'],
    chosen: ['quorum_disk'],
    run: lyingDisks,
  },
]
