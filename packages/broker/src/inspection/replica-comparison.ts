import type { LogPoint } from '../store/journal/log-batch.ts'
import type { DataDirectory } from './data-directory.ts'
import { HeaderWalk } from './header-walk.ts'
import type { VerifyReport } from './verify-journal.ts'

/** One replica that has been read. */
export interface InspectedReplica {
  readonly data: DataDirectory
  readonly report: VerifyReport
}

export interface LogDifference {
  /** The first record that is not the same in both. */
  readonly index: number
  readonly position: number
  /** Its epoch in the first log, and in the second. */
  readonly epochs: readonly [number, number]
}

/** What two replicas say about each other. */
export interface Comparison {
  readonly paths: readonly [string, string]
  /** The last record that is known to be the same in both, and everything before it. */
  readonly equalThrough: number
  /** The smaller of both ends. */
  readonly commonEnd: number
  readonly difference: LogDifference | null
  /** It may not be: what both have synced or committed has to be the same. */
  readonly isDamage: boolean
  readonly message: string
}

/**
 * Holds two logs against each other by their chains: at the beginnings of segments first, and from
 * the last where they agree record by record. Equal chains mean equal bytes up to there.
 */
export async function compareReplicas(
  a: InspectedReplica,
  b: InspectedReplica,
): Promise<Comparison> {
  const paths = [a.data.path, b.data.path] as const
  const commonEnd = Math.min(a.report.tail.index, b.report.tail.index)
  const clusters = [a, b].map(({ data }) => data.meta.value?.clusterId ?? null)
  const none = { paths, equalThrough: 0, commonEnd, difference: null, isDamage: true }
  if (clusters[0] !== clusters[1] && !clusters.includes(null)) {
    const message = `they belong to two clusters: ${clusters[0]} and ${clusters[1]}`
    return { ...none, message }
  }
  const start = await commonStart(a, b)
  if (start === null) {
    return { ...none, isDamage: false, message: 'they have no record in common to compare' }
  }
  const walked = await walkBoth(a.data, b.data, { start, commonEnd })
  const { equalThrough, difference } = walked
  if (difference !== null) return { ...judgeDifference(a, b, difference), equalThrough, commonEnd }
  if (equalThrough >= commonEnd) {
    const isWhole = a.report.damages + b.report.damages === 0
    const message = isWhole
      ? `the same up to record ${commonEnd}, where the shorter one ends`
      : `their chains agree up to record ${commonEnd}, so but for the damage they are the same`
    return { ...none, equalThrough, isDamage: false, message }
  }
  const message = `the same up to record ${equalThrough}; behind it one of them cannot be read`
  return { ...none, equalThrough, message }
}

/** The last beginning of a segment that both have, alike. */
async function commonStart(a: InspectedReplica, b: InspectedReplica): Promise<LogPoint | null> {
  const inB = new Map(b.report.segments.map(({ start }) => [start.index, start]))
  let last: LogPoint | null = null
  for (const { start } of a.report.segments) {
    const other = inB.get(start.index)
    if (other === undefined) continue
    if (other.chain !== start.chain || other.position !== start.position) break
    last = start
  }
  if (last !== null) return last
  const later = a.report.origin.index >= b.report.origin.index ? a : b
  return laterOrigin(later, later === a ? b : a)
}

/** The origin of one log, if the other one has the same record there. */
async function laterOrigin(
  { report: { origin } }: InspectedReplica,
  { data, report }: InspectedReplica,
): Promise<LogPoint | null> {
  const mark = report.segments.findLast(({ start }) => start.index <= origin.index)?.start
  if (mark === undefined) return null
  const walk = new HeaderWalk(data, mark)
  try {
    while (walk.point.index < origin.index) if (!(await walk.next())) return null
    return walk.point.chain === origin.chain ? origin : null
  } finally {
    await walk.close()
  }
}

interface Walked {
  readonly equalThrough: number
  readonly difference: LogDifference | null
}

async function walkBoth(
  a: DataDirectory,
  b: DataDirectory,
  { start, commonEnd }: { readonly start: LogPoint; readonly commonEnd: number },
): Promise<Walked> {
  const walks = [new HeaderWalk(a, start), new HeaderWalk(b, start)] as const
  const [first, second] = walks
  let equalThrough = start.index
  try {
    while (equalThrough < commonEnd) {
      const { position } = first.point
      if (!(await first.next()) || !(await second.next())) break
      const { index, chain, epoch } = first.point
      if (chain !== second.point.chain) {
        const difference = { index, position, epochs: [epoch, second.point.epoch] as const }
        return { equalThrough, difference }
      }
      equalThrough = index
    }
    return { equalThrough, difference: null }
  } finally {
    for (const walk of walks) await walk.close()
  }
}

/** R13, R15: what may differ, and what never may. */
function judgeDifference(
  a: InspectedReplica,
  b: InspectedReplica,
  difference: LogDifference,
): Pick<Comparison, 'paths' | 'difference' | 'isDamage' | 'message'> {
  const { index, epochs } = difference
  const paths = [a.data.path, b.data.path] as const
  const both = [a, b] as const
  const synced = Math.min(...both.map(({ report }) => report.synced?.index ?? report.tail.index))
  const committed = Math.min(...both.map(({ data }) => data.meta.value?.commitHint ?? 0))
  const what = `they differ from record ${index} on (epoch ${epochs[0]} and epoch ${epochs[1]})`
  if (index <= committed) {
    const message = `${what}, which both know as committed: one of them has lost the cluster's log`
    return { paths, difference, isDamage: true, message }
  }
  if (epochs[0] === epochs[1]) {
    const message = `${what}: one epoch has one leader, and so one log`
    return { paths, difference, isDamage: true, message }
  }
  const older = epochs[0] < epochs[1] ? paths[0] : paths[1]
  const cut = `${older} has the older epoch, and cuts its end off when it joins the other`
  const isDamage = index <= synced
  const bound = isDamage ? `both have synced it; ` : 'not both have synced it; '
  return { paths, difference, isDamage, message: `${what}: ${bound}${cut}` }
}
