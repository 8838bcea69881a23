import type { RaceResult, Started } from './race-result.ts'
import { spreadIn } from './race-result.ts'
import type { Question } from './questions.ts'
import { quantity, questionsIn, raceTables } from './table.ts'

const BAR_WIDTH = 420
const BAR_HEIGHT = 22
const LABEL_WIDTH = 110
const VALUE_WIDTH = 220

/** One page with a chart for each question; fetches nothing. */
export function racePage(result: RaceResult): string {
  const charts = questionsIn(result).map((question) => chartOf(result, question))
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Race, ${escaped(result.date)}</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem }
  figure { margin: 0 0 2rem }
  figcaption { font-weight: 600; margin-bottom: .3rem }
  svg text { font: 13px system-ui, sans-serif; fill: currentColor }
  .bar { fill: #8aa4c8 } .ours { fill: #c2571a } .range { stroke: currentColor; stroke-width: 1.5 }
  pre { overflow-x: auto; font-size: 12px }
  @media (prefers-color-scheme: dark) { body { background: #16181c; color: #dde1e7 } }
</style>
<h1>Race</h1>
<p>Bars are medians over all rounds, lines reach from the least to the most.</p>
${charts.join('\n')}
<h2>As tables</h2>
<pre>${escaped(raceTables(result))}</pre>
</html>
`
}

function chartOf(result: RaceResult, question: Question): string {
  const bars = result.started.flatMap((one) => {
    const about = { question: question.name, contender: one.name, measure: question.measure }
    const spread = spreadIn(result, about)
    return spread === null ? [] : [{ one, ...spread }]
  })
  const most = Math.max(...bars.map(({ max }) => max))
  const width = (value: number): number => Math.round((value / most) * BAR_WIDTH)
  const rows = bars.map(({ one, median, min, max }, row) => {
    const top = row * BAR_HEIGHT
    const middle = top + BAR_HEIGHT / 2
    const [from, to] = [LABEL_WIDTH + width(min), LABEL_WIDTH + width(max)]
    const text = (x: number, words: string): string =>
      `<text x="${x}" y="${middle + 4}">${escaped(words)}</text>`
    const size = `width="${width(median)}" height="${BAR_HEIGHT - 6}"`
    return [
      text(0, one.name),
      `<rect class="${classOf(one)}" x="${LABEL_WIDTH}" y="${top + 3}" ${size}/>`,
      `<line class="range" x1="${from}" x2="${to}" y1="${middle}" y2="${middle}"/>`,
      text(to + 8, quantity(median, question.measure)),
    ].join('\n')
  })
  const better = question.better === 'more' ? 'more is better' : 'less is better'
  const full = LABEL_WIDTH + BAR_WIDTH + VALUE_WIDTH
  const size = `width="${full}" height="${bars.length * BAR_HEIGHT}"`
  return `<figure><figcaption>${escaped(question.asks)} (${better})</figcaption>
<svg ${size} role="img">
${rows.join('\n')}
</svg></figure>`
}

function classOf({ name }: Started): string {
  return name === 'quorate' ? 'bar ours' : 'bar'
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
