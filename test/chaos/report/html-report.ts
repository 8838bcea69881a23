import type { CellResult, MatrixResult } from '../cell-result.ts'
import { cellArticle } from './cell-article.ts'
import { countOf, factsOf, outcomes, seconds, worstOf } from './cell-facts.ts'
import { legend } from './legend.ts'
import { Markup, markup } from './markup.ts'
import { style } from './style.ts'
import { summaryMatrix } from './summary-matrix.ts'

/** The whole matrix as one page that needs no other file. */
export function renderHtml(result: MatrixResult): string {
  const { cells, build, sync, startedAt, durationMs } = result
  const page = markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chaos report, build ${build}</title><style>${new Markup(style)}</style></head>
<body><main><h1>Chaos report</h1>
<p class="about">Quorate ${build}, sync ${sync}.
Begun ${startedAt}, took ${seconds(durationMs)}.</p>
${tiles(cells)}
<h2>Workloads under faults</h2>
${cells.length === 0 ? markup`<p>No cell was run.</p>` : summaryMatrix(cells)}
<h2>Cells</h2>
${legend()}
${cells.map(cellArticle)}
</main></body></html>
`
  return page.text
}

function tiles(cells: readonly CellResult[]): Markup {
  const facts = cells.map(factsOf)
  const sum = (of: 'confirmed' | 'lost' | 'doubled'): number =>
    facts.reduce((total, each) => total + each[of], 0)
  const run = cells.filter(({ outcome }) => outcome !== 'skipped')
  const verdicts = outcomes
    .map((outcome) => ({ outcome, count: countOf(cells, outcome) }))
    .filter(({ outcome, count }) => count > 0 || outcome === 'passed')
    .map(({ outcome, count }) => tile(outcome, count, toneOf(outcome)))
  const heals = worstOf(
    run.flatMap(({ unavailability }) => unavailability),
    'heal',
  )
  return markup`<dl class="tiles">${verdicts}
${tile('messages confirmed', sum('confirmed').toLocaleString('en'), '')}
${tile('confirmed and lost', sum('lost'), sum('lost') > 0 ? 'bad' : 'good')}
${tile('doubled without reason', sum('doubled'), sum('doubled') > 0 ? 'bad' : 'good')}
${tile('worst wait after a heal', heals, heals === 'never' ? 'bad' : '')}</dl>`
}

function toneOf(outcome: CellResult['outcome']): string {
  if (outcome === 'passed') return 'good'
  return outcome === 'skipped' ? '' : 'bad'
}

function tile(name: string, value: string | number, tone: string): Markup {
  return markup`<div class="${tone}"><dt>${name}</dt><dd>${value}</dd></div>`
}
