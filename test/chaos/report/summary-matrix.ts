import type { CellResult } from '../cell-result.ts'
import { factsOf, signs } from './cell-facts.ts'
import { markup } from './markup.ts'
import type { Markup } from './markup.ts'

/** Where the page has the details of a cell: also what its picture is called. */
export function anchorOf({ name }: CellResult): string {
  return `cell-${name.replaceAll(/[^\w]+/g, '-')}`
}

function columnOf(workload: string): Markup {
  return markup`<th scope="col">${workload}</th>`
}

/** Workloads across, faults down: each cell with its verdict in colour and in words. */
export function summaryMatrix(cells: readonly CellResult[]): Markup {
  const workloads = [...new Set(cells.map(({ workload }) => workload))]
  const faults = [...new Set(cells.map(({ fault }) => fault))]
  const found = new Map(cells.map((cell) => [`${cell.workload} ${cell.fault}`, cell]))
  const rows = faults.map((fault) => {
    const fields = workloads.map((workload) => field(found.get(`${workload} ${fault}`)))
    return markup`<tr><th scope="row">${fault}</th>${fields}</tr>\n`
  })
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="Workloads under faults">
<table class="matrix"><thead><tr><td></td>${workloads.map(columnOf)}</tr></thead>
<tbody>${rows}</tbody></table></div>`
}

function field(cell: CellResult | undefined): Markup {
  if (cell === undefined) return markup`<td class="absent"><span>not run</span></td>`
  const { outcome, violations } = cell
  const checks = [...new Set(violations.map(({ check }) => check))].sort().join(' ')
  const { worstAfterHeal } = factsOf(cell)
  const note = checks !== '' ? checks : worstAfterHeal === '-' ? '' : `heals in ${worstAfterHeal}`
  return markup`<td class="${outcome}"><a href="#${anchorOf(cell)}">
<b><span aria-hidden="true">${signs[outcome]}</span> ${outcome}</b><small>${note}</small></a></td>`
}
