import type { Paint } from './terminal.ts'

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

/** What a terminal would act on instead of showing it. */
const controlCharacters = /[\u0000-\u001f\u007f-\u009f]/g

/** Text from elsewhere without what would steer the terminal. */
export function printable(text: string): string {
  return text.replaceAll(controlCharacters, '?')
}

/** Lines of an aligned table, none longer than `columnsMax` visible characters. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: { readonly columnsMax: number; readonly paintTitle?: Paint },
): string[] {
  const clean = rows.map((row) => row.map((cell) => ({ ...cell, text: printable(cell.text) })))
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...clean.map((row) => row[at]?.text.length ?? 0)),
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
    const padded = column.align === 'right' ? text.padStart(width) : text.padEnd(width)
    const shown = padded.slice(0, room)
    line += (paint === undefined ? shown : paint(shown)) + GAP
    room -= padded.length + GAP.length
  }
  return line.trimEnd()
}
