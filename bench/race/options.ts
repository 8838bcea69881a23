import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { didYouMean } from '@quorate/broker/config/nearest-word'
import { contenderNames } from './contenders/contender.ts'
import type { ContenderName } from './contenders/contender.ts'
import { questions } from './questions.ts'
import type { Shape } from './questions.ts'

export interface RaceOptions extends Shape {
  /** Names, in the order of the tables. */
  readonly questions: readonly string[]
  readonly contenders: readonly ContenderName[]
  readonly rounds: number
  /** Where the contenders keep everything; made, and removed at the end. */
  readonly directory: string
  /** A folder for race.json and race.html. */
  readonly out: string | null
  /** A folder for profiles of Quorate's brokers. */
  readonly profile: string | null
  readonly json: boolean
  readonly help: boolean
}

export const help = `npm run bench -- [flags]

  --question NAME     only this question; may be repeated:
                      ${inLines(questions.map(({ name }) => name))}
  --contender NAME    only this contender; may be repeated:
                      ${inLines(contenderNames)}
  --rounds N          in each of which every contender answers every question (5)
  --warmup-ms N       before anything counts (3000)
  --measure-ms N      that count (10000)
  --backlog N         messages that wait before they are consumed (100,000)
  --kills N           of a leader in each round of the failover questions, and restarts (6)
  --deep-backlog N    that wait as a leader with a backlog is killed (1,000,000)
  --directory DIR     where everything is kept, and removed from (the temporary one)
  --out DIR           for race.json and race.html (bench/results/race)
  --profile DIR       where Quorate's brokers leave profiles of themselves, which costs them
                      some speed; \`npm run bench:profile\` reads them
  --json              the result on standard output, instead of the tables
`

const flags = {
  question: { type: 'string', multiple: true },
  contender: { type: 'string', multiple: true },
  rounds: { type: 'string', default: '5' },
  'warmup-ms': { type: 'string', default: '3000' },
  'measure-ms': { type: 'string', default: '10000' },
  backlog: { type: 'string', default: '100000' },
  kills: { type: 'string', default: '6' },
  'deep-backlog': { type: 'string', default: '1000000' },
  directory: { type: 'string', default: tmpdir() },
  out: { type: 'string' },
  profile: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** Throws an Error that names the flag and what it takes. */
export function parseOptions(words: readonly string[]): RaceOptions {
  checkFlags(words)
  const { values } = parseArgs({ args: [...words], options: flags })
  const questionNames = questions.map(({ name }) => name)
  return {
    questions: chosen('question', values.question, questionNames),
    contenders: chosen('contender', values.contender, contenderNames),
    rounds: count('rounds', values.rounds),
    warmupMs: count('warmup-ms', values['warmup-ms']),
    measureMs: count('measure-ms', values['measure-ms']),
    backlog: count('backlog', values.backlog),
    kills: count('kills', values.kills),
    deepBacklog: count('deep-backlog', values['deep-backlog']),
    directory: values.directory,
    out: values.out ?? null,
    profile: values.profile ?? null,
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
    const known = Object.keys(flags).map((name) => `--${name}`)
    const nearest = didYouMean(token.rawName, known)
    throw new Error(`there is no flag ${token.rawName}, --help tells them all${nearest}`)
  }
}

/** All of them where none is named; in their own order. */
function chosen<Name extends string>(
  flag: string,
  named: readonly string[] | undefined,
  known: readonly Name[],
): Name[] {
  for (const name of named ?? []) {
    if (known.some((one) => one === name)) continue
    throw new Error(`there is no ${flag} ${name}${didYouMean(name, known)}`)
  }
  return known.filter((one) => named === undefined || named.includes(one))
}

function count(flag: string, text: string): number {
  const value = Number(text.replaceAll(/[,_]/g, ''))
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new Error(`--${flag} takes a whole number of at least 1, not ${text}`)
}

/** Names behind each other, in lines that fit. */
function inLines(names: readonly string[]): string {
  const lines: string[] = ['']
  for (const name of names) {
    const last = lines.length - 1
    if ((lines[last] ?? '').length + name.length > 70) lines.push(`${name}, `)
    else lines[last] += `${name}, `
  }
  return lines.join(`\n${' '.repeat(22)}`).replace(/, $/, '')
}
