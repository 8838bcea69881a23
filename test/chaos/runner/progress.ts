import type { CellResult } from '../cell-result.ts'
import type { PlannedCell } from './planned-cell.ts'
import { titleOf } from './planned-cell.ts'

/** On a terminal one line that changes, elsewhere one line a cell; on standard error. */
export class Progress {
  readonly #cells: readonly PlannedCell[]
  #finished = 0

  constructor(cells: readonly PlannedCell[]) {
    this.#cells = cells
  }

  tell(at: number, what: string): void {
    if (!process.stderr.isTTY) return
    const cell = this.#cells[at]
    const name = cell === undefined ? '' : titleOf(cell)
    const line = `[${at + 1}/${this.#cells.length}] ${name}  ${what}`
    process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 100) - 1)}`)
  }

  finish(result: CellResult): void {
    this.#finished++
    const clear = process.stderr.isTTY ? '\r\x1b[K' : ''
    process.stderr.write(`${clear}[${this.#finished}/${this.#cells.length}] ${lineOf(result)}\n`)
    for (const { check, message } of result.violations.slice(0, 5)) {
      process.stderr.write(`    ${check} ${message.slice(0, 300)}\n`)
    }
    if (result.violations.length > 5) {
      process.stderr.write(`    and ${result.violations.length - 5} more\n`)
    }
    if (result.reason !== null) process.stderr.write(`    ${result.reason.slice(0, 1000)}\n`)
  }

  summary(results: readonly CellResult[]): void {
    const count = (outcome: CellResult['outcome']): string =>
      `${results.filter((result) => result.outcome === outcome).length} ${outcome}`
    const outcomes = ['passed', 'violated', 'broken', 'skipped'] as const
    process.stderr.write(`${outcomes.map(count).join(', ')}\n`)
  }
}

function lineOf(result: CellResult): string {
  const { sent = 0, confirmed = 0 } = result.counts
  const gaps = (after: 'strike' | 'heal'): string => {
    const of = result.unavailability.filter((each) => each.after === after)
    return of.map(({ unavailableMs }) => unavailableMs ?? 'never').join('/')
  }
  const seconds = Math.round(result.durationMs / 1000)
  return (
    `${result.outcome.padEnd(8)} ${result.name}  ${seconds} s, ${confirmed} of ${sent} confirmed, ` +
    `longest pause after strikes ${gaps('strike')} ms, after heals ${gaps('heal')} ms`
  )
}
