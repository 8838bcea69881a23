/**
 * A race of brokers on one machine, in one run: `npm run bench -- --help` tells the flags, and
 * bench/README.md how it is measured and how it could be unfair.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { diskKindOf } from '../disk-kind.ts'
import { collectProfiles, recordingTo } from '../profile/recording.ts'
import { Progress } from '../store-depth/progress.ts'
import { surroundings } from '../surroundings.ts'
import { contenders } from './contenders/contenders.ts'
import { Entrant } from './entrant.ts'
import { help, parseOptions } from './options.ts'
import type { RaceOptions } from './options.ts'
import { questions } from './questions.ts'
import type { Question } from './questions.ts'
import { writeResult } from './race-result.ts'
import type { Absent, Measurement, RaceResult, Started } from './race-result.ts'
import { quantity, raceTables } from './table.ts'

const EXIT_FAILED = 1
const EXIT_USAGE = 2
const EXIT_INTERRUPTED = 130
const resultFolder = fileURLToPath(new URL('../results/race', import.meta.url))

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function leave(words: string, exitCode: number): never {
  process[exitCode === 0 ? 'stdout' : 'stderr'].write(`${words}\n`)
  process.exit(exitCode)
}

function readOptions(): RaceOptions {
  try {
    const options = parseOptions(process.argv.slice(2))
    if (options.help) leave(help, 0)
    if (statSync(options.directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new Error(`--directory ${options.directory} is no directory`)
    }
    return options
  } catch (error) {
    return leave(messageOf(error), EXIT_USAGE)
  }
}

/** Removed whatever ends this process; its children are dead by then (see ManagedProcess). */
function makeWorkDirectory(parent: string): string {
  const directory = mkdtempSync(join(parent, 'quorate-race-'))
  process.on('exit', () => {
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => leave('\ninterrupted', EXIT_INTERRUPTED))
  }
  return directory
}

interface Outcome {
  readonly started: readonly Started[]
  readonly absent: readonly Absent[]
  readonly measurements: readonly Measurement[]
}

/** All contenders run throughout, so that what they do when idle hurts all alike. */
class Race {
  readonly #options: RaceOptions
  readonly #progress = new Progress()
  readonly #entrants: Entrant[] = []
  readonly #absent: Absent[] = []
  readonly #measurements: Measurement[] = []

  constructor(options: RaceOptions) {
    this.#options = options
  }

  get outcome(): Outcome {
    const started = this.#entrants.map(({ contender: { name, title, promise }, running }) => {
      return { name, title, promise, version: running.version }
    })
    return { started, absent: this.#absent, measurements: this.#measurements }
  }

  async run(): Promise<void> {
    try {
      await this.#start()
      for (let round = 1; round <= this.#options.rounds; round++) await this.#play(round)
      await this.#collectProfiles()
    } finally {
      await Promise.all(this.#entrants.map((entrant) => entrant.stop()))
    }
  }

  async #start(): Promise<void> {
    const directory = makeWorkDirectory(this.#options.directory)
    for (const contender of contenders) {
      if (!this.#options.contenders.includes(contender.name)) continue
      const { name, title } = contender
      const why = contender.missing()
      if (why === null) {
        this.#progress.begin(`starting ${title}`, 1)
        this.#entrants.push(await Entrant.start(contender, directory))
      } else {
        this.#absent.push({ name, title, why })
        this.#progress.say(`${name} is absent: ${why}`)
      }
    }
  }

  async #collectProfiles(): Promise<void> {
    const { profile } = this.#options
    const quorate = this.#entrants.find(({ name }) => name === 'quorate')
    if (profile !== null && quorate !== undefined) {
      await collectProfiles(profile, quorate.running.pids())
    }
  }

  /** Every question goes to all before the next one, and who is asked first changes. */
  async #play(round: number): Promise<void> {
    for (const question of questions) {
      if (!this.#options.questions.includes(question.name)) continue
      for (const entrant of rotated(this.#entrants, round)) {
        if (question.needs.every((task) => entrant.can(task))) {
          await this.#ask(round, question, entrant)
        }
      }
    }
  }

  async #ask(round: number, question: Question, entrant: Entrant): Promise<void> {
    const about = { round, question: question.name, contender: entrant.name }
    const words = `round ${round}, ${question.name}, ${entrant.name}`
    this.#progress.begin(words, 1)
    try {
      const queue = `race-${question.name}-${round}`
      const sample = await question.ask(entrant, this.#options, queue)
      this.#measurements.push({ ...about, sample, error: null })
      const main = sample[question.measure]
      this.#progress.say(`${words}: ${main === null ? '' : quantity(main, question.measure)}`)
    } catch (error) {
      this.#measurements.push({ ...about, sample: null, error: messageOf(error) })
      this.#progress.say(`${words}: ${messageOf(error)}`)
    }
  }
}

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const at = items.length === 0 ? 0 : by % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}

const options = readOptions()
if (options.profile !== null) {
  Object.assign(process.env, recordingTo(options.profile, process.env.NODE_OPTIONS))
}
const race = new Race(options)
await race.run()
const { rounds, warmupMs, measureMs, backlog, kills, deepBacklog } = options
const result: RaceResult = {
  benchmark: 'race',
  date: new Date().toISOString().slice(0, 10),
  ...surroundings(),
  disk: diskKindOf(options.directory),
  config: { rounds, warmupMs, measureMs, backlog, kills, deepBacklog },
  ...race.outcome,
}
writeResult(options.out ?? resultFolder, result)
process.stdout.write(`${options.json ? JSON.stringify(result) : raceTables(result)}\n`)
process.exit(result.measurements.some(({ error }) => error !== null) ? EXIT_FAILED : 0)
