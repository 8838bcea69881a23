import type { CellResult } from '../cell-result.ts'
import { effectOf } from './fault-effect.ts'
import { markup } from './markup.ts'
import type { Markup } from './markup.ts'
import type { TimeScale } from './time-scale.ts'
import { plotLeft, plotRight } from './time-scale.ts'

export const nodeLaneHeight = 22
const BAR_HEIGHT = 14
/** Narrower stretches have their word in the title only. */
const LABEL_FITS_WIDTH = 46

/** All nodes that the result mentions, in order of their names. */
export function nodesOf({ timeline, logComparison }: CellResult): string[] {
  const names = new Set([
    ...Object.keys(logComparison.positions),
    ...timeline.leaders.map(({ broker }) => broker),
    ...timeline.faults.flatMap(({ targets }) => targets),
  ])
  return [...names].sort()
}

/** One lane a node: up, and for how long it was down, paused, cut off or struck otherwise. */
export function nodeLanes(cell: CellResult, scale: TimeScale, top: number): Markup[] {
  return nodesOf(cell).map((node, at) => {
    const y = top + at * nodeLaneHeight + (nodeLaneHeight - BAR_HEIGHT) / 2
    const strikes = cell.timeline.faults.filter(({ targets }) => targets.includes(node))
    const stretches = strikes.map((mark) => {
      const state = effectOf(mark)
      const toMs = mark.healedMs ?? mark.healMs ?? cell.durationMs
      const width = scale.width(mark.strikeMs, toMs)
      const x = scale.x(mark.strikeMs)
      const label = width < LABEL_FITS_WIDTH ? '' : state
      return markup`<g><title>${node}: ${state}. ${mark.what}</title>
<rect class="state ${state}" x="${x}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2"/>
<text class="in-bar ${state}" x="${x + width / 2}" y="${y + 10.5}">${label}</text></g>`
    })
    return markup`<text class="lane" x="${plotLeft - 8}" y="${y + 11}">${node}</text>
<rect class="state up" x="${plotLeft}" y="${y}" width="${plotRight - plotLeft}" height="${BAR_HEIGHT}" rx="2"/>${stretches}`
  })
}
