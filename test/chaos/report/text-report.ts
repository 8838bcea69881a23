import type { CellResult, MatrixResult } from '../cell-result.ts'
import { countOf, factsOf, outcomes, seconds } from './cell-facts.ts'

const VIOLATIONS_SHOWN = 5
const LINE_MAX = 240

const head = [
  'cell',
  'verdict',
  'confirmed',
  'lost',
  'redelivered',
  'doubled',
  'after strike',
  'after heal',
]

/** The results as a table for a terminal, and below it what went wrong. */
export function renderText(result: MatrixResult): string {
  const { cells } = result
  const rows = cells.map(rowOf)
  const widths = head.map((title, at) =>
    [head, ...rows].reduce((width, row) => Math.max(width, row[at]?.length ?? 0), title.length),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((text, at) => (at < 2 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
  const counts = outcomes.map((outcome) => `${countOf(cells, outcome)} ${outcome}`).join(', ')
  const summary = `${cells.length} cells in ${seconds(result.durationMs)}: ${counts}`
  const about = `build ${result.build}, sync ${result.sync}, ${result.startedAt}`
  const table = cells.length === 0 ? [] : [line(head), line(widths.map(dashes)), ...rows.map(line)]
  return [about, '', ...table, ...cells.flatMap(troubles), '', summary, ''].join('\n')
}

function dashes(width: number): string {
  return '-'.repeat(width)
}

function rowOf(cell: CellResult): string[] {
  const { confirmed, lost, redelivered, doubled, ...worst } = factsOf(cell)
  const counts = [confirmed, lost, redelivered, doubled].map(String)
  return [cell.name, cell.outcome, ...counts, worst.worstAfterStrike, worst.worstAfterHeal]
}

function troubles(cell: CellResult): string[] {
  const { violations, reason } = cell
  const why = reason === null ? [] : [`${cell.outcome}: ${reason}`]
  const shown = violations
    .slice(0, VIOLATIONS_SHOWN)
    .map(({ check, message }) => `${check} ${message}`)
  const more = violations.length - shown.length
  const lines = [...why, ...shown, ...(more > 0 ? [`and ${more} more`] : [])]
  if (lines.length === 0) return []
  return ['', cell.name, ...lines.map((line) => `  ${short(line)}`)]
}

/** One line of a terminal, without what could move its cursor. */
function short(text: string): string {
  const plain = text.replaceAll(/\p{Cc}+/gu, ' ')
  return plain.length <= LINE_MAX ? plain : `${plain.slice(0, LINE_MAX - 1)}\u2026`
}
