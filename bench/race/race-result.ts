import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ContenderName } from './contenders/contender.ts'
import { racePage } from './page.ts'
import type { Measure, Sample } from './sample.ts'
import { spreadOf } from './statistics.ts'
import type { Spread } from './statistics.ts'

/** One contender's answer to one question in one round. */
export interface Measurement {
  readonly round: number
  readonly question: string
  readonly contender: ContenderName
  /** null: it failed, and `error` says how. */
  readonly sample: Sample | null
  readonly error: string | null
}

export interface Started {
  readonly name: ContenderName
  readonly title: string
  readonly promise: string
  readonly version: string
}

export interface Absent {
  readonly name: ContenderName
  readonly title: string
  readonly why: string
}

/** A run, with all that its numbers depend on. */
export interface RaceResult {
  readonly benchmark: 'race'
  /** ISO 8601, of the day. */
  readonly date: string
  readonly machine: string
  readonly disk: string
  readonly node: string
  readonly commit: string
  readonly config: Readonly<Record<string, number>>
  readonly started: readonly Started[]
  readonly absent: readonly Absent[]
  readonly measurements: readonly Measurement[]
}

/** How this contender did over all rounds in one number of this question; null when it did not. */
export function spreadIn(
  { measurements }: Pick<RaceResult, 'measurements'>,
  about: {
    readonly question: string
    readonly contender: ContenderName
    readonly measure: Measure
  },
): Spread | null {
  const values = measurements
    .filter(({ question, contender }) => {
      return question === about.question && contender === about.contender
    })
    .map(({ sample }) => sample?.[about.measure] ?? null)
  return spreadOf(values.filter((value) => value !== null))
}

export function writeResult(folder: string, result: RaceResult): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'race.json'), `${JSON.stringify(result, null, 2)}\n`)
  writeFileSync(join(folder, 'race.html'), racePage(result))
}
