import { PAGE_BOUNDS } from '@quorate/broker/store/fold/page-pool'
import type { PageBounds } from '@quorate/broker/store/fold/page-pool'
import { compactionFaults } from './nemesis/compaction-faults.ts'
import type { Fault } from './nemesis/fault.ts'
import type { FaultName } from './nemesis/faults.ts'
import { faults } from './nemesis/faults.ts'
import { Chance } from './world/chance.ts'

/** What exists in a history: swarm testing, so that no fault is always drowned by the others. */
export interface HistoryPlan {
  readonly seed: number
  readonly replicas: number
  readonly sync: string
  readonly segmentBytes: number
  readonly checkpointIdleMs: number
  readonly checkpointLogBytes: number
  readonly strikes: number
  /** Few kinds of strikes, and time to recover between them: each of them meets a leader. */
  readonly isCalm: boolean
  readonly faults: readonly FaultName[]
  /** All nodes are started for the first time within so long. */
  readonly startsWithinMs: number
  /** What the coordination service has to tell while they find each other gets lost. */
  readonly isDeafAtFirst: boolean
  /** Small, so that lists fill pages; the same for all nodes, and for as long as they live. */
  readonly pages: PageBounds
}

/** Kinds of strikes of a calm history, at most. */
const FEW_FAULTS = 4
/** Of all histories, those in which logs begin later again and again. */
const COMPACTING_SHARE = 0.35
/** The start of a log moves at its own pace. */
const LEAST_STRIKES_COMPACTING = 12
const ofCompaction = Object.keys(compactionFaults) as readonly FaultName[]

export function drawPlan(seed: number): HistoryPlan {
  const chance = new Chance(seed ^ 0x1a2b3c)
  const draw = chance.random()
  const isCalm = chance.chance(0.3)
  const sync = draw < 0.7 ? 'quorum_disk' : draw < 0.88 ? 'quorum_mem' : 'remote_disk'
  const plan: HistoryPlan = {
    seed,
    replicas: chance.chance(0.85) ? 3 : 5,
    sync,
    segmentBytes: chance.pick([1 << 13, 1 << 15, 1 << 17]),
    checkpointIdleMs: chance.pick([500, 2_000, 10_000]),
    // Less than what is applied between two looks, or hardly ever reached.
    checkpointLogBytes: chance.pick([1 << 10, 1 << 13, 1 << 16]),
    strikes: isCalm ? chance.integer(4, 12) : chance.integer(8, 30),
    isCalm,
    faults: isCalm ? drawFew(chance, sync) : drawFaults(chance, sync),
    startsWithinMs: chance.pick([0, 0, 20, 500]),
    isDeafAtFirst: chance.chance(0.15),
    pages: {
      entriesMax: chance.pick([4, 16, PAGE_BOUNDS.entriesMax]),
      openMax: chance.pick([1, 8, PAGE_BOUNDS.openMax]),
    },
  }
  // Of its own seed: what it draws shifts nothing in the others.
  const ofItsOwn = new Chance(seed ^ 0xc0de51)
  return ofItsOwn.chance(COMPACTING_SHARE) ? compacting(plan, ofItsOwn) : plan
}

/** Segments are full at once, so the log begins later all the time, and somebody is behind. */
function compacting(plan: HistoryPlan, chance: Chance): HistoryPlan {
  const { faults, strikes } = plan
  return {
    ...plan,
    segmentBytes: chance.pick([1 << 11, 1 << 12, 1 << 13]),
    checkpointIdleMs: chance.pick([100, 500, 2_000]),
    checkpointLogBytes: 1 << 10,
    strikes: Math.max(strikes, LEAST_STRIKES_COMPACTING),
    faults: [...faults, ...ofCompaction.filter(() => chance.chance(0.7))],
  }
}

/**
 * Each fault exists in half of the histories. A lost disk beside one that is in doubt, as in the
 * mem modes after a loss of power, rules out full attendance for good (R10).
 */
function drawFaults(chance: Chance, sync: string): readonly FaultName[] {
  return possibleFaults(sync).filter(() => chance.chance(0.5))
}

function drawFew(chance: Chance, sync: string): readonly FaultName[] {
  const possible = possibleFaults(sync)
  return Array.from({ length: chance.integer(1, FEW_FAULTS) }, () => chance.pick(possible))
}

function possibleFaults(sync: string): readonly FaultName[] {
  return (Object.keys(faults) as FaultName[]).filter((name) => {
    if (ofCompaction.includes(name)) return false
    const { destroys, needs }: Fault = faults[name]
    return sync === 'quorum_disk' ? needs !== 'mem' : destroys !== 'store'
  })
}
