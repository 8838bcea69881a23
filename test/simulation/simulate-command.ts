import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { addUp, unseen } from './batch-totals.ts'
import type { BatchTotals } from './batch-totals.ts'
import type { HistoryOptions, HistoryOutcome } from './history.ts'
import { runHistory } from './history.ts'
import { faults } from './nemesis/faults.ts'
import type { FaultName } from './nemesis/faults.ts'
import { playSeeds } from './seed-pool.ts'
import type { SeedReport } from './seed-worker.ts'
import { shrink } from './shrink.ts'

const USAGE = `Plays histories of whole clusters in simulated time, each from one seed.

  npm run test:simulation -- [--seeds N] [--first N] [--processes N] [--json]
  npm run test:simulation -- --seed N [--shrink] [--strikes N] [--never FAULT,...] [--without N,...]

  --seeds N       histories to play (200)
  --first N       their first seed (1)
  --processes N   processes that play them (one for each core)
  --seed N        plays one history and prints what happened in it
  --shrink        looks for a smaller history of that seed that still fails
  --strikes N     only its first strikes
  --never A,B     without these faults: ${Object.keys(faults).join(', ')}
  --without 3,7   without the strikes of these numbers
  --quiet         without what brokers log and clients do
  --json          the result as JSON
`
/** Failing seeds that are shown; the batch ends after so many. */
const FAILURES_MAX = 10
/** A batch of this size sees everything that histories are there for. */
const SEES_ALL_FROM = 500

interface BatchResult {
  readonly firstSeed: number
  readonly totals: BatchTotals
  readonly tookMs: number
  readonly failures: readonly { readonly seed: number; readonly failure: string }[]
  /** What never happened in a batch large enough for it. */
  readonly unseen: readonly string[]
}

const flags = readFlags()
if (flags.help === true) process.stdout.write(USAGE)
else if (flags.seed !== undefined) await playOne(wholeNumber('seed', flags.seed))
else await playBatch()

async function playOne(seed: number): Promise<void> {
  const chosen: HistoryOptions = {
    verbose: flags.quiet !== true,
    ...(flags.strikes === undefined ? {} : { strikes: wholeNumber('strikes', flags.strikes) }),
    never: new Set(listOf(flags.never).map(faultNamed)),
    without: new Set(listOf(flags.without).map((text) => wholeNumber('without', text))),
  }
  const found = flags.shrink === true ? await shrink(seed, showTry) : null
  const options = found === null ? chosen : { ...found.options, verbose: flags.quiet !== true }
  const outcome = await runHistory(seed, options)
  if (flags.json === true) process.stdout.write(`${JSON.stringify(outcome)}\n`)
  else show(outcome, options)
  process.exitCode = outcome.failure === null ? 0 : 1
}

