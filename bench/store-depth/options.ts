import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'

/** In the order in which they are measured. */
export const questionNames = [
  'backlog',
  'takeover',
  'restart',
  'index',
  'consume',
  'many-queues',
  'held',
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
  /** Takeovers. */
  readonly rounds: number
  /** What passes through the queue while its oldest message is held, in bytes. */
  readonly heldBytes: number
  /** As quorate.yaml has it. */
  readonly logSize: string
  readonly seed: number
  /** Where the brokers keep everything; made, and removed at the end. */
  readonly directory: string
  readonly out: string | null
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
  --rounds N        takeovers (3)
  --held-gb G       that pass through the queue of the question held (2; the issue's size is 20)
  --log-size SIZE   of a journal segment (100mb)
  --seed N          of the bodies (1)
  --directory DIR   where the brokers' directories go, and are removed from (the temporary one)
  --out FILE        the result (bench/results/store-depth.json)
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
  'log-size': { type: 'string', default: '100mb' },
  seed: { type: 'string', default: '1' },
  directory: { type: 'string', default: tmpdir() },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** Throws an Error that names the flag and what it takes. */
export function parseOptions(words: readonly string[]): DepthOptions {
  const { values } = parseArgs({ args: [...words], options: flags })
  const heldGb = Number(values['held-gb'])
  if (!(heldGb > 0 && heldGb <= 1000)) throw new Error('--held-gb takes a number above 0')
  return {
    questions: chosenQuestions(values.question ?? []),
    messages: count('messages', values.messages, 5),
    bytes: count('bytes', values.bytes, 1),
    queues: count('queues', values.queues, 1),
    window: count('window', values.window, 1),
    rounds: count('rounds', values.rounds, 1),
    heldBytes: Math.round(heldGb * 1e9),
    logSize: values['log-size'],
    seed: count('seed', values.seed, 0),
    directory: values.directory,
    out: values.out ?? null,
    json: values.json,
    help: values.help,
  }
}

function chosenQuestions(names: readonly string[]): QuestionName[] {
  const unknown = names.find((name) => !(questionNames as readonly string[]).includes(name))
  if (unknown !== undefined) {
    throw new Error(`--question ${unknown} is none of ${questionNames.join(', ')}`)
  }
  return questionNames.filter((name) => names.length === 0 || names.includes(name))
}

/** 1000000, 1,000,000 or 1_000_000. */
function count(flag: string, text: string, least: number): number {
  const value = Number(text.replaceAll(/(?<=\d)[,_](?=\d)/g, ''))
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new Error(`--${flag} takes a whole number of at least ${least}`)
}
