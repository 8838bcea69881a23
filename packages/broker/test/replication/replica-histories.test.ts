import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ReplicaWorld } from './world/replica-world.ts'

/** Histories per run; QUORATE_SEEDS and QUORATE_FIRST_SEED choose others. */
const SEEDS = Number(process.env['QUORATE_SEEDS'] ?? 60)
const FIRST_SEED = Number(process.env['QUORATE_FIRST_SEED'] ?? 1)
const STEPS = 40

/** Something breaks; but while a minority is broken already, mostly something is mended. */
function oneStep(world: ReplicaWorld): void {
  const { scheduler } = world
  const nodes = [...world.nodes.values()]
  const broken = nodes.filter((node) => !node.isUp || node.isPaused)
  const minority = Math.floor((nodes.length - 1) / 2)
  if (broken.length >= minority && scheduler.random() < 0.6) {
    mend(world, scheduler.pick(broken.length > 0 ? broken : nodes))
    return
  }
  const node = scheduler.random() < 0.4 ? (world.leader ?? nodes[0]) : scheduler.pick(nodes)
  const other = scheduler.pick(nodes)
  if (node === undefined) return
  const draw = scheduler.random()
  if (draw < 0.35) {
    if (node.isUp) node.crash({ powerCut: scheduler.random() < 0.5 })
  } else if (draw < 0.5) {
    if (node.isUp) node.pause()
  } else if (draw < 0.75) {
    if (node !== other) world.cut(node.id, other.id, { oneWay: scheduler.random() < 0.4 })
  } else if (draw < 0.9) world.heal()
  else if (draw < 0.95) world.coordinationUp = !world.coordinationUp
  else world.epochRegister = Math.max(0, world.epochRegister - 3)
}

function mend(world: ReplicaWorld, node: ReplicaWorld['up'][number]): void {
  if (!node.isUp) node.start()
  else if (node.isPaused) node.resume()
  if (world.scheduler.random() < 0.5) world.heal()
  if (world.scheduler.random() < 0.5) world.coordinationUp = true
}

function propose(world: ReplicaWorld, step: number): void {
  for (const node of world.up) {
    for (let i = 0; i < 3; i++) node.propose(`${node.id} step ${step} ${i}`)
  }
}

/** Whatever happened, a cluster that can talk again leads, confirms, and is equal (S11). */
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
  const world = new ReplicaWorld({ nodes, seed }).startAll()
  for (let step = 0; step < STEPS; step++) {
    oneStep(world)
    // Long enough for an election, or short enough to strike in the middle of one.
    const ms = world.scheduler.random() < 0.5 ? 1_500 : 60
    for (let i = 0; i < 4; i++) {
      propose(world, step * 10 + i)
      world.run(world.scheduler.between(0, ms / 4))
    }
  }
  healAndDrain(world)
  totals.confirmed += world.ledger.confirmed.length
  totals.epochs += world.ledger.epochs
}

const totals = { confirmed: 0, epochs: 0 }

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
  // Histories in which nothing happens prove nothing.
  assert.ok(totals.epochs > 3 * SEEDS, `only ${totals.epochs} leaderships`)
  assert.ok(totals.confirmed > 20 * SEEDS, `only ${totals.confirmed} records confirmed`)
})