function showTry(tries: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\rshrinking, try ${tries} `)
}

function show(
  { seed, plan, trace, failure, totals }: HistoryOutcome,
  options: HistoryOptions,
): void {
  const { replicas, sync, strikes } = plan
  process.stdout.write(`${trace.join('\n')}\n\n`)
  process.stdout.write(
    `seed ${seed}: ${replicas} replicas, ${sync}, ${Math.min(strikes, options.strikes ?? strikes)}` +
      ` strikes of ${plan.faults.filter((name) => options.never?.has(name) !== true).join(', ')}\n` +
      `${totals.epochs} epochs, ${totals.sent} calls, ${totals.received} receipts\n` +
      `${failure === null ? 'every promise was kept' : `BROKEN: ${failure}`}\n` +
      `again: ${commandFor(seed, options)}\n`,
  )
}

function commandFor(seed: number, options: HistoryOptions): string {
  const words = [`npm run test:simulation -- --seed ${seed}`]
  if (options.strikes !== undefined) words.push(`--strikes ${options.strikes}`)
  if (options.never !== undefined && options.never.size > 0) {
    words.push(`--never ${[...options.never].join(',')}`)
  }
  if (options.without !== undefined && options.without.size > 0) {
    words.push(`--without ${[...options.without].join(',')}`)
  }
  return words.join(' ')
}

async function playBatch(): Promise<void> {
  const firstSeed = wholeNumber('first', flags.first ?? '1')
  const seeds = wholeNumber('seeds', flags.seeds ?? '200')
  const processes = wholeNumber('processes', flags.processes ?? String(availableParallelism()))
  const startMs = performance.now()
  const abort = new AbortController()
  const reports: SeedReport[] = []
  const failures: SeedReport[] = []
  process.once('SIGINT', () => abort.abort())
  await playSeeds({
    firstSeed,
    seeds,
    processes,
    signal: abort.signal,
    onReport: (report) => {
      if (abort.signal.aborted) return
      reports.push(report)
      if (report.failure !== null) {
        failures.push(report)
        showLine(`seed ${report.seed}: ${firstLineOf(report.failure)}`)
        if (failures.length >= FAILURES_MAX) abort.abort()
      }
      showProgress(reports.length, { seeds, failed: failures.length, startMs })
    },
  })
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  const totals = addUp(reports.map((report) => report.totals))
  const result: BatchResult = {
    firstSeed,
    totals,
    tookMs: Math.round(performance.now() - startMs),
    failures: failures.map(({ seed, failure }) => ({ seed, failure: failure ?? '' })),
    unseen: reports.length >= SEES_ALL_FROM ? unseen(totals) : [],
  }
  if (flags.json === true) process.stdout.write(`${JSON.stringify(result)}\n`)
  else await report(result)
  if (failures.length > 0 || result.unseen.length > 0 || totals.histories < seeds) {
    process.exitCode = 1
  }
}

async function report({ totals, tookMs, failures, unseen: missing }: BatchResult): Promise<void> {
  const { histories, steps, epochs, sent, confirmed, received, reportedLosses } = totals
  process.stdout.write(
    `${histories} histories in ${(tookMs / 1_000).toFixed(1)} s: ${epochs} epochs, ${sent} calls, ` +
      `${confirmed} confirmed, ${received} receipts, ${steps} steps, ` +
      `${reportedLosses} losses reported\n`,
  )
  for (const [name, count] of Object.entries(totals.sightings)) {
    process.stdout.write(`  ${String(count).padStart(8)}  ${name}\n`)
  }
  for (const name of missing) process.stdout.write(`never happened: ${name}\n`)
  const [first] = failures
  if (first !== undefined) await explain(first.seed)
  // The line that test runners of all languages share, for whoever counts.
  process.stdout.write(`${histories - failures.length} passed, ${failures.length} failed\n`)
}

/** The first failure, shrunk; its whole trace goes into a file. */
async function explain(seed: number): Promise<void> {
  const found = await shrink(seed, showTry)
  if (found === null) {
    process.stdout.write(`seed ${seed} does not fail again: the history is not repeatable\n`)
    return
  }
  const { trace } = await runHistory(seed, { ...found.options, verbose: true })
  const path = `simulation-${seed}.trace`
  writeFileSync(path, `${trace.join('\n')}\n`)
  process.stdout.write(
    `${found.outcome.trace.slice(-60).join('\n')}\n\n` +
      `BROKEN: ${found.outcome.failure ?? ''}\n` +
      `shrunk in ${found.tries} tries; the whole trace is in ${path}\n` +
      `again: ${commandFor(seed, found.options)}\n`,
  )
}

function showLine(line: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}\n` : `${line}\n`)
}

function showProgress(
  played: number,
  of: { readonly seeds: number; readonly failed: number; readonly startMs: number },
): void {
  const seconds = (performance.now() - of.startMs) / 1_000
  const line = `${played} of ${of.seeds} histories, ${of.failed} failed, ${(played / seconds).toFixed(1)}/s`
  if (process.stderr.isTTY) process.stderr.write(`\r${line} `)
  else if (played % 250 === 0) process.stderr.write(`${line}\n`)
}

function firstLineOf(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

function readFlags() {
  try {
    return parseArgs({
      options: {
        seeds: { type: 'string' },
        first: { type: 'string' },
        processes: { type: 'string' },
        seed: { type: 'string' },
        strikes: { type: 'string' },
        never: { type: 'string' },
        without: { type: 'string' },
        shrink: { type: 'boolean' },
        quiet: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error))
  }
}

function listOf(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : text.split(',')
}

function faultNamed(name: string): FaultName {
  if (Object.hasOwn(faults, name)) return name as FaultName
  fail(`no fault is called "${name}": ${Object.keys(faults).join(', ')}`)
}

function wholeNumber(flag: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  fail(`--${flag} takes a whole number, not "${text}"`)
}

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${USAGE}`)
  process.exit(2)
}
