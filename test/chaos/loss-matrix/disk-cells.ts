import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { BrokerNode } from '../../support/broker-node.ts'
import { assertIdenticalLogs } from '../../support/log-comparison.ts'
import type { Cell } from './cell.ts'
import { WINDOW, assertNothingLost, prepare } from './cell.ts'
import type { ForgetfulCluster } from './forgetful-cluster.ts'

const STAYS_DOWN_MS = 4000
const FLOWED = 40
const FLIPS = 8

async function oneDisk(cluster: ForgetfulCluster): Promise<void> {
  await prepare(cluster)
  await cluster.sends.startFlow()
  const [leader, follower] = await cluster.inOrder()
  for (const node of [leader, follower]) {
    await cluster.sends.flowed(FLOWED)
    await cluster.replaceDisks(node)
    await cluster.sends.flowed(FLOWED)
    cluster.start(node)
    await cluster.whole()
  }
  await cluster.sends.stopFlow()
  await assertNothingLost(cluster)
  assert.equal(await cluster.reportedLoss(), false)
}

/**
 * A quorum of the disks that confirmed is gone. The one that is left knows that it may not know.
 */
async function quorumOfDisks(cluster: ForgetfulCluster): Promise<void> {
  await prepare(cluster)
  const [leader, holder, behind] = await cluster.inOrder()
  await cluster.kill(behind)
  await cluster.sends.confirm(WINDOW)
  await cluster.replaceDisks(leader, holder)
  cluster.startAll()
  const isDown = await cluster.stayDown(cluster.nodes, STAYS_DOWN_MS)
  assert.ok(isDown, 'empty disks make no quorum (R1, R40): all run and wait for an operator (R41)')
}

async function rottenDisk(cluster: ForgetfulCluster): Promise<void> {
  await prepare(cluster)
  await cluster.sends.startFlow()
  await cluster.sends.flowed(FLOWED)
  const [, follower] = await cluster.inOrder()
  await cluster.kill(follower)
  flipBits(follower)
  await cluster.sends.flowed(FLOWED)
  await cluster.whole()
  assert.deepEqual(cluster.suspects(), [follower.name], 'damage is not taken for a torn tail (R32)')
  // Now that it is in good standing again, it may lead: nothing spoilt is served.
  await cluster.kill(await cluster.someLeader())
  await cluster.sends.flowed(FLOWED)
  await cluster.sends.stopFlow()
  await assertNothingLost(cluster)
  await assertIdenticalLogs(cluster.cluster)
  assert.equal(await cluster.reportedLoss(), false)
}

/** Bits of the newest records: those before the last checkpoint are not read again at a start. */
function flipBits(node: BrokerNode): void {
  const journal = join(node.dataDirectory, 'journal')
  const name = readdirSync(journal)
    .filter((each) => each.endsWith('.log'))
    .sort()
    .at(-1)
  const path = join(journal, name ?? '')
  const content = readFileSync(path)
  const end = content.findLastIndex((byte) => byte !== 0)
  const file = openSync(path, 'r+')
  try {
    for (let flip = 1; flip <= FLIPS; flip++) {
      const at = end - Math.floor((end / 2) * (flip / FLIPS))
      writeSync(file, Buffer.of(content[at]! ^ 0x10), 0, 1, at)
    }
  } finally {
    closeSync(file)
  }
}

export const diskCells: readonly Cell[] = [
  {
    event: 'one disk destroyed, the leader’s and then another',
    promise: 'nothing is lost',
    syncs: ['quorum_disk', 'quorum_mem', 'remote_disk', 'remote_mem'],
    chosen: ['quorum_disk'],
    run: oneDisk,
  },
  {
    event: 'a quorum of disks destroyed',
    promise: 'what only they had is gone, and nobody serves before an operator decides',
    syncs: ['quorum_disk', 'quorum_mem', 'remote_disk', 'remote_mem'],
    chosen: ['quorum_disk'],
    run: quorumOfDisks,
  },
  {
    event: 'bits flip on a minority of the disks',
    promise: 'nothing is lost',
    syncs: ['quorum_disk', 'quorum_mem', 'remote_disk', 'remote_mem'],
    chosen: ['quorum_disk'],
    run: rottenDisk,
  },
]
