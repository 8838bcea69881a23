import { dumpJournal } from '../../inspection/dump-journal.ts'
import type { DumpedRecord } from '../../inspection/dump-journal.ts'
import { Findings } from '../../inspection/findings.ts'
import { EXIT_INTERRUPTED, EXIT_OK } from '../exit-code.ts'
import { EXIT_DAMAGED, findingLine, openForReading, untilInterrupted } from '../reading.ts'
import type { Terminal } from '../terminal.ts'
import { printable } from '../text-table.ts'

export interface DumpCommand {
  readonly directory: string
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly limit?: number | undefined
  readonly bodies: boolean
  readonly names: boolean
  readonly json: boolean
}

const columns = [
  ['INDEX', 10],
  ['EPOCH', 6],
  ['POSITION', 13],
  ['BYTES', 9],
] as const
const TYPE_COLUMNS = 20

/** `journal dump`: one line for each record. Damage is told behind it, and by the exit code. */
export async function journalDump(command: DumpCommand, terminal: Terminal): Promise<number> {
  const { from = 1, to = Infinity, limit = Infinity, json } = command
  const readable = await openForReading(command.directory)
  return untilInterrupted(async (signal) => {
    const findings = new Findings()
    if (!json) terminal.out(`${headLine()}\n`)
    const { ended } = await dumpJournal(
      { ...command, ...readable, from, to, limit, findings, signal },
      (record) => terminal.out(`${json ? JSON.stringify(record) : recordLine(record)}\n`),
    )
    for (const finding of findings.kept) terminal.err(`${findingLine(finding, terminal)}\n`)
    if (ended === 'interrupted') return EXIT_INTERRUPTED
    return findings.damages > 0 ? EXIT_DAMAGED : EXIT_OK
  })
}

function headLine(): string {
  return line(
    columns.map(([title]) => title),
    'TYPE',
    'WHAT',
  )
}

function recordLine({ index, epoch, position, bytes, type, words }: DumpedRecord): string {
  return line([index, epoch, position, bytes].map(String), type, printable(words))
}

/** Widths are fixed: what is printed as it is read cannot be measured before. */
function line(cells: readonly string[], type: string, words: string): string {
  const numbers = cells.map((cell, at) => cell.padStart(columns[at]?.[1] ?? 0))
  return `${numbers.join('  ')}  ${type.padEnd(TYPE_COLUMNS)}  ${words}`
}
