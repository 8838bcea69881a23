import type { CellResult, CellViolation } from '../cell-result.ts'
import { markup, nothing } from './markup.ts'
import type { Markup } from './markup.ts'
import type { TimeScale } from './time-scale.ts'
import { plotLeft } from './time-scale.ts'

export const violationLaneHeight = 26
const MARKS_MAX = 60
/** Marks nearer to each other than this share their words. */
const WORDS_APART = 26

/** A mark where each violation showed, named by its check; those of no moment stand at the end. */
export function violationMarks(cell: CellResult, scale: TimeScale, top: number): Markup {
  const { violations, durationMs } = cell
  if (violations.length === 0) return nothing
  const atOf = ({ atMs }: CellViolation): number => atMs ?? durationMs
  const shown = [...violations].sort((a, b) => atOf(a) - atOf(b)).slice(0, MARKS_MAX)
  let wordsUntil = -Infinity
  const marks = shown.map((violation) => {
    const x = scale.x(atOf(violation))
    const isFree = x >= wordsUntil
    if (isFree) wordsUntil = x + WORDS_APART
    const corners = `${x},${top + 4} ${x - 5},${top + 13} ${x + 5},${top + 13}`
    return markup`<g><title>${violation.check}: ${violation.message}</title>
<polygon class="violation" points="${corners}"/>
<text class="check" x="${x}" y="${top + 23}">${isFree ? violation.check : ''}</text></g>`
  })
  return markup`<text class="lane bad" x="${plotLeft - 8}" y="${top + 14}">violations</text>${marks}`
}
