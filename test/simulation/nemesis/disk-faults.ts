import type { FileOperation } from '@quorate/broker/store/journal/memory-file-system'
import type { Fault, StrikeContext } from './fault.ts'
import { maySpoil } from './fault.ts'

type OperationKind = FileOperation['kind']

/** What a start asks of its disk first, up to so many operations of a kind. */
const STARTS_WITH = 6

export const diskFaults = {
  slowDisk: {
    weight: 1,
    strike: ({ simulation, victim }) => {
      simulation.tell(`${victim.id} has a slow disk`)
      victim.disk.isSlow = true
    },
  },
  fullDisk: {
    weight: 1,
    strike: ({ simulation, victim, chance }) => {
      simulation.tell(`the disk of ${victim.id} fills up`)
      victim.disk.fill(chance.integer(0, 8_000))
    },
  },
  failingSync: {
    weight: 1,
    destroys: 'copies',
    strike: (at) => failing(at, 'syncData', 5),
  },
  failingRead: { weight: 0.7, destroys: 'copies', strike: (at) => failing(at, 'read', 3) },
  failingWrite: { weight: 0.7, destroys: 'copies', strike: (at) => failing(at, 'write', 8) },
  failingFiles: {
    weight: 0.7,
    destroys: 'copies',
    strike: (at) => failing(at, at.chance.pick(onFiles), 2),
  },
  /** A start, its recovery above all, meets an error. */
  failingStart: {
    weight: 1.5,
    destroys: 'copies',
    strike: (at) => {
      if (!maySpoil(at)) return
      const { victim, chance } = at
      if (chance.chance(0.3)) victim.losePower()
      else victim.kill()
      failing(at, chance.pick(atStart), STARTS_WITH)
      victim.start()
    },
  },
  wipe: {
    weight: 3,
    destroys: 'store',
    strike: (at) => {
      const { simulation, victim, chance } = at
      if (!simulation.isComplete || !maySpoil(at)) return
      victim.wipe()
      // A new store is made with these.
      if (chance.chance(0.2)) victim.disk.fail(chance.pick(['sync', 'syncDirectory']))
      if (chance.chance(0.7)) victim.start()
    },
  },
  rot: {
    weight: 3,
    destroys: 'copies',
    strike: (at) => {
      const { victim, chance } = at
      if (victim.witness.log.length < 2 || !maySpoil(at)) return
      victim.kill()
      victim.rot(chance.integer(1, victim.witness.log.length))
      if (chance.chance(0.7)) victim.start()
    },
  },
  /** It may be met at a read: a follower is behind, or a body is not in memory any more. */
  rotWhileRunning: {
    weight: 2,
    destroys: 'copies',
    strike: ({ simulation, victim: drawn, chance }) => {
      // Only who leads reads bodies, and only those that are not in its memory any more.
      const readers = simulation.brokers.filter((broker) => broker.isLeading)
      const victim = readers.find(({ witness }) => witness.bodiesOnDisk.length > 0) ?? drawn
      const { log, onDisk, bodiesOnDisk } = victim.witness
      // What decays above that just before a loss of power is taken for a torn tail (R32).
      const known = log.indexAt(onDisk.lastCheckpointed[1]) - 1
      if (known < 1 || !maySpoil({ simulation, victim })) return
      const index = chance.integer(1, known)
      const bodies = bodiesOnDisk.filter((body) => body <= known)
      const read = bodies.length === 0 ? index : bodies[index % bodies.length]
      victim.rot(read ?? index)
    },
  },
  rotOfMeta: {
    weight: 1.5,
    destroys: 'copies',
    strike: (at) => rotOfSlot(at, 'meta'),
  },
  rotOfCheckpoint: {
    weight: 1.5,
    destroys: 'copies',
    strike: (at) => rotOfSlot(at, 'journal/checkpoint'),
  },
  lossOfMeta: {
    weight: 1,
    destroys: 'store',
    strike: (at) => {
      const { simulation, victim, chance } = at
      if (!simulation.isComplete || !maySpoil(at)) return
      victim.kill()
      victim.loseMeta()
      if (chance.chance(0.7)) victim.start()
    },
  },
} as const satisfies Readonly<Record<string, Fault>>

/** What changes names and sizes, and what makes such changes last. */
const onFiles: readonly OperationKind[] = [
  'sync',
  'syncDirectory',
  'truncate',
  'rename',
  'remove',
  'open',
  'close',
]

const atStart: readonly OperationKind[] = [
  'read',
  'read',
  'write',
  'syncData',
  'sync',
  'syncDirectory',
  'open',
  'list',
  'size',
  'remove',
]

function rotOfSlot(at: StrikeContext, file: 'meta' | 'journal/checkpoint'): void {
  if (!maySpoil(at)) return
  const { victim, chance } = at
  if (chance.chance(0.3)) victim.losePower()
  else victim.kill()
  victim.rotSlot(file)
  if (chance.chance(0.7)) victim.start()
}

/** One of the next operations of this kind ends with EIO. */
function failing(at: StrikeContext, kind: OperationKind, within: number): void {
  if (!maySpoil(at)) return
  const { simulation, victim, chance } = at
  simulation.tell(`a ${kind} of ${victim.id} will fail`)
  victim.disk.fail(kind, chance.integer(1, within))
}
