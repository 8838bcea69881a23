import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Figure, Verdict } from './figures.ts'
import type { QuestionName } from './options.ts'

/** What one question came to, with everything that it depends on. */
export interface QuestionResult {
  readonly question: QuestionName
  /** ISO 8601, of the day on which it was measured. */
  readonly date: string
  /** As somebody else would ask the same; the directory left out. */
  readonly command: string
  readonly machine: string
  /** `ext4 on a virtual disk`. */
  readonly disk: string
  readonly node: string
  readonly commit: string
  /** Sizes, by the names of the flags. */
  readonly config: Readonly<Record<string, string | number>>
  /** How long it took, brokers started and messages sent included. */
  readonly seconds: number
  /** Why there is no answer; else null. */
  readonly error: string | null
  readonly figures: readonly (Figure & { readonly verdict: Verdict })[]
  /** Every single value. */
  readonly details: object
}

const BENCHMARK = 'store-depth'

interface ResultFile {
  readonly benchmark: typeof BENCHMARK
  readonly results: readonly QuestionResult[]
}

/**
 * Results in a folder, a file for each question, or all in one file when the path ends in `.json`.
 * A question's newer result takes the place of the older one; the others stay.
 */
export class Results {
  readonly #path: string
  readonly #isFolder: boolean

  constructor(path: string) {
    this.#path = path
    this.#isFolder = !path.endsWith('.json')
  }

  keep(result: QuestionResult): void {
    const path = this.#fileOf(result.question)
    const others = readResults(path).filter(({ question }) => question !== result.question)
    const file: ResultFile = { benchmark: BENCHMARK, results: [...others, result] }
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`)
  }

  /** What was kept of this question, if it was answered at these sizes by this commit. */
  answered(
    question: QuestionName,
    like: Pick<QuestionResult, 'config' | 'commit'>,
  ): QuestionResult | undefined {
    return readResults(this.#fileOf(question)).find(
      (result) =>
        result.question === question &&
        result.error === null &&
        result.commit === like.commit &&
        JSON.stringify(result.config) === JSON.stringify(like.config),
    )
  }

  #fileOf(question: QuestionName): string {
    return this.#isFolder ? join(this.#path, `${question}.json`) : this.#path
  }
}

/** Of a file, or of all files of a folder; none where there is nothing. */
export function readResults(path: string): readonly QuestionResult[] {
  if (!existsSync(path)) return []
  if (path.endsWith('.json')) return parseResults(path, readFileSync(path, 'utf8'))
  const names = readdirSync(path).filter((name) => name.endsWith('.json'))
  return names.flatMap((name) => readResults(join(path, name)))
}

function parseResults(path: string, text: string): readonly QuestionResult[] {
  const file = parsed(text)
  if (file?.benchmark === BENCHMARK && file.results !== undefined) return file.results
  throw new Error(`${path} holds no results of this benchmark: choose another file, or remove it`)
}

function parsed(text: string): Partial<ResultFile> | null {
  try {
    return JSON.parse(text) as Partial<ResultFile> | null
  } catch {
    return null
  }
}
