import type { CellResult } from '../cell-result.ts'
import { faultBands } from './fault-bands.ts'
import { leaderLane, leaderLaneHeight } from './leader-lane.ts'
import { markup } from './markup.ts'
import type { Markup } from './markup.ts'
import { nodeLaneHeight, nodeLanes, nodesOf } from './node-lanes.ts'
import { curveHeight, throughputCurve } from './throughput-curve.ts'
import { TimeScale, pictureWidth, plotLeft, plotRight } from './time-scale.ts'
import { violationLaneHeight, violationMarks } from './violation-marks.ts'

const PHASES_HEIGHT = 18
/** Of the rounds, above the first lane. */
const NUMBERS_HEIGHT = 12
const AXIS_HEIGHT = 24
const PHASE_LABEL_CHARACTER = 6

/**
 * ```text
 *            warm-up | rounds                              | drain
 *   b1       ========[down ]=======================          nodes, with fault bands behind
 *   leader   [b1 epoch 3][b2 epoch 4      ]                   leaders
 *   120/s    ~~~~~~~~~____~~~~~~~~~~~~~~~~                    throughput and silences
 *   violations           ^ C1
 *            0   5   10   15 s                                axis
 * ```
 */
export function timelinePicture(cell: CellResult, id: string): Markup {
  const scale = new TimeScale(cell.durationMs)
  const nodesTop = PHASES_HEIGHT + NUMBERS_HEIGHT
  const leadersTop = nodesTop + nodesOf(cell).length * nodeLaneHeight
  const curveTop = leadersTop + leaderLaneHeight
  const marksTop = curveTop + curveHeight
  const axisTop = marksTop + (cell.violations.length > 0 ? violationLaneHeight : 0)
  const height = axisTop + AXIS_HEIGHT
  const rows = { top: PHASES_HEIGHT, bottom: axisTop, endMs: cell.durationMs }
  return markup`<svg viewBox="0 0 ${pictureWidth} ${height}" role="img" aria-labelledby="${id}-title ${id}-text">
<title id="${id}-title">Timeline of ${cell.name}</title>
<desc id="${id}-text">${inWords(cell)}</desc>
${faultBands(cell.timeline.faults, scale, rows)}
${phaseStrip(cell, scale)}
${nodeLanes(cell, scale, nodesTop)}
${leaderLane(cell.timeline.leaders, scale, leadersTop)}
${throughputCurve(cell, scale, curveTop)}
${violationMarks(cell, scale, marksTop)}
${axis(scale, axisTop)}</svg>`
}

function phaseStrip({ timeline }: CellResult, scale: TimeScale): Markup[] {
  return timeline.phases.map(({ name, fromMs, toMs }) => {
    const x = scale.x(fromMs)
    const fits = scale.width(fromMs, toMs) > name.length * PHASE_LABEL_CHARACTER
    return markup`<line class="phase" x1="${x}" x2="${x}" y1="2" y2="${PHASES_HEIGHT - 2}"/>
<text class="phase" x="${x + 4}" y="12">${fits ? name : ''}</text>`
  })
}

function axis(scale: TimeScale, top: number): Markup {
  const ticks = scale.ticks.map((second) => {
    const x = scale.x(second * 1000)
    return markup`<line class="tick" x1="${x}" x2="${x}" y1="${top}" y2="${top + 4}"/>
<text class="tick" x="${x}" y="${top + 16}">${second}</text>`
  })
  return markup`<line class="base" x1="${plotLeft}" x2="${plotRight}" y1="${top}" y2="${top}"/>
<text class="lane" x="${plotLeft - 8}" y="${top + 16}">seconds</text>${ticks}`
}

/** What the picture shows, for those who cannot see it. */
export function inWords({ timeline, violations, unavailability }: CellResult): string {
  const at = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  const strikes = timeline.faults.map(
    ({ round, strikeMs, healedMs, what }) =>
      `Round ${round}: ${what} at ${at(strikeMs)}, ` +
      (healedMs === null ? 'never healed.' : `healed at ${at(healedMs)}.`),
  )
  const leaders = timeline.leaders.map(
    ({ broker, epoch, fromMs, toMs }) => `${broker} led epoch ${epoch} ${at(fromMs)}-${at(toMs)}.`,
  )
  const waits = unavailability.map(
    ({ after, round, unavailableMs }) =>
      `After the ${after} of round ${round} nothing was confirmed ` +
      (unavailableMs === null ? 'before what came next.' : `for up to ${at(unavailableMs)}.`),
  )
  const bad = violations.length === 0 ? 'No violations.' : `${violations.length} violations.`
  return [...strikes, ...leaders, ...waits, bad].join(' ')
}
