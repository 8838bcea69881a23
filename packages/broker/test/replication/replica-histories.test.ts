import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ReplicaWorld } from './world/replica-world.ts'

/** Histories per run; QUORATE_SEEDS and QUORATE_FIRST_SEED choose others. */
const SEEDS = Number(process.env['QUORATE_SEEDS'] ?? 60)
const FIRST_SEED = Number(process.env['QUORATE_FIRST_SEED'] ?? 1)
const STEPS = 40

function oneFault(world: ReplicaWorld, powerCuts: boolean): void {
  const { scheduler } = world
  const node = scheduler.pick([...world.nodes.values()])
  const other = scheduler.pick([...world.nodes.values()])
  const draw = scheduler.random()
  if (draw < 0.2 && node.isUp) node.crash({ powerCut: powerCuts && scheduler.random() < 0.5 })
  else if (draw < 0.45 && !node.isUp) node.start()
  else if (draw < 0.55 && node.isUp) node.pause()
  else if (draw < 0.7 && node.isUp) node.resume()
  else if (draw < 0.8 && node !== other) world.cut(node.id, other.id, { oneWay: draw < 0.75 })
  else if (draw < 0.88) world.heal()
  else if (draw < 0.92) world.coordinationUp = !world.coordinationUp
  else if (draw < 0.94) world.epochRegister = Math.max(0, world.epochRegister - 3)
}

function propose(world: ReplicaWorld, step: number): void {
  for (const node of world.up) {
    for (let i = 0; i < 3; i++) node.propose(`${node.id} step ${step} ${i}`)
  }
}

/** R: whatever happened, a cluster that can talk again leads, confirms, and is equal (S11). */
function healAndDrain(world: ReplicaWorld): void {
  world.coordinationUp = true
  world.heal()
  for (const node of world.nodes.values()) node.resume()
  world.startAll()
  world.run(6_000)
  world.confirm('the end', 10_000)
  world.run(2_000)
  const logs = [...world.nodes.values()].map((node) => {
    assert.equal(node.halted, null)
    assert.equal(node.replica?.suspect, null)
    return node.log.records.map(({ batch }) => batch.last.chain)
  })
  for (const log of logs) assert.deepEqual(log, logs[0])
}

function history(seed: number): void {
  const nodes = seed % 3 === 0 ? 5 : 3
  // Power cuts are survived by disk modes without exception; mem modes have their own tests.
  const world = new ReplicaWorld({ nodes, seed }).startAll()
  for (let step = 0; step < STEPS; step++) {
    oneFault(world, true)
    propose(world, step)
    world.run(world.scheduler.between(1, 900))
  }
  healAndDrain(world)
}

it(`no history of faults loses a confirmed record or ends without a leader (${SEEDS} seeds)`, () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    try {
      history(seed)
    } catch (error) {
      const again = `QUORATE_FIRST_SEED=${seed} QUORATE_SEEDS=1`
      const why = error instanceof Error ? error.message : String(error)
      throw new Error(`seed ${seed}: ${why}; again with ${again}`, { cause: error })
    }
  }
})
