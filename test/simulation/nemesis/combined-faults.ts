import type { FileOperation } from '@quorate/broker/store/journal/memory-file-system'
import type { SimulatedBroker } from '../world/simulated-broker.ts'
import type { Simulation } from '../world/simulation.ts'
import type { Fault, StrikeContext } from './fault.ts'
import { crash, maySpoil, onEffect } from './fault.ts'

/** How often it is looked whether a replica is in good standing again, and how often at most. */
const LOOK_MS = 250
const LOOKS_MAX = 20
/** A lease, and the time after which voters forget it. */
const LEASE_MS = 600

/** What random strikes hardly ever bring together. */
export const combinedFaults = {
  powerCutAfterFailedSync: {
    weight: 1,
    destroys: 'copies',
    strike: (at) => {
      if (!maySpoil(at)) return
      const { simulation, victim, chance } = at
      victim.disk.fail(chance.pick(['syncData', 'syncData', 'sync']), chance.integer(1, 3))
      victim.disk.onFailure = () => {
        simulation.timeline.after(chance.between(0, 5), () => {
          simulation.sight('the power failed after a failed sync')
          victim.losePower()
          if (chance.chance(0.7)) victim.start()
        })
      }
    },
  },
  rotThenLoss: { weight: 1, destroys: 'store', strike: (at) => rotThenLoss(at) },
  coordinationAway: { weight: 1, strike: (at) => restartWithoutCoordination(at) },
  lossWithCoordination: {
    weight: 1.2,
    destroys: 'store',
    strike: (at) => {
      const { simulation, victim, chance } = at
      if (!simulation.isComplete || !maySpoil(at)) return
      simulation.tell('the coordination service loses its disks, and a node too')
      simulation.sight('a disk was lost with the coordination service')
      simulation.coordination.wipe()
      victim.wipe()
      // The one that knows nothing may be the first to find out that nothing is known.
      if (chance.chance(0.6)) {
        const others = simulation.brokers.filter((broker) => broker !== victim)
        for (const { id } of others) simulation.network.slowDown(id, chance.between(5, 300))
      }
      victim.start()
    },
  },
  pausePastLease: { weight: 1.5, strike: (at) => pausePastLease(at) },
  deathBeforePromise: { weight: 1.5, strike: (at) => deathBeforePromise(at) },
  divergedTail: { weight: 2, strike: (at) => divergedTail(at) },
  backToOneAlone: { weight: 2, strike: (at) => backToOneAlone(at) },
  deathWhileCatchingUp: { weight: 1.5, strike: (at) => deathWhileCatchingUp(at) },
} as const satisfies Readonly<Record<string, Fault>>

/** A disk decays, its replica is repaired, and then another disk is lost. */
function rotThenLoss(at: StrikeContext): void {
  const { simulation, victim, chance, later } = at
  const { log } = victim.witness
  if (log.writtenIndex < 2 || !simulation.isComplete || !maySpoil(at)) return
  victim.kill()
  victim.rot(chance.integer(Math.max(1, log.length - 20), log.length))
  victim.start()
  const other = chance.pick(simulation.brokers.filter((broker) => broker !== victim))
  const look = (looks: number): void => {
    if (simulation.isComplete && maySpoil({ simulation, victim: other })) {
      simulation.sight('a disk was lost after another had decayed')
      other.wipe()
      other.start()
    } else if (looks < LOOKS_MAX) later(LOOK_MS, () => look(looks + 1))
  }
  later(LOOK_MS, () => look(1))
}

/** Nobody who starts finds the service; it comes back later. */
function restartWithoutCoordination({ simulation, chance, later }: StrikeContext): void {
  simulation.tell('everybody starts anew without the coordination service')
  simulation.sight('everybody started without the coordination service')
  simulation.coordination.goDown()
  for (const broker of simulation.brokers) {
    if (chance.chance(0.5)) broker.losePower()
    else broker.kill()
  }
  for (const broker of simulation.brokers) broker.start()
  later(chance.between(300, 3_000), () => simulation.coordination.comeUp())
}

/** The leader stands still behind a commit, and goes on when its lease, at least, is over. */
function pausePastLease({ simulation, chance, later, keepBroken }: StrikeContext): void {
  const { leader } = simulation
  if (leader === undefined) return
  onEffect({ victim: leader, point: 'commit', countdown: chance.integer(1, 3) }, () => {
    simulation.timeline.after(0, () => {
      if (!leader.isUp || leader.isPaused) return
      const ms = LEASE_MS + chance.between(0, 2_000)
      leader.pause()
      keepBroken(leader, ms)
      later(ms, () => {
        if (leader.isPaused) simulation.sight('a leader stood still beyond its lease')
        leader.resume()
      })
    })
  })
}

