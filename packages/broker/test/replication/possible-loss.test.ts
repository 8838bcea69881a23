import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReplicaWorld } from './world/replica-world.ts'
import { Trap } from './world/trap.ts'

const SEEDS = 15
/** Leaders that do not get far. */
const VICTIMS = 4

/** The power of all fails in a mem mode, behind records that are on no disk. */
function blackout(nodes: number, seed: number): ReplicaWorld {
  const world = new ReplicaWorld({ nodes, seed, sync: 'quorum_mem' }).startAll()
  world.confirm('on disks')
  world.run(500)
  world.confirm('in memory')
  for (const node of world.nodes.values()) node.crash({ powerCut: true })
  return world.startAll()
}

interface Deaths {
  /** How long the log of a winner takes for its next writes, at most. */
  readonly stallMs: number
  /** How soon after its election it dies, at most. */
  readonly withinMs: number
  readonly powerCuts: number
}

/** Whoever wins by full attendance has a slow disk, and dies soon. Answers how many did. */
function killWinners(world: ReplicaWorld, deaths: Deaths): number {
  const { scheduler } = world
  let victims = 0
  const arm = () => {
    for (const node of world.nodes.values()) {
      node.trap = new Trap('alarm', 1, () => {
        node.stall(scheduler.between(0, deaths.stallMs))
        scheduler.after(scheduler.between(0, deaths.withinMs), () => {
          victims++
          node.crash({ powerCut: scheduler.random() < deaths.powerCuts })
          scheduler.after(scheduler.between(0, 400), () => {
            if (!node.isUp) node.start()
            if (victims < VICTIMS) arm()
          })
        })
      })
    }
  }
  arm()
  for (let i = 0; i < 50 && victims < VICTIMS; i++) world.run(400)
  return victims
}

/** The ledger holds every leader against the last possible loss; this is how all of it ends. */
function mustTellInTheEnd(world: ReplicaWorld): void {
  for (const node of world.nodes.values()) node.trap = null
  world.startAll()
  world.confirm('afterwards', 10_000)
  world.run(3_000)
  for (const { id, log, replica } of world.nodes.values()) {
    assert.ok(log.lossEpochs.length > 0, `${id} has no word of the loss`)
    assert.equal(replica?.suspect, null, `${id} is still suspect (S11)`)
  }
}

describe('a possible loss (R10)', () => {
  for (const nodes of [3, 5]) {
    it(`is in the log of whoever leads later, though ${VICTIMS} leaders of ${nodes} die first`, () => {
      let victims = 0
      for (let seed = 1; seed <= SEEDS; seed++) {
        const world = blackout(nodes, seed)
        victims += killWinners(world, { stallMs: 60, withinMs: 30, powerCuts: 0.3 })
        mustTellInTheEnd(world)
      }
      assert.ok(victims > SEEDS, `only ${victims} leaders died`)
    })
  }

  it('leaves its winner suspect until the record of it is synced', () => {
    const world = blackout(3, 7)
    const traps = [...world.nodes.values()].map((node) => {
      node.trap = new Trap('openEpoch', 1, () => node.stall(200))
      return node
    })
    const winner = () => traps.find(({ replica }) => replica?.leadership != null)
    while (winner() === undefined) world.run(1)
    const leader = winner()
    assert.ok(leader)
    leader.stall(200)
    while (leader.log.syncedIndex < leader.log.length) {
      assert.notEqual(leader.meta.suspect, null)
      world.run(1)
    }
    world.run(50)
    assert.equal(leader.meta.suspect, null)
    mustTellInTheEnd(world)
  })
})
