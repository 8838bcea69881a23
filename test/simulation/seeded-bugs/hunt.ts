import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { NOT_BROKEN } from './compile-in.mjs'
import type { WorldName } from './worlds.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
/** A history that does not end within this time has found the bug as well. */
const HISTORY_MS_MAX = 60_000
const NOT_RUN = 'this world does not run the file'
/** Kept of what failed. */
const FAILURE_MAX = 200
/** Kept of what a process says before it dies. */
const LAST_WORDS_MAX = 4_000

export interface Range {
  readonly first: number
  readonly seeds: number
}

export interface HuntOrder extends Range {
  readonly bug: string
  readonly world: WorldName
  /** Told before each history. */
  readonly begins?: (seed: number) => void
}

/** What came out of it. */
export interface Catch {
  /** The first seed that fails, null when none of them does. */
  readonly seed: number | null
  /** What failed, on one line. */
  readonly failure: string
  /** Seeds that were run. */
  readonly seeds: number
  readonly ms: number
}

/** What the process that runs the histories tells the one that started it. */
export type HuntNews =
  | { readonly type: 'begins'; readonly seed: number }
  | { readonly type: 'ends'; readonly seed: number | null; readonly failure: string }

/** Runs histories with one bug in a process of its own, until one fails. */
export function hunt(order: HuntOrder, signal: AbortSignal): Promise<Catch> {
  const { bug, world, first, seeds } = order
  const startedMs = performance.now()
  const child = spawn(
    process.execPath,
    [
      '--conditions=quorate-source',
      ...['--import', './test/simulation/seeded-bugs/compile-in.mjs', '--import', 'tsx'],
      'test/simulation/hunt-command.ts',
      ...['--child', '--world', world, '--first', `${first}`, '--seeds', `${seeds}`],
    ],
    {
      cwd: root,
      env: { ...process.env, QUORATE_SEEDED_BUG: bug },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  )
  const stop = (): void => void child.kill('SIGKILL')
  signal.addEventListener('abort', stop, { once: true })
  return new Promise((resolve, reject) => {
    let seed = first - 1
    let lastWords = ''
    let ended: Extract<HuntNews, { type: 'ends' }> | null = null
    let hangs = false
    const hang = (): void => {
      hangs = true
      stop()
    }
    let watchdog = setTimeout(hang, HISTORY_MS_MAX)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-LAST_WORDS_MAX)
    })
    child.on('message', (news: HuntNews) => {
      clearTimeout(watchdog)
      if (news.type === 'ends') ended = news
      else {
        seed = news.seed
        order.begins?.(seed)
        watchdog = setTimeout(hang, HISTORY_MS_MAX)
      }
    })
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(watchdog)
      signal.removeEventListener('abort', stop)
      const run = { seeds: Math.max(0, seed - first + 1), ms: performance.now() - startedMs }
      const died = { seed, failure: hangs ? 'the history does not end' : lastLine(lastWords) }
      if (signal.aborted) reject(new Error('stopped'))
      else if (code === NOT_BROKEN) resolve({ ...run, seed: null, failure: NOT_RUN })
      else if (ended !== null && code === 0) resolve({ ...run, ...outcomeOf(ended) })
      else if (seed >= first) resolve({ ...run, ...died })
      else reject(new Error(`${bug}: ${lastWords}`))
    })
  })
}

function outcomeOf({ seed, failure }: { readonly seed: number | null; readonly failure: string }) {
  return { seed, failure: (failure.split('\n')[0] ?? '').slice(0, FAILURE_MAX) }
}

/** The line that names the error of a process that died. */
function lastLine(words: string): string {
  const lines = words.split('\n')
  return lines.find((line) => /^\s*(\w*Error|\w*Violation)\b/.test(line)) ?? lines[0] ?? ''
}
