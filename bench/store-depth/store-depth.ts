/**
 * What a deep backlog costs a cluster of three: memory, restarts, takeovers, disk, consuming. See
 * bench/README.md; `npm run bench:store-depth -- --help` tells the flags.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { diskKindOf } from '../disk-kind.ts'
import { surroundings } from '../surroundings.ts'
import { DepthCluster } from './depth-cluster.ts'
import { freeBytes } from './disk-usage.ts'
import type { Figure } from './figures.ts'
import { figureTable, verdictOf } from './figures.ts'
import { commandOf, configOf, help, parseOptions } from './options.ts'
import type { DepthOptions } from './options.ts'
import { Progress } from './progress.ts'
import type { Answer, Question } from './questions/question.ts'
import { questions } from './questions/questions.ts'
import { Results, readResults } from './results.ts'
import type { QuestionResult } from './results.ts'

const EXIT_FAILED = 1
const EXIT_USAGE = 2
const EXIT_INTERRUPTED = 130
const REPLICAS = 3
/** Records carry more than the body, and segments are preallocated. */
const DISK_FACTOR = 1.6
const resultFolder = fileURLToPath(new URL('../results/store-depth', import.meta.url))

interface Answered extends Answer {
  readonly error: string | null
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function readOptions(): DepthOptions {
  try {
    const options = parseOptions(process.argv.slice(2))
    if (options.help) leave(help, 0)
    if (statSync(options.directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new Error(`--directory ${options.directory} is no directory`)
    }
    // Known before hours were spent on it: what is there is no result of ours, or unreadable.
    readResults(options.out ?? resultFolder)
    return options
  } catch (error) {
    return leave(messageOf(error), EXIT_USAGE)
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
    process.on(signal, () => leave('\ninterrupted: --resume asks the rest', EXIT_INTERRUPTED))
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
  readonly #progress: Progress
  readonly #directory: string
  #cluster: DepthCluster | null = null
  #isShared = false

  constructor(options: DepthOptions, progress: Progress) {
    this.#options = options
    this.#progress = progress
    this.#directory = makeWorkDirectory(options.directory)
  }

  async ask(question: Question): Promise<Answered> {
    try {
      const cluster = await this.#clusterFor(question)
      const answer = await question.measure(cluster, this.#options)
      return { ...answer, error: null }
    } catch (error) {
      await this.end()
      const reason = messageOf(error)
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

type About = Pick<
  QuestionResult,
  'date' | 'command' | 'machine' | 'disk' | 'node' | 'commit' | 'config'
>

/** Asks what is not answered yet, and keeps each answer as soon as it is there. */
async function askAll(
  options: DepthOptions,
  about: About,
  chosen: readonly Question[],
): Promise<QuestionResult[]> {
  const kept = new Results(options.out ?? resultFolder)
  const progress = new Progress()
  const run = new Run(options, progress)
  const all: QuestionResult[] = []
  for (const question of chosen) {
    const { name } = question
    const earlier = options.resume ? kept.answered(name, about) : undefined
    if (earlier !== undefined) {
      progress.say(`${name}: answered on ${earlier.date}`)
      all.push(earlier)
      continue
    }
    const startedMs = performance.now()
    const { figures, details, error } = await run.ask(question)
    const seconds = Math.round((performance.now() - startedMs) / 1000)
    const judged = figures.map((figure) => ({ ...figure, verdict: verdictOf(figure) }))
    const result = { question: name, ...about, seconds, error, figures: judged, details }
    kept.keep(result)
    if (error === null) progress.say(`${name}: done in ${seconds} s`)
    all.push(result)
  }
  await run.end()
  return all
}

function report({ json }: DepthOptions, results: readonly QuestionResult[]): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ results }, null, 2)}\n`)
    return
  }
  process.stdout.write(`${figureTable(results.flatMap(({ figures }) => figures))}\n\n`)
  const lines = results.map(({ machine, disk, node, commit, config }) => {
    const bodies = `three brokers, quorum_disk, bodies of ${config.bytes} bytes`
    return `${machine}; ${disk}; Node ${node}; commit ${commit}; ${bodies}.\n`
  })
  for (const line of new Set(lines)) process.stdout.write(line)
}

async function main(): Promise<void> {
  const options = readOptions()
  const chosen = options.questions.map((name) => questions[name])
  checkDisk(chosen, options)
  const results = await askAll(
    options,
    {
      date: new Date().toISOString().slice(0, 'YYYY-MM-DD'.length),
      command: commandOf(options),
      ...surroundings(),
      disk: diskKindOf(options.directory),
      config: configOf(options),
    },
    chosen,
  )
  report(options, results)
  process.exit(results.every(({ error }) => error === null) ? 0 : EXIT_FAILED)
}

await main()
