// Puts each seeded bug in, one after the other, and runs histories until one fails:
//
//   node --conditions=quorate-source --import tsx test/simulation/hunt-command.ts
//     --bug NAME       only this one, may be given again
//     --world NAME     replicas or brokers; else all that run the bug's file, until it is found
//     --first N        first seed, 1 by default
//     --seeds N        seeds per bug and world, 500 by default
//     --missing        only bugs that no finding stands for yet
//     --json           one line of JSON per hunt on stdout
//     --no-write       leave the findings and docs/internals/seeded-bugs.md as they are
//
// Ends with 1 when a bug was not found that should be. (--child: in the process that runs the
// histories of one bug.)
import { parseArgs } from 'node:util'
import { findSeededBug, seededBugs } from './seeded-bugs/all-bugs.ts'
import { readFindings, writeFindings } from './seeded-bugs/findings.ts'
import type { Findings } from './seeded-bugs/findings.ts'
import { hunt } from './seeded-bugs/hunt.ts'
import type { HuntNews, Range } from './seeded-bugs/hunt.ts'
import type { SeededBug } from './seeded-bugs/seeded-bug.ts'
import { isThere, openWorld, worldNames, worldsOf } from './seeded-bugs/worlds.ts'
import type { WorldName } from './seeded-bugs/worlds.ts'

/** Processes at a time. */
const AT_A_TIME = 2

const { values } = parseArgs({
  options: {
    bug: { type: 'string', multiple: true },
    world: { type: 'string' },
    first: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '500' },
    missing: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'no-write': { type: 'boolean', default: false },
    child: { type: 'boolean', default: false },
  },
})

function count(word: string, flag: string): number {
  const number = Number(word)
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--${flag} ${word}: a count`)
  return number
}

function worldOf(word: string): WorldName {
  const world = worldNames.find((name) => name === word)
  if (world === undefined) throw new Error(`--world ${word}: ${worldNames.join(' or ')}`)
  return world
}

const range: Range = {
  first: count(values.first, 'first'),
  seeds: count(values.seeds, 'seeds'),
}
const onlyWorld = values.world === undefined ? null : worldOf(values.world)

/** In the process that has the bug in it. */
async function runHistories(world: WorldName): Promise<void> {
  const tell = (news: HuntNews): boolean | undefined => process.send?.(news)
  const run = await openWorld(world)
  let failure: string | null = null
  let seed = range.first
  for (; failure === null && seed < range.first + range.seeds; seed++) {
    tell({ type: 'begins', seed })
    failure = await run(seed)
  }
  tell({ type: 'ends', seed: failure === null ? null : seed - 1, failure: failure ?? '' })
  if (process.connected) process.disconnect()
}

interface Hunting {
  readonly findings: Findings
  readonly running: Set<string>
  readonly total: number
  readonly signal: AbortSignal
  done: number
  found: number
  covered: number
}

function showProgress({ done, found, total, running }: Hunting): void {
  if (!process.stderr.isTTY) return
  const line = `${done}/${total}, ${found} found; now ${[...running].join(', ')}`
  process.stderr.write(`\r\x1b[K${line.slice(0, process.stderr.columns - 1)}`)
}

async function huntOne(bug: SeededBug, hunting: Hunting): Promise<void> {
  const worlds = worldsOf(bug).filter((world) => onlyWorld === null || world === onlyWorld)
  let isFound = false
  for (const world of worlds.filter(isThere)) {
    hunting.running.add(bug.name)
    showProgress(hunting)
    const caught = await hunt({ ...range, bug: bug.name, world }, hunting.signal)
    hunting.running.delete(bug.name)
    const { seed, failure, seeds, ms } = caught
    hunting.findings[bug.name] = {
      ...hunting.findings[bug.name],
      [world]: { seed, failure, seeds },
    }
    report({ bug: bug.name, world, seed, failure, seeds, ms: Math.round(ms) })
    isFound = seed !== null
    if (isFound) break
  }
  hunting.done++
  if (isFound) hunting.found++
  else if (bug.coveredBy !== undefined) hunting.covered++
}

function report(line: {
  readonly bug: string
  readonly world: WorldName
  readonly seed: number | null
  readonly failure: string
  readonly seeds: number
  readonly ms: number
}): void {
  const { bug, world, seed, failure, seeds, ms } = line
  const outcome = seed === null ? `not found in ${seeds} seeds` : `seed ${seed}: ${failure}`
  const clear = process.stderr.isTTY ? '\r\x1b[K' : ''
  const text = `${bug} (${world}, ${(ms / 1000).toFixed(1)} s) ${outcome}`
  process.stdout.write(values.json ? `${JSON.stringify(line)}\n` : `${clear}${text}\n`)
}

function isFoundAlready({ name }: SeededBug, findings: Findings): boolean {
  return Object.values(findings[name] ?? {}).some(({ seed }) => seed !== null)
}

async function huntAll(): Promise<boolean> {
  const findings = readFindings()
  const all = values.bug === undefined ? seededBugs : values.bug.map(findSeededBug)
  const bugs = all
    .filter((bug) => onlyWorld === null || worldsOf(bug).includes(onlyWorld))
    .filter((bug) => !values.missing || !isFoundAlready(bug, findings))
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  const hunting: Hunting = {
    findings,
    running: new Set(),
    total: bugs.length,
    signal: stop.signal,
    done: 0,
    found: 0,
    covered: 0,
  }
  const waiting = [...bugs]
  const hunter = async (): Promise<void> => {
    for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
      await huntOne(bug, hunting)
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_A_TIME }, hunter))
  } finally {
    stop.abort()
    if (!values['no-write']) writeFindings(findings, seededBugs)
  }
  if (!values.json) process.stdout.write(`${hunting.found} of ${hunting.total} found\n`)
  return hunting.found + hunting.covered === hunting.total
}

if (values.child) await runHistories(worldOf(values.world ?? ''))
else process.exitCode = (await huntAll()) ? 0 : 1
