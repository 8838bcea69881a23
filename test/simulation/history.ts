import assert from 'node:assert/strict'
import { Nemesis } from './nemesis/nemesis.ts'
import type { FaultName } from './nemesis/faults.ts'
import { Chance } from './world/chance.ts'
import type { Sighting } from './world/sightings.ts'
import { Simulation } from './world/simulation.ts'
import { judge } from './judge.ts'
import { drawPlan } from './plan.ts'
import type { HistoryPlan } from './plan.ts'
import type { DrainResult } from './clients/drain.ts'
import type { RunningClients } from './clients/start-clients.ts'
import { startClients } from './clients/start-clients.ts'
import { standTrial } from './trials/stand-trial.ts'

export interface HistoryOutcome {
  readonly seed: number
  /** What is wrong, in a line; null when the cluster kept every promise. */
  readonly failure: string | null
  readonly plan: HistoryPlan
  readonly trace: readonly string[]
  readonly totals: HistoryTotals
}

/** What happened in it, so that histories in which nothing happens are noticed. */
export interface HistoryTotals {
  readonly steps: number
  readonly epochs: number
  readonly sent: number
  readonly confirmed: number
  readonly received: number
  /** Records that a quorum of disks lost, and that were reported. */
  readonly reportedLosses: number
  /** How often what histories are there for came about. */
  readonly sightings: Readonly<Partial<Record<Sighting, number>>>
}

export interface HistoryOptions {
  /** Log lines of the brokers in the trace. */
  readonly verbose?: boolean
  /** Strikes of these numbers are left out: how a failing history is shrunk. */
  readonly without?: ReadonlySet<number>
  /** Only so many strikes. */
  readonly strikes?: number
  /** Faults that do not exist. */
  readonly never?: ReadonlySet<FaultName>
}

/** Time in which a healed cluster has to lead, confirm and become equal (S11), in milliseconds. */
const HEALING_MS = 20_000
const EQUAL_MS = 15_000
/** In which a log becomes short in which nothing waits: a few looks of the compactor. */
const SHORT_MS = 5_000

/** Plays one history of a whole cluster. */
export async function runHistory(
  seed: number,
  options: HistoryOptions = {},
): Promise<HistoryOutcome> {
  const plan = drawPlan(seed)
  const simulation = new Simulation(plan)
  simulation.trace.isVerbose = options.verbose ?? false
  const failure = await play(simulation, plan, options).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  const { ledger, timeline, history } = simulation
  const count = (kind: string) => history.filter((event) => event.kind === kind).length
  const totals = {
    steps: timeline.steps,
    epochs: ledger.epochs,
    sent: count('invoke'),
    confirmed: count('ok'),
    received: count('receive'),
    reportedLosses: ledger.reportedLosses,
    sightings: Object.fromEntries(simulation.sightings),
  }
  return { seed, failure, plan, trace: simulation.trace.lines, totals }
}

async function play(
  simulation: Simulation,
  plan: HistoryPlan,
  options: HistoryOptions,
): Promise<void> {
  const chance = new Chance(plan.seed ^ 0x5eed)
  await found(simulation, plan, chance)
  const clients = startClients(simulation.clientEnvironment(chance.fork()))
  clients.ledger.isWrittenOff = (subject) => simulation.writtenOff.touches(subject)
  const names = plan.faults.filter((name) => options.never?.has(name) !== true)
  const nemesis = new Nemesis(simulation, chance.integer(1, 1 << 30), names)
  const strikes = Math.min(plan.strikes, options.strikes ?? plan.strikes)
  const pauses = chance.fork()
  for (let strike = 0; strike < strikes; strike++) {
    const isLeftOut = names.length === 0 || options.without?.has(strike) === true
    if (!isLeftOut) nemesis.strike(strike)
    // Long enough for an election, or short enough to strike in the middle of one.
    const [least, most] = plan.isCalm ? [300, 3_000] : [0, pauses.chance(0.5) ? 1_500 : 60]
    await simulation.run(pauses.between(least, most))
  }
  nemesis.healAll()
  await healedAndDrained(simulation, clients)
  judge(simulation, strikes)
  await standTrial(simulation, new Chance(plan.seed ^ 0x7a1a1))
}

/** All start, sooner or later, and find each other. */
async function found(simulation: Simulation, plan: HistoryPlan, chance: Chance): Promise<void> {
  const { startsWithinMs, isDeafAtFirst } = plan
  simulation.coordination.isDeaf = isDeafAtFirst
  if (isDeafAtFirst) simulation.sight('nodes were not told of each other')
  for (const broker of simulation.brokers) {
    simulation.timeline.after(chance.between(0, startsWithinMs), () => broker.start())
  }
  await simulation.untilLed()
}

/** Whatever happened, a cluster that can talk again leads, confirms, and is equal (S11). */
async function healedAndDrained(simulation: Simulation, clients: RunningClients): Promise<void> {
  const allRunning = () => simulation.brokers.every((broker) => broker.isUp)
  let drained: DrainResult | null = null
  void clients.drain({ deadlineMs: HEALING_MS }).then((result) => {
    drained = result
  })
  const untilMs = simulation.nowMs + HEALING_MS + 1_000
  while (!(drained !== null && allRunning() && simulation.leader !== undefined)) {
    assert.ok(simulation.nowMs < untilMs, simulation.describeStandstill(drained !== null))
    // What ended itself is started again, as an operator or a supervisor would.
    simulation.startAll()
    await simulation.run(250)
  }
  const { isComplete, unfinished } = drained as DrainResult
  simulation.drainFailure = isComplete ? null : unfinished.join('; ')
  await simulation.until(() => simulation.isEqual, EQUAL_MS, 'replicas do not become equal (S11)')
  await simulation.until(() => simulation.isShort, SHORT_MS, 'old segments stay for nothing (R19)')
}
