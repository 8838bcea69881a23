/**
 * What a deep backlog costs a cluster of three: memory, restarts, takeovers, disk, consuming. See
 * bench/README.md; `npm run bench:store-depth -- --help` tells the flags.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { surroundings } from '../surroundings.ts'
import { DepthCluster } from './depth-cluster.ts'
import { freeBytes } from './disk-usage.ts'
import type { Figure } from './figures.ts'
import { figureTable, many, verdictOf } from './figures.ts'
import type { DepthOptions } from './options.ts'
import { help, parseOptions } from './options.ts'
import { Progress } from './progress.ts'
import type { Answer, Question } from './questions/question.ts'
import { questions } from './questions/questions.ts'

const EXIT_FAILED = 1
const EXIT_USAGE = 2
const EXIT_INTERRUPTED = 130
const REPLICAS = 3
/** Records carry more than the body, and segments are preallocated. */
const DISK_FACTOR = 1.6

interface Answered extends Answer {
  readonly error: string | null
}

function readOptions(): DepthOptions {
  try {
    const options = parseOptions(process.argv.slice(2))
    if (options.help) leave(help, 0)
    return options
  } catch (error) {
    return leave(error instanceof Error ? error.message : String(error), EXIT_USAGE)
  }
}

function leave(words: string, exitCode: number): never {
  process[exitCode === 0 ? 'stdout' : 'stderr'].write(`${words}\n`)
  process.exit(exitCode)
}

/** Removed whatever ends this process; its children are dead by then (see ManagedProcess). */
function makeWorkDirectory(parent: string): string {
  const directory = mkdtempSync(join(parent, 'quorate-store-depth-'))
  process.on('exit', () => {
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => process.exit(EXIT_INTERRUPTED))
  }
  return directory
}

/** One cluster is alive at a time, so the hungriest counts. */
function checkDisk(chosen: readonly Question[], options: DepthOptions): void {
  const bodies = Math.max(...chosen.map((question) => question.bodyBytes(options)))
  const wanted = bodies * REPLICAS * DISK_FACTOR
  const free = freeBytes(options.directory)
  if (free >= wanted) return
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`
  leave(
    `${options.directory} has ${gigabytes(free)} free, and this run may take ` +
      `${gigabytes(wanted)}: choose fewer --messages, or another --directory`,
    EXIT_USAGE,
  )
}

/** Asks one question after the other; those that share the backlog share its cluster. */
class Run {
  readonly #options: DepthOptions
  readonly #progress = new Progress()
  readonly #directory: string
  #cluster: DepthCluster | null = null
  #isShared = false

  constructor(options: DepthOptions) {
    this.#options = options
    this.#directory = makeWorkDirectory(options.directory)
  }

  async ask(question: Question): Promise<Answered> {
    try {
      const cluster = await this.#clusterFor(question)
      const answer = await question.measure(cluster, this.#options)
      this.#progress.say(`${question.name}: done`)
      return { ...answer, error: null }
    } catch (error) {
      await this.end()
      const reason = error instanceof Error ? error.message : String(error)
      this.#progress.say(`${question.name}: ${reason}`)
      return { ...unanswered(question, reason), error: reason }
    }
  }

  async end(): Promise<void> {
    await this.#cluster?.dispose()
    this.#cluster = null
  }

  async #clusterFor(question: Question): Promise<DepthCluster> {
    if (this.#cluster !== null && this.#isShared && question.sharesBacklog) return this.#cluster
    await this.end()
    this.#cluster = await DepthCluster.start(this.#directory, this.#options, this.#progress)
    this.#isShared = question.sharesBacklog
    return this.#cluster
  }
}

function unanswered(question: Question, reason: string): Answer {
  // What follows the first line is the end of a log.
  const note = reason.split('\n')[0]?.replace(/:$/, '') ?? ''
  const figures = question.limits.map((limit): Figure => ({
    question: question.name,
    ...limit,
    measured: null,
    isFullSize: false,
    note,
  }))
  return { figures, details: {} }
}

function writeResult(out: string | null, result: object): void {
  const path = out ?? fileURLToPath(new URL('../results/store-depth.json', import.meta.url))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`)
}

function report(options: DepthOptions, answers: ReadonlyMap<Question, Answered>): void {
  const about = surroundings()
  const figures = [...answers.values()].flatMap((answer) => answer.figures)
  const { json, out, help: _help, directory: _directory, ...config } = options
  const result = {
    question: 'store-depth',
    ...about,
    config,
    figures: figures.map((figure) => ({ ...figure, verdict: verdictOf(figure) })),
    details: Object.fromEntries(
      [...answers].map(([{ name }, { details, error }]) => [name, { error, ...details }]),
    ),
  }
  writeResult(out, result)
  if (json) {
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
    return
  }
  process.stdout.write(`${figureTable(figures)}\n\n`)
  process.stdout.write(`${about.machine}; Node ${about.node}; commit ${about.commit}; `)
  process.stdout.write(`three brokers, quorum_disk, bodies of ${many(options.bytes)} bytes.\n`)
}

async function main(): Promise<void> {
  const options = readOptions()
  const chosen = options.questions.map((name) => questions[name])
  checkDisk(chosen, options)
  const run = new Run(options)
  const answers = new Map<Question, Answered>()
  for (const question of chosen) answers.set(question, await run.ask(question))
  await run.end()
  report(options, answers)
  const isWhole = [...answers.values()].every(({ error }) => error === null)
  process.exit(isWhole ? 0 : EXIT_FAILED)
}

await main()
