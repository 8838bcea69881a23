import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Catch } from './hunt.ts'
import type { Played, SeededBug } from './seeded-bug.ts'
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

export function isFound(findings: Findings[string] | undefined): boolean {
  return Object.values(findings ?? {}).some(({ seed }) => seed !== null)
}

/** Writes one down, beside whatever other hunts have written meanwhile. */
export function writeFinding(
  of: { readonly bug: string; readonly world: WorldName; readonly finding: Finding },
  bugs: readonly SeededBug[],
): void {
  const findings = readFindings()
  findings[of.bug] = { ...findings[of.bug], [of.world]: of.finding }
  writeFindings(findings, bugs)
}

/** In the order of the bugs; forgets bugs that there are no more. */
function writeFindings(findings: Findings, bugs: readonly SeededBug[]): void {
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

/** In how many ways a bug is accounted for, one line of words. */
function summaryOf(findings: Findings, bugs: readonly SeededBug[]): string {
  const open = bugs.filter((bug) => !isFound(findings[bug.name]))
  const covered = open.filter(({ coveredBy }) => coveredBy !== undefined)
  const found = bugs.length - open.length
  const left = open.length - covered.length
  return (
    `${bugs.length} bugs: ${found} are found, ${covered.length} are covered by another rule, ` +
    `${left} are open.`
  )
}

function tableOf(findings: Findings, bugs: readonly SeededBug[]): string {
  const rows = bugs.map((bug) => [
    bug.name,
    bug.references.join(', '),
    ...foundCells(bug, findings),
  ])
  const head = ['bug', 'rule', 'world', 'seed', 'what it looks like', 'played in']
  for (const [i, { playedIn }] of bugs.entries()) rows[i]?.push(playedInCell(playedIn))
  const widths = head.map((title, column) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? title).length)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [summaryOf(findings, bugs), '', line(head), rule, ...rows.map(line)].join('\n')
}

/** A walk-through goes by its name, a unit test by its file. */
function playedInCell(played: Played | undefined): string {
  if (played === undefined) return ''
  return /^W\d+$/.test(played.name) ? played.name : (played.file.split('/').at(-1) ?? '')
}

/** World, seed, and what it looks like. */
function foundCells(bug: SeededBug, findings: Findings): readonly string[] {
  const of = findings[bug.name] ?? {}
  const world = worldNames.find((name) => typeof of[name]?.seed === 'number')
  if (world !== undefined) {
    const { seed, failure } = of[world] as Finding
    return [world, `${seed}`, failureCell(failure)]
  }
  const worlds = worldsOf(bug).filter((name) => of[name] !== undefined)
  const because = bug.coveredBy === undefined ? '' : `nothing: ${bug.coveredBy}`
  return [
    worlds.join(', '),
    worlds.length === 0 ? '?' : worlds.map((name) => `none in ${of[name]?.seeds}`).join(', '),
    because,
  ]
}

function failureCell(failure: string): string {
  const text = failure.replaceAll('|', '/').replaceAll('`', "'").trim()
  return text.length > FAILURE_COLUMNS_MAX ? `${text.slice(0, FAILURE_COLUMNS_MAX - 3)}...` : text
}
