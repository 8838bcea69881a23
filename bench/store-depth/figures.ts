import type { QuestionName } from './options.ts'

export type Unit = 'MB' | 'MB/s' | 's' | '%' | 'segments' | 'B' | '/s'

/** What the issue asks for. */
export interface Limit {
  readonly at: 'most' | 'least'
  readonly value: number
}

/** One row of the table. */
export interface Figure {
  readonly question: QuestionName
  /** 'leader's resident memory with 1,000,000 messages in one queue'. */
  readonly what: string
  /** null: it could not be measured, and `note` says why. */
  readonly measured: number | null
  readonly unit: Unit
  /** null where the issue asks for nothing. */
  readonly limit: Limit | null
  /** False when less was measured than the issue asks for: keeping the limit proves little then. */
  readonly isFullSize: boolean
  /** Behind the number, in brackets. */
  readonly note?: string
}

export type Verdict = 'reached' | 'reached at this smaller size' | 'missed' | ''

export function verdictOf({ measured, limit, isFullSize }: Figure): Verdict {
  if (limit === null) return ''
  if (measured === null || Number.isNaN(measured)) return 'missed'
  const isKept = limit.at === 'most' ? measured <= limit.value : measured >= limit.value
  if (!isKept) return 'missed'
  return isFullSize ? 'reached' : 'reached at this smaller size'
}

const digits: Readonly<Record<Unit, number>> = {
  MB: 0,
  'MB/s': 1,
  s: 2,
  '%': 1,
  segments: 0,
  B: 1,
  '/s': 0,
}

export function quantity(value: number, unit: Unit): string {
  const number = value.toLocaleString('en-US', { maximumFractionDigits: digits[unit] })
  return unit === '/s' || unit === '%' ? `${number}${unit}` : `${number} ${unit}`
}

function measuredCell({ measured, unit, note }: Figure): string {
  const value = measured === null ? 'nothing' : quantity(measured, unit)
  return note === undefined ? value : `${value} (${note})`
}

/** `at least 60%`, `400 MB`; '' where nothing is asked. */
export function limitCell({ limit, unit }: Pick<Figure, 'limit' | 'unit'>): string {
  if (limit === null) return ''
  return `${limit.at === 'least' ? 'at least ' : ''}${quantity(limit.value, unit)}`
}

/** A table in Markdown: what was measured beside what it shall be at most. */
export function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const cells = [
      `${figure.question}: ${figure.what}`,
      measuredCell(figure),
      limitCell(figure),
      verdictOf(figure),
    ]
    return `| ${cells.map(escapeCell).join(' | ')} |`
  })
  return ['| question | measured | at most | |', '|---|---|---|---|', ...rows].join('\n')
}

export function escapeCell(cell: string): string {
  return cell.replaceAll('|', '\\|')
}

export function many(value: number, fractionDigits = 0): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: fractionDigits })
}
