import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Catch } from './hunt.ts'
import type { SeededBug } from './seeded-bug.ts'
import { worldNames, worldsOf } from './worlds.ts'
import type { WorldName } from './worlds.ts'

const findingsPath = fileURLToPath(new URL('./findings.json', import.meta.url))
const documentPath = fileURLToPath(
  new URL('../../../docs/internals/seeded-bugs.md', import.meta.url),
)
const BEGIN = '<!-- written by test/simulation/hunt-command.ts -->'
const END = '<!-- to here -->'
/** Of what failed, in the table. */
const FAILURE_COLUMNS_MAX = 90

export type Finding = Pick<Catch, 'seed' | 'failure' | 'seeds'>
/** By the name of the bug, then by world. */
export type Findings = Record<string, Partial<Record<WorldName, Finding>>>

/** What the hunts so far have found. */
export function readFindings(): Findings {
  return JSON.parse(readFileSync(findingsPath, 'utf8')) as Findings
}

/** Writes them down, in the order of the bugs; forgets bugs that there are no more. */
export function writeFindings(findings: Findings, bugs: readonly SeededBug[]): void {
  const kept = bugs.map(({ name }) => [name, findings[name] ?? {}] as const)
  writeFileSync(findingsPath, `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`)
  const text = readFileSync(documentPath, 'utf8')
  const [before, rest] = splitAt(text, BEGIN)
  const [, after] = splitAt(rest, END)
  const table = tableOf(findings, bugs)
  writeFileSync(documentPath, `${before}${BEGIN}\n\n${table}\n\n${END}${after}`)
}

function splitAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  if (at < 0) throw new Error(`${documentPath} has no ${mark}`)
  return [text.slice(0, at), text.slice(at + mark.length)]
}

function tableOf(findings: Findings, bugs: readonly SeededBug[]): string {
  const rows = bugs.map((bug) => {
    const found = findings[bug.name] ?? {}
    const seeds = worldNames.map((world) => seedCell(bug, world, found[world]))
    const failure = worldNames
      .map((world) => found[world]?.failure ?? '')
      .find((text) => text !== '')
    const because = bug.coveredBy === undefined ? '' : `nothing: ${bug.coveredBy}`
    return [bug.name, bug.references.join(', '), ...seeds, failureCell(failure ?? '') || because]
  })
  const head = ['bug', 'references', ...worldNames, 'what fails']
  const widths = head.map((title, column) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? title).length)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

function seedCell(bug: SeededBug, world: WorldName, finding: Finding | undefined): string {
  if (!worldsOf(bug).includes(world)) return ''
  if (finding === undefined) return '?'
  return finding.seed === null ? `none in ${finding.seeds}` : `${finding.seed}`
}

function failureCell(failure: string): string {
  const text = failure.replaceAll('|', '/').replaceAll('`', "'").trim()
  return text.length > FAILURE_COLUMNS_MAX ? `${text.slice(0, FAILURE_COLUMNS_MAX - 3)}...` : text
}
