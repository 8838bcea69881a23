import type { CellResult, CellViolation, Unavailability } from '../cell-result.ts'
import { factsOf, seconds, signs } from './cell-facts.ts'
import { markup, nothing } from './markup.ts'
import type { Markup } from './markup.ts'
import { anchorOf } from './summary-matrix.ts'
import { timelinePicture } from './timeline-picture.ts'

const VIOLATIONS_SHOWN = 50

/** Everything about one cell. */
export function cellArticle(cell: CellResult): Markup {
  const id = anchorOf(cell)
  const { outcome } = cell
  return markup`<article id="${id}" aria-labelledby="${id}-name">
<header><h3 id="${id}-name">${cell.workload} <span class="under">under</span> ${cell.fault}</h3>
<span class="badge ${outcome}"><span aria-hidden="true">${signs[outcome]}</span> ${outcome}</span></header>
<p>${sentence(cell.workloadDescription)} ${sentence(cell.faultDescription)}
<span class="cost">May cost: ${sentence(cell.mayCost)}</span></p>
${cell.reason === null ? nothing : markup`<p class="reason">${cell.reason}</p>`}
${picture(cell, id)}
${numbers(cell)}
${violationList(cell.violations)}
${details(cell)}
</article>
`
}

/** 'clocks jump' as 'Clocks jump.' */
function sentence(text: string): string {
  const end = text === '' || text.endsWith('.') ? '' : '.'
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${end}`
}

function picture(cell: CellResult, id: string): Markup {
  if (cell.durationMs === 0) return nothing
  return markup`<figure>${timelinePicture(cell, id)}</figure>`
}

function numbers(cell: CellResult): Markup {
  const facts = factsOf(cell)
  const all: [string, string | number][] = [
    ['confirmed', facts.confirmed],
    ['lost', facts.lost],
    ['redelivered with a reason', facts.redelivered],
    ['doubled without one', facts.doubled],
    ['worst after a strike', facts.worstAfterStrike],
    ['worst after a heal', facts.worstAfterHeal],
    ['logs of the brokers', cell.logComparison.outcome],
  ]
  const items = all.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)
  return markup`<dl class="numbers">${items}</dl>`
}

function violationList(violations: readonly CellViolation[]): Markup {
  if (violations.length === 0) return nothing
  const items = violations.slice(0, VIOLATIONS_SHOWN).map(({ check, message, atMs }) => {
    const when = atMs === undefined ? '' : ` (at ${seconds(atMs)})`
    return markup`<li><b>${check}</b> ${message}${when}</li>\n`
  })
  const more = violations.length - items.length
  const rest = more > 0 ? markup`<li>and ${more} more</li>` : nothing
  return markup`<h4>Violations</h4><ul class="violations">${items}${rest}</ul>`
}

function details(cell: CellResult): Markup {
  const counts = Object.entries(cell.counts).map(
    ([name, count]) => markup`<tr><th scope="row">${name}</th><td>${count}</td></tr>`,
  )
  return markup`<details><summary>Rounds, counts and files</summary><div class="tables">
<table><thead><tr><th scope="col">round</th><th scope="col">after</th><th scope="col">at</th>
<th scope="col">unavailable</th><th scope="col">limit</th></tr></thead>
<tbody>${cell.unavailability.map(waitRow)}</tbody></table>
<table><tbody>${counts}</tbody></table></div>
<p>${cell.rounds} rounds, sync ${cell.sync}, begun ${cell.startedAt}, ${seconds(cell.durationMs)}.
${cell.logComparison.message}
${cell.files.length === 0 ? '' : `Files: ${cell.files.join(', ')}.`}</p>
</details>`
}

function waitRow({ round, after, atMs, unavailableMs, limitMs }: Unavailability): Markup {
  const wait = unavailableMs === null ? 'all the time' : seconds(unavailableMs)
  const isLate = limitMs !== null && (unavailableMs === null || unavailableMs > limitMs)
  const limit = limitMs === null ? 'none' : seconds(limitMs)
  const fields = [round, after, seconds(atMs), wait, limit].map(
    (field) => markup`<td>${field}</td>`,
  )
  return markup`<tr class="${isLate ? 'late' : ''}">${fields}</tr>`
}
