import { closeSync, openSync, readSync, readdirSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { BrokerNode } from '../../support/broker-node.ts'
import type { ChaosCluster } from '../cluster/chaos-cluster.ts'
import type { Fault, Strike } from './fault.ts'

const SEGMENT_NAME = /^[0-9a-f]{16}\.log$/
const FLIPS = 3
/** The end of the log: what was written since the journal's last checkpoint, at any load. */
const RECENT_BYTES = 1024
const STRIDE = 64 * 1024

interface Stretch {
  readonly path: string
  readonly from: number
  readonly to: number
}

/** The bytes of a segment up to its last one that is not zero: behind it is preallocation. */
function writtenBytes(path: string): Stretch {
  const file = openSync(path, 'r')
  const chunk = Buffer.alloc(STRIDE)
  let to = 0
  try {
    for (let at = 0; ; at += STRIDE) {
      const count = readSync(file, chunk, 0, STRIDE, at)
      if (count === 0) return { path, from: 0, to }
      const last = chunk.subarray(0, count).findLastIndex((byte) => byte !== 0)
      if (last >= 0) to = at + last + 1
    }
  } finally {
    closeSync(file)
  }
}

function segmentsOf(node: BrokerNode): Stretch[] {
  const journal = join(node.dataDirectory, 'journal')
  const names = readdirSync(journal).filter((name) => SEGMENT_NAME.test(name))
  const stretches = names.sort().map((name) => writtenBytes(join(journal, name)))
  return stretches.filter(({ from, to }) => to > from)
}

/** Returns the position in the log. */
function flipOne({ path, from, to }: Stretch, random: () => number): number {
  const at = from + Math.floor(random() * (to - from))
  const file = openSync(path, 'r+')
  try {
    const byte = Buffer.alloc(1)
    readSync(file, byte, 0, 1, at)
    writeSync(file, Buffer.from([(byte[0] ?? 0) ^ (1 << Math.floor(random() * 8))]), 0, 1, at)
  } finally {
    closeSync(file)
  }
  return Number.parseInt(basename(path), 16) + at
}

/** Kills a follower, flips bits in the stretches that are chosen, and starts it at the heal. */
async function rot(
  cluster: ChaosCluster,
  choose: (segments: readonly Stretch[]) => readonly Stretch[],
): Promise<Strike> {
  const follower = await cluster.follower()
  await follower.kill9()
  const stretches = choose(segmentsOf(follower))
  if (stretches.length === 0) throw new Error('no bytes to damage')
  for (let count = 0; count < FLIPS; count++) {
    const stretch = stretches[Math.floor(cluster.random() * stretches.length)]
    if (stretch !== undefined) cluster.damage.add(flipOne(stretch, cluster.random))
  }
  return {
    targets: [follower.name],
    what: `${FLIPS} bits flipped in the journal of ${follower.name} (follower)`,
    heal: () => {
      follower.start()
      return Promise.resolve()
    },
  }
}

const common = {
  equipment: 'plain',
  holdMs: 1000,
  service: 'continues',
} as const

export const bitFlips: Readonly<Record<string, Fault>> = {
  'bit-flips-recent': {
    ...common,
    describe: 'A follower is killed, bits flip near the end of its journal, and it starts again.',
    mayCost: 'Nothing that a client notices: the damage is found and fetched again.',
    strike: (cluster) =>
      rot(cluster, (segments) => {
        const last = segments.at(-1)
        if (last === undefined) return []
        return [{ ...last, from: Math.max(0, last.to - RECENT_BYTES) }]
      }),
  },
  'bit-flips-anywhere': {
    ...common,
    describe: 'A follower is killed, bits flip anywhere in its journal, and it starts again.',
    mayCost: 'Nothing that a client notices: damage is found when it is read, and fetched again.',
    strike: (cluster) => rot(cluster, (segments) => segments),
  },
}
