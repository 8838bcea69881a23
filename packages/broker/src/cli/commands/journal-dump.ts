import { dumpJournal } from '../../inspection/dump-journal.ts'
import type { DumpedRecord } from '../../inspection/dump-journal.ts'
import { Findings } from '../../inspection/findings.ts'
import { EXIT_INTERRUPTED, EXIT_OK } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
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
    const output = new Output(terminal)
    if (!json) output.print(headLine())
    const { ended } = await dumpJournal(
      { ...command, ...readable, from, to, limit, findings, signal },
      (record) => output.print(json ? jsonText(record) : recordLine(record)),
    )
    output.flush()
    for (const finding of findings.kept) terminal.err(`${findingLine(finding, terminal)}\n`)
    if (ended === 'interrupted') return EXIT_INTERRUPTED
    return findings.damages > 0 ? EXIT_DAMAGED : EXIT_OK
  })
}

/** Characters that are printed at once: a write for each line would take most of the time. */
const OUTPUT_CHARACTERS_MAX = 16_384

class Output {
  readonly #terminal: Terminal
  #text = ''

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  print(line: string): void {
    this.#text += `${line}\n`
    if (this.#text.length >= OUTPUT_CHARACTERS_MAX) this.flush()
  }

  flush(): void {
    this.#terminal.out(this.#text)
    this.#text = ''
  }
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
