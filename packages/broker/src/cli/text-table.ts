import type { Paint } from './terminal.ts'
import { cutToWidth, textWidth } from './text-width.ts'

/** One cell: plain text, and how to colour it. */
export interface Cell {
  readonly text: string
  readonly paint?: Paint
}

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

const GAP = '  '

/** What a terminal would act on instead of showing it, or would show in another order. */
export const steeringCharacters =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Text from elsewhere without what would steer the terminal. */
export function printable(text: string): string {
  return text.replaceAll(steeringCharacters, '?')
}

/** Lines of an aligned table, none longer than `columnsMax` visible characters. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: { readonly columnsMax: number; readonly paintTitle?: Paint },
): string[] {
  const clean = rows.map((row) => row.map((cell) => ({ ...cell, text: printable(cell.text) })))
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...clean.map((row) => textWidth(row[at]?.text ?? ''))),
  )
  const titles = columns.map(({ title }) => ({
    text: title,
    ...(options.paintTitle === undefined ? {} : { paint: options.paintTitle }),
  }))
  return [titles, ...clean].map((row) => formatRow(row, columns, widths, options.columnsMax))
}

function formatRow(
  row: readonly Cell[],
  columns: readonly Column[],
  widths: readonly number[],
  columnsMax: number,
): string {
  let line = ''
  let room = columnsMax
  for (const [at, column] of columns.entries()) {
    if (room <= 0) break
    const { text, paint } = row[at] ?? { text: '' }
    const width = at === columns.length - 1 && column.align !== 'right' ? 0 : (widths[at] ?? 0)
    const padding = ' '.repeat(Math.max(0, width - textWidth(text)))
    const padded = column.align === 'right' ? padding + text : text + padding
    const shown = cutToWidth(padded, room)
    line += (paint === undefined ? shown : paint(shown)) + GAP
    room -= textWidth(padded) + GAP.length
  }
  return line.trimEnd()
}