/**
 * A voter dies between writing what it promises and its sync; the leader's end makes it promise.
 */
function deathBeforePromise({ simulation, chance }: StrikeContext): void {
  const { leader } = simulation
  const voter = chance.pick(simulation.brokers.filter((broker) => broker !== leader))
  atOperation(
    { simulation, victim: voter, countdown: chance.integer(1, 2), isIt: isSyncOfMeta },
    () => {
      simulation.sight('a voter died before its promise was synced')
      crash(voter, chance, 0.7)
    },
  )
  if (leader !== undefined) crash(leader, chance, 0.5)
}

function isSyncOfMeta({ kind, path }: FileOperation): boolean {
  return kind === 'syncData' && path.endsWith('/meta')
}

/** A leader goes on alone until there is another one; then something happens as it cuts its log. */
function divergedTail({ simulation, chance, later }: StrikeContext): void {
  const { leader } = simulation
  if (leader === undefined) return
  leaveAlone(simulation, leader)
  onEffect({ victim: leader, point: 'truncate', countdown: 1 }, () => {
    if (chance.chance(0.4)) return losePowerAfterCut(simulation, leader)
    const draw = chance.random()
    if (draw < 0.3) {
      simulation.sight('a disk was full while a log was cut')
      leader.disk.fill(0)
    } else if (draw < 0.4 && maySpoil({ simulation, victim: leader })) {
      leader.disk.fail(chance.pick(['read', 'truncate', 'sync', 'syncDirectory', 'syncData']))
    } else if (draw < 0.9) {
      atOperation({ simulation, victim: leader, countdown: chance.integer(1, 14) }, () => {
        if (leader.witness.log.isCutting) simulation.sight('a node died while it cut its log')
        crash(leader, chance, 0.5)
      })
    }
  })
  later(chance.between(900, 2_200), () => simulation.healNetwork())
}

/**
 * A leader goes on alone, and its clients lose their connections and come back to it: what they say
 * again is still under way, and will never be committed there.
 */
function backToOneAlone({ simulation, chance, later }: StrikeContext): void {
  const { leader } = simulation
  if (leader === undefined) return
  leaveAlone(simulation, leader)
  for (let times = chance.integer(1, 3); times > 0; times--) {
    later(chance.between(1, 500), () => {
      if (!leader.isLeading) return
      simulation.sight('clients came back to a leader that was alone')
      simulation.network.reset(leader.id)
    })
  }
  later(chance.between(900, 3_000), () => simulation.healNetwork())
}

/** Clients still reach it, and no other broker does. */
function leaveAlone(simulation: Simulation, leader: SimulatedBroker): void {
  const { network, brokers } = simulation
  simulation.tell(`${leader.id} goes on alone`)
  for (const other of brokers) {
    if (other === leader) continue
    network.cut(leader.id, other.id)
    network.cut(other.id, leader.id)
  }
}

/** The cut is done; the next record would make it last in any case. */
function losePowerAfterCut(simulation: Simulation, victim: SimulatedBroker): void {
  const { witness } = victim
  witness.onEffect = () => {
    if (witness.log.isCutting) return
    witness.onEffect = () => undefined
    simulation.timeline.after(0, () => {
      simulation.sight('the power failed after a cut')
      victim.losePower()
    })
  }
}

/** Somebody who was away returns, and dies, or loses its leader, as it is fed. */
function deathWhileCatchingUp({ simulation, victim, chance, later }: StrikeContext): void {
  if (victim === simulation.leader) return
  victim.kill()
  later(chance.between(200, 1_200), () => {
    victim.start()
    onEffect({ victim, point: 'append', countdown: chance.integer(1, 3) }, () => {
      simulation.timeline.after(chance.between(0, 2), () => {
        simulation.sight('a node died while it caught up')
        crash(chance.chance(0.7) ? victim : (simulation.leader ?? victim), chance, 0.5)
      })
    })
  })
}

interface OperationTrap {
  readonly simulation: Simulation
  readonly victim: SimulatedBroker
  readonly countdown: number
  readonly isIt?: (operation: FileOperation) => boolean
}

/** Strikes when the disk was asked for the `countdown`th of these operations, before its effect. */
function atOperation(trap: OperationTrap, strike: () => void): void {
  const { simulation, victim, isIt } = trap
  const { disk } = victim
  let left = trap.countdown
  disk.onOperation = (operation) => {
    if (isIt?.(operation) === false || --left > 0) return
    disk.onOperation = () => undefined
    simulation.timeline.after(0, strike)
  }
}
