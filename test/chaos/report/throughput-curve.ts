import type { CellResult, ThroughputBin } from '../cell-result.ts'
import { throughputBinMs } from '../cell-result.ts'
import { seconds } from './cell-facts.ts'
import { markup } from './markup.ts'
import type { Markup } from './markup.ts'
import { silencesOf } from './silences.ts'
import type { TimeScale } from './time-scale.ts'
import { plotLeft, plotRight } from './time-scale.ts'

export const curveHeight = 110
const PLOT_HEIGHT = 96
/** More points than this nobody sees. */
const POINTS_MAX = 300
const LABEL_FITS_WIDTH = 34

interface Point {
  readonly atMs: number
  readonly confirmed: number
  readonly received: number
}

/** Counts a second, in stretches wide enough to be seen, empty ones included. */
export function pointsOf(bins: readonly ThroughputBin[], durationMs: number): Point[] {
  const stepMs = Math.max(1, Math.ceil(durationMs / POINTS_MAX / throughputBinMs)) * throughputBinMs
  const count = Math.ceil(durationMs / stepMs)
  const confirmed = new Float64Array(count)
  const received = new Float64Array(count)
  for (const bin of bins) {
    const at = Math.floor(bin.atMs / stepMs)
    if (at < 0 || at >= count) continue
    confirmed[at] = (confirmed[at] ?? 0) + bin.confirmed
    received[at] = (received[at] ?? 0) + bin.received
  }
  const perSecond = 1000 / stepMs
  return Array.from({ length: count }, (_, at) => ({
    atMs: (at + 0.5) * stepMs,
    confirmed: (confirmed[at] ?? 0) * perSecond,
    received: (received[at] ?? 0) * perSecond,
  }))
}

/** Confirmed calls as an area, receipts as a line, and where nothing was confirmed. */
export function throughputCurve(cell: CellResult, scale: TimeScale, top: number): Markup {
  const points = pointsOf(cell.timeline.throughput, cell.durationMs)
  const highest = points.reduce(
    (max, { confirmed, received }) => Math.max(max, confirmed, received),
    1,
  )
  const bottom = top + PLOT_HEIGHT
  const y = (value: number): number => bottom - (value / highest) * (PLOT_HEIGHT - 14)
  const line = (of: 'confirmed' | 'received'): string =>
    points.map((point) => `${scale.x(point.atMs).toFixed(1)},${y(point[of]).toFixed(1)}`).join(' ')
  const area = `${plotLeft},${bottom} ${line('confirmed')} ${plotRight},${bottom}`
  return markup`<text class="lane" x="${plotLeft - 8}" y="${top + 18}">${Math.round(highest)}/s</text>
<text class="lane" x="${plotLeft - 8}" y="${bottom}">0</text>
${silenceMarks(cell, scale, top)}
<polygon class="confirmed" points="${area}"/>
<polyline class="received" points="${line('received')}"/>
<line class="base" x1="${plotLeft}" x2="${plotRight}" y1="${bottom}" y2="${bottom}"/>`
}

function silenceMarks(cell: CellResult, scale: TimeScale, top: number): Markup[] {
  return silencesOf(cell).map(({ fromMs, toMs }) => {
    const width = scale.width(fromMs, toMs)
    const x = scale.x(fromMs)
    const text = seconds(toMs - fromMs)
    const label = width < LABEL_FITS_WIDTH ? '' : text
    return markup`<g><title>nothing confirmed for ${text}</title>
<rect class="silence" x="${x}" y="${top + 2}" width="${width}" height="${PLOT_HEIGHT - 2}"/>
<text class="silent" x="${x + width / 2}" y="${top + 13}">${label}</text></g>`
  })
}
