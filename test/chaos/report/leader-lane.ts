import type { LeaderMark } from '../cell-result.ts'
import { markup } from './markup.ts'
import type { Markup } from './markup.ts'
import type { TimeScale } from './time-scale.ts'
import { plotLeft } from './time-scale.ts'

export const leaderLaneHeight = 40
const BAR_HEIGHT = 15
const CHARACTER_WIDTH = 6.4

/** Who said when that it leads: epochs by turns above and below, since two may overlap. */
export function leaderLane(leaders: readonly LeaderMark[], scale: TimeScale, top: number): Markup {
  const brokers = [...new Set(leaders.map(({ broker }) => broker))].sort()
  const stretches = leaders.map(({ broker, epoch, fromMs, toMs }) => {
    const width = scale.width(fromMs, toMs)
    const y = top + 3 + (epoch % 2) * (BAR_HEIGHT + 3)
    const words = `${broker} epoch ${epoch}`
    const label = [words, `${broker} \u00b7 ${epoch}`, ''].find(
      (text) => text.length * CHARACTER_WIDTH < width,
    )
    const hue = brokers.indexOf(broker) % 3
    return markup`<g><title>${words}: ${fromMs / 1000} s to ${toMs / 1000} s</title>
<rect class="leader hue-${hue}" x="${scale.x(fromMs)}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2"/>
<text class="in-bar leads" x="${scale.x(fromMs) + width / 2}" y="${y + 11}">${label ?? ''}</text></g>`
  })
  return markup`<text class="lane" x="${plotLeft - 8}" y="${top + 24}">leader</text>${stretches}`
}
