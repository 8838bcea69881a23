import assert from 'node:assert/strict'
import { playEnding } from './endings.ts'
import type { Menace } from './nemesis.ts'
import { Nemesis } from './nemesis.ts'
import type { WorldOptions } from './replica-world.ts'
import { ReplicaWorld } from './replica-world.ts'

const STEPS = 40

export interface HistoryTotals {
  readonly confirmed: number
  /** Leaderships. */
  readonly epochs: number
  /** Records that were confirmed, destroyed by a quorum of power cuts, and reported. */
  readonly reportedLosses: number
}

export interface HistoryOptions {
  /** Each start brings another `sync` word; false by default. */
  readonly mixedSync?: boolean
}

type Scenario = Omit<WorldOptions, 'seed'> & Menace

/**
 * In the mem modes, and where disks rot, confirmed records may be lost if a quorum's copies were
 * destroyed, and then only with everybody present and an alarm (R10). That takes all seats, so
 * there no disk is lost for good.
 */
const scenarios: readonly Scenario[] = [
  { nodes: 3, sync: 'quorum_disk', wipes: true, damage: false },
  { nodes: 3, sync: 'quorum_mem', wipes: false, damage: false },
  { nodes: 5, sync: 'quorum_disk', wipes: true, damage: false },
  { nodes: 3, sync: 'quorum_disk', wipes: false, damage: true },
  { nodes: 3, sync: 'quorum_disk', vacant: 1, wipes: true, damage: false },
  { nodes: 5, sync: 'quorum_mem', wipes: false, damage: true },
  { nodes: 3, sync: 'remote_disk', wipes: false, damage: false },
  { nodes: 3, sync: 'local_mem', wipes: false, damage: true },
  { nodes: 5, sync: 'quorum_disk', vacant: 2, wipes: true, damage: false },
]

/** Disks that are slow at times: a leader in remote_disk is counted for what it has not synced. */
const slow = scenarios.map((scenario): Scenario => {
  return scenario.sync === 'remote_disk' ? { ...scenario, words: [scenario.sync] } : scenario
})

/** Each start brings another word, and so the replicas of a cluster run with different ones. */
const mixed: readonly Scenario[] = [3, 5].map((nodes) => ({
  nodes,
  words: ['quorum_disk', 'quorum_disk', 'quorum_mem', 'remote_disk', 'local_disk', 'local_mem'],
  wipes: false,
  damage: false,
}))

/** Whatever happened, a cluster that can talk again leads, confirms, and is equal (S11). */
function healAndDrain(world: ReplicaWorld): void {
  world.coordinationUp = true
  world.heal()
  for (const node of world.nodes.values()) {
    node.trap = null
    node.resume()
  }
  world.startAll()
  world.run(6_000)
  world.confirm('the end', 10_000)
  world.stopFlow()
  playEnding(world)
  world.run(2_000)
  const logs = [...world.nodes.values()].map((node) => {
    assert.equal(node.halted, null, `${node.id} has halted: ${node.halted} (S11)`)
    assert.equal(node.replica?.suspect, null, `${node.id} is still suspect (S11)`)
    world.ledger.mustBeHeldBy(node)
    return node.log.records.map(({ batch }) => batch.last.chain)
  })
  for (const log of logs) assert.deepEqual(log, logs[0], 'the logs are not equal (S11)')
}

/** One history of faults, and what it led to. Throws when the cluster broke a promise. */
export function history(seed: number, options: HistoryOptions = {}): HistoryTotals {
  const among = options.mixedSync === true ? mixed : [...scenarios, ...slow]
  const scenario = among[seed % among.length] as Scenario
  const world = new ReplicaWorld({ ...scenario, seed }).startAll()
  const nemesis = new Nemesis(world, scenario)
  world.forgetfulness = world.scheduler.pick([0, 0.1, 0.7, 1])
  world.slowness = world.scheduler.pick([0, 0.15, 0.6])
  world.flow(25)
  for (let step = 0; step < STEPS; step++) {
    nemesis.strike()
    // Long enough for an election, or short enough to strike in the middle of one.
    world.run(world.scheduler.between(0, world.scheduler.random() < 0.5 ? 1_500 : 60))
  }
  nemesis.stop()
  healAndDrain(world)
  // S12: pre-votes see to it that hardly an epoch is taken in vain (R11).
  assert.ok(world.allocations <= 2 * STEPS, `${world.allocations} epochs taken (S12)`)
  const { confirmed, epochs, reportedLosses } = world.ledger
  return { confirmed: confirmed.length, epochs, reportedLosses }
}
