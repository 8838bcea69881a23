import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { didYouMean } from '@quorate/broker/config/nearest-word'

/** In the order in which they are measured. */
export const questionNames = [
  'backlog',
  'takeover',
  'restart',
  'index',
  'consume',
  'many-queues',
  'held',
  'catch-up',
] as const
export type QuestionName = (typeof questionNames)[number]

export interface DepthOptions {
  readonly questions: readonly QuestionName[]
  /** Of the backlog. */
  readonly messages: number
  /** Of each body. */
  readonly bytes: number
  /** Of the question many-queues. */
  readonly queues: number
  /** Unconfirmed sends under way. */
  readonly window: number
  /** Takeovers, and catch-ups. */
  readonly rounds: number
  /** What passes through the queue while its oldest message is held, in bytes. */
  readonly heldBytes: number
  /** What the log holds that a wiped follower has to take, in bytes of bodies. */
  readonly behindBytes: number
  /** Of each load that a catch-up is compared with. */
  readonly phaseSeconds: number
  /** As quorate.yaml has it. */
  readonly logSize: string
  readonly seed: number
  /** Where the brokers keep everything; made, and removed at the end. */
  readonly directory: string
  /** A folder, or a file that ends in .json; null: bench/results/store-depth. */
  readonly out: string | null
  /** Leave alone what was answered already. */
  readonly resume: boolean
  readonly json: boolean
  readonly help: boolean
}

export const help = `npm run bench:store-depth -- [flags]

  --question NAME   only this question; may be repeated:
                    ${questionNames.join(', ')}
  --messages N      waiting messages (1,000,000; the issue's size is 5,000,000)
  --bytes N         of each body (1024)
  --queues N        of the question many-queues (10,000)
  --window N        unconfirmed sends under way (1,000)
  --rounds N        takeovers, and catch-ups (3)
  --held-gb G       that pass through the queue of the question held (2; the issue's size is 20)
  --behind-gb G     that the wiped follower of the question catch-up has to take (1)
  --phase-seconds N of each load that it is compared with (20); it gets 15 times as long
  --log-size SIZE   of a journal segment (100mb)
  --seed N          of the bodies (1)
  --directory DIR   where the brokers' directories go, and are removed from (the temporary one)
  --out PATH        the results: a folder for a file for each question, or one file that
                    ends in .json (bench/results/store-depth); other questions' stay there
  --resume          asks only what is not answered there at these sizes by this commit
  --json            the result on standard output, instead of the table
`

const flags = {
  question: { type: 'string', multiple: true },
  messages: { type: 'string', default: '1000000' },
  bytes: { type: 'string', default: '1024' },
  queues: { type: 'string', default: '10000' },
  window: { type: 'string', default: '1000' },
  rounds: { type: 'string', default: '3' },
  'held-gb': { type: 'string', default: '2' },
  'behind-gb': { type: 'string', default: '1' },
  'phase-seconds': { type: 'string', default: '20' },
  'log-size': { type: 'string', default: '100mb' },
  seed: { type: 'string', default: '1' },
  directory: { type: 'string', default: tmpdir() },
  out: { type: 'string' },
  resume: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** Throws an Error that names the flag and what it takes. */
export function parseOptions(words: readonly string[]): DepthOptions {
  checkFlags(words)
  const { values } = parseArgs({ args: [...words], options: flags })
  return {
    questions: chosenQuestions(values.question ?? []),
    messages: count('messages', values.messages, 5),
    bytes: count('bytes', values.bytes, 1),
    queues: count('queues', values.queues, 1),
    window: count('window', values.window, 1),
    rounds: count('rounds', values.rounds, 1),
    heldBytes: gigabytes('held-gb', values['held-gb']),
    behindBytes: gigabytes('behind-gb', values['behind-gb']),
    phaseSeconds: count('phase-seconds', values['phase-seconds'], 1),
    logSize: values['log-size'],
    seed: count('seed', values.seed, 0),
    directory: values.directory,
    out: values.out ?? null,
    resume: values.resume,
    json: values.json,
    help: values.help,
  }
}

/** parseArgs finds an unknown flag too, but does not tell which one may be meant. */
function checkFlags(words: readonly string[]): void {
  const { tokens } = parseArgs({ args: [...words], options: flags, strict: false, tokens: true })
  for (const token of tokens) {
    if (token.kind === 'positional') throw new Error(`${token.value} belongs to no flag`)
    if (token.kind !== 'option' || Object.hasOwn(flags, token.name)) continue
    const nearest = didYouMean(
      token.rawName,
      Object.keys(flags).map((name) => `--${name}`),
    )
    throw new Error(`there is no flag ${token.rawName}, --help tells them all${nearest}`)
  }
}

/** What decides the size of what is measured, by the names of the flags. */
export function configOf(options: DepthOptions): Record<string, string | number> {
  return {
    messages: options.messages,
    bytes: options.bytes,
    queues: options.queues,
    window: options.window,
    rounds: options.rounds,
    'held-gb': options.heldBytes / 1e9,
    'behind-gb': options.behindBytes / 1e9,
    'phase-seconds': options.phaseSeconds,
    'log-size': options.logSize,
    seed: options.seed,
  }
}

/** The command that asks the same; where the brokers and the result are is left out. */
export function commandOf(options: DepthOptions): string {
  const usual = configOf(parseOptions([]))
  const sizes = Object.entries(configOf(options)).flatMap(([name, value]) =>
    usual[name] === value ? [] : [`--${name} ${value}`],
  )
  const isAll = options.questions.length === questionNames.length
  const asked = isAll ? [] : options.questions.map((name) => `--question ${name}`)
  return ['npm run bench:store-depth --', ...asked, ...sizes].join(' ').replace(/ --$/, '')
}

function chosenQuestions(names: readonly string[]): QuestionName[] {
  const unknown = names.find((name) => !(questionNames as readonly string[]).includes(name))
  if (unknown !== undefined) {
    const nearest = didYouMean(unknown, questionNames)
    throw new Error(`--question ${unknown} is none of ${questionNames.join(', ')}${nearest}`)
  }
  return questionNames.filter((name) => names.length === 0 || names.includes(name))
}

/** 1000000, 1,000,000 or 1_000_000. */
function count(flag: string, text: string, least: number): number {
  const value = Number(text.replaceAll(/(?<=\d)[,_](?=\d)/g, ''))
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new Error(`--${flag} takes a whole number of at least ${least}`)
}

/** In bytes. */
function gigabytes(flag: string, text: string): number {
  const value = Number(text)
  if (value > 0 && value <= 1000) return Math.round(value * 1e9)
  throw new Error(`--${flag} takes a number above 0, at most 1000`)
}
