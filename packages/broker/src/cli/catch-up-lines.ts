import type { CatchUpStatus } from '../management/broker-status.ts'
import { leaderOf } from './cluster-picture.ts'
import type { NodePicture } from './cluster-picture.ts'
import { shownBytes } from './shown-bytes.ts'
import { printable } from './text-table.ts'

/**
 * How far followers are that catch up, one line each: as the leader sees them, and as they see
 * themselves where it does not tell.
 */
export function catchUpLines(nodes: readonly NodePicture[]): string[] {
  const byName = new Map<string, CatchUpStatus>()
  for (const { nodeId, status } of nodes) {
    if (status?.catchUp != null) byName.set(nodeId, status.catchUp)
  }
  for (const { nodeId, catchUp } of leaderOf(nodes)?.followers ?? []) {
    // An earlier version says nothing.
    if (catchUp != null) byName.set(nodeId, catchUp)
  }
  return [...byName].map(([nodeId, catchUp]) => printable(`${nodeId}: ${lineOf(catchUp)}`))
}

function lineOf({ hadBytes, neededBytes, percent, ...pace }: CatchUpStatus): string {
  const has = `${shownBytes(hadBytes)} of ${shownBytes(neededBytes)} of log (${percent}%)`
  return `catches up: has ${has}${paceOf(pace)}`
}

function paceOf({
  bytesPerSecond,
  remainingMs,
}: Pick<CatchUpStatus, 'bytesPerSecond' | 'remainingMs'>): string {
  if (bytesPerSecond === null) return ''
  const rate = `, ${shownBytes(bytesPerSecond)}/s`
  return remainingMs === null
    ? `${rate}, gets no closer`
    : `${rate}, about ${shownDuration(remainingMs)} left`
}

/** `7 s`, `3 min 20 s`, `2 h 5 min`. */
function shownDuration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
