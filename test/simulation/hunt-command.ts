// Puts each seeded bug in, one after the other, and runs histories until one fails:
//
//   node --conditions=quorate-source --import tsx test/simulation/hunt-command.ts
//     --bug NAME       only this one, may be given again
//     --world NAME     replicas or brokers; else all that run the bug's file, until it is found
//     --first N        first seed, 1 by default
//     --seeds N        seeds per bug and world, 500 by default
//     --missing        only bugs that no finding stands for yet
//     --minutes N      start and go on with hunts for so long, then end; no limit by default
//     --processes N    hunts at a time, 2 by default
//     --json           one line of JSON per hunt on stdout
//     --no-write       leave the findings and docs/internals/seeded-bugs.md as they are
//
// Each finding is written as soon as it is made: whoever stops a hunt loses only what was running.
// Ends with 1 when a bug was not found that should be, or not looked for. (--child: in the process
// that runs the histories of one bug.)
import { parseArgs } from 'node:util'
import { findSeededBug, seededBugs } from './seeded-bugs/all-bugs.ts'
import { isFound, readFindings, writeFinding } from './seeded-bugs/findings.ts'
import { hunt } from './seeded-bugs/hunt.ts'
import type { HuntNews, Range } from './seeded-bugs/hunt.ts'
import type { SeededBug } from './seeded-bugs/seeded-bug.ts'
import { isThere, openWorld, worldNames, worldsOf } from './seeded-bugs/worlds.ts'
import type { WorldName } from './seeded-bugs/worlds.ts'

const { values } = parseArgs({
  options: {
    bug: { type: 'string', multiple: true },
    world: { type: 'string' },
    first: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '500' },
    missing: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    processes: { type: 'string', default: '2' },
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
const minutes = values.minutes === undefined ? null : count(values.minutes, 'minutes')
const processes = count(values.processes, 'processes')
const onlyWorld = values.world === undefined ? null : worldOf(values.world)

/** In the process that has the bug in it. */
async function runHistories(world: WorldName): Promise<void> {
  // Nobody is left to tell.
  process.once('disconnect', () => process.exit())
  const tell = (news: HuntNews): boolean | undefined => process.send?.(news)
  const run = await openWorld(world)
  let failure: string | null = null
  let seed = range.first
  for (; failure === null && seed < range.first + range.seeds; seed++) {
    tell({ type: 'begins', seed })
    failure = await run(seed)
    // The world of replicas never waits: without a pause nobody would hear of the end.
    await new Promise((resolve) => void setImmediate(resolve))
  }
  tell({ type: 'ends', seed: failure === null ? null : seed - 1, failure: failure ?? '' })
  process.removeAllListeners('disconnect')
  if (process.connected) process.disconnect()
}

interface Hunting {
  /** By the name of the bug: the seed that is being run. */
  readonly running: Map<string, number>
  readonly total: number
  readonly signal: AbortSignal
  readonly startedMs: number
  done: number
  found: number
  covered: number
}

function showProgress({ done, found, total, running, startedMs }: Hunting): void {
  if (!process.stderr.isTTY) return
  const now = [...running].map(([bug, seed]) => `${bug} ${seed}`).join(', ')
  const minutesGone = ((performance.now() - startedMs) / 60_000).toFixed(1)
  const line = `${minutesGone} min, ${done}/${total}, ${found} found; now ${now}`
  process.stderr.write(`\r\x1b[K${line.slice(0, process.stderr.columns - 1)}`)
}

async function huntOne(bug: SeededBug, hunting: Hunting): Promise<void> {
  const { running, signal } = hunting
  const worlds = worldsOf(bug).filter((world) => onlyWorld === null || world === onlyWorld)
  let isCaught = false
  for (const world of worlds.filter(isThere)) {
    const begins = (number: number): void => {
      running.set(bug.name, number)
      showProgress(hunting)
    }
    begins(range.first)
    const { ms, ...finding } = await hunt({ ...range, bug: bug.name, world, begins }, signal)
    if (!values['no-write']) writeFinding({ bug: bug.name, world, finding }, seededBugs)
    report({ bug: bug.name, world, ...finding, ms: Math.round(ms) })
    isCaught = finding.seed !== null
    if (isCaught) break
  }
  running.delete(bug.name)
  hunting.done++
  if (isCaught) hunting.found++
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

/** Ends with Ctrl-C, and when the time is up. */
function stopper(): AbortController {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  if (minutes !== null) setTimeout(() => stop.abort(), minutes * 60_000).unref()
  return stop
}

async function huntAll(): Promise<boolean> {
  const findings = readFindings()
  const all = values.bug === undefined ? seededBugs : values.bug.map(findSeededBug)
  const bugs = all
    .filter((bug) => onlyWorld === null || worldsOf(bug).includes(onlyWorld))
    .filter((bug) => !values.missing || !isFound(findings[bug.name]))
  const stop = stopper()
  const hunting: Hunting = {
    running: new Map(),
    total: bugs.length,
    signal: stop.signal,
    startedMs: performance.now(),
    done: 0,
    found: 0,
    covered: 0,
  }
  const waiting = [...bugs]
  const hunter = async (): Promise<void> => {
    for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
      if (stop.signal.aborted) return
      await huntOne(bug, hunting)
    }
  }
  try {
    await Promise.all(Array.from({ length: processes }, hunter))
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    stop.abort()
  }
  const { found, covered, done, total } = hunting
  const left = done === total ? '' : `, ${total - done} not looked for to the end`
  if (!values.json) process.stdout.write(`${found} of ${total} found${left}\n`)
  return found + covered === total
}

if (values.child) await runHistories(worldOf(values.world ?? ''))
else process.exitCode = (await huntAll()) ? 0 : 1
