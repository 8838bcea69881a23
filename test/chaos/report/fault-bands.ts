import type { FaultMark } from '../cell-result.ts'
import { markup } from './markup.ts'
import type { Markup } from './markup.ts'
import type { TimeScale } from './time-scale.ts'

/** Behind all lanes: from each strike to its heal, paler until the heal was done. */
export function faultBands(
  faults: readonly FaultMark[],
  scale: TimeScale,
  rows: { readonly top: number; readonly bottom: number; readonly endMs: number },
): Markup[] {
  const height = rows.bottom - rows.top
  return faults.map(({ round, strikeMs, healMs, healedMs, what }) => {
    const holdsUntil = healMs ?? rows.endMs
    const healedBy = healedMs ?? rows.endMs
    const x = scale.x(strikeMs)
    return markup`<g><title>round ${round}: ${what}</title>
<rect class="band" x="${x}" y="${rows.top}" width="${scale.width(strikeMs, holdsUntil)}" height="${height}"/>
<rect class="band healing" x="${scale.x(holdsUntil)}" y="${rows.top}" width="${scale.width(holdsUntil, healedBy)}" height="${height}"/>
<line class="strike" x1="${x}" x2="${x}" y1="${rows.top}" y2="${rows.bottom}"/>
<text class="round" x="${x + 3}" y="${rows.top + 10}">${round}</text></g>`
  })
}
