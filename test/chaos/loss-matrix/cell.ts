import assert from 'node:assert/strict'
import type { SyncWord } from '@quorate/broker/replication/sync-level'
import type { NodeSettings } from '../../support/broker-node.ts'
import type { ForgetfulCluster } from './forgetful-cluster.ts'

/** An event, and what is promised of it in some levels of `sync`. */
export interface Cell {
  readonly event: string
  readonly promise: string
  readonly syncs: readonly SyncWord[]
  /** Those that always run; the others only when the whole matrix is asked for. */
  readonly chosen: readonly SyncWord[]
  /** Of every broker. */
  readonly settings?: NodeSettings
  run(this: void, cluster: ForgetfulCluster): Promise<void>
}

/** Messages that are on every medium before anything happens. */
export const BEFORE = 30
/** Messages that are confirmed in the window. */
export const WINDOW = 20

/** Confirms messages and waits until they are everywhere; then the cell begins. */
export async function prepare(cluster: ForgetfulCluster): Promise<void> {
  await cluster.sends.confirm(BEFORE)
  await cluster.settled()
}

/** Makes the cluster whole, reads everything back, and misses nothing. */
export async function assertNothingLost(cluster: ForgetfulCluster): Promise<void> {
  await cluster.whole()
  const { lost, strange } = await cluster.sends.drain()
  assert.deepEqual({ lost, strange }, { lost: [], strange: [] })
}

/** Exactly these confirmed messages are gone: the cell loses what it says, and nothing else. */
export async function assertLost(
  cluster: ForgetfulCluster,
  expected: readonly string[],
): Promise<void> {
  await cluster.whole()
  const { lost, strange } = await cluster.sends.drain()
  assert.ok(expected.length > 0)
  assert.deepEqual({ lost, strange }, { lost: expected, strange: [] })
}
