import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { failoverPrograms } from '../../test/support/java-program.ts'
import type { JavaPrograms } from '../../test/support/java-program.ts'

const folder = fileURLToPath(new URL('java', import.meta.url))
const BODY_BYTES = 1024
/** Beyond warm-up and measuring: starting a JVM and draining the queue. */
const GRACE_MS = 120_000

/** Who sends, and how much of it is under way. */
export interface Scenario {
  readonly name: string
  /** Each has its own connection. */
  readonly senders: number
  /** Unconfirmed sends of each sender; 1 = it waits for every confirmation. */
  readonly window: number
}

export interface RateRun {
  readonly confirmed: number
  readonly seconds: number
  /** Times from send to confirmation; the ceiling does not take them. */
  readonly p50Ms?: number
  readonly p99Ms?: number
  readonly maxMs?: number
}

export interface Timing {
  readonly warmupMs: number
  readonly measureMs: number
}

/** The client's programs and those of the stock broker, compiled together. */
export function benchPrograms(): JavaPrograms {
  return failoverPrograms(folder)
}

/** One run of ActiveMQ's Java client against the broker or cluster behind `uri`. */
export async function measureRates(
  target: { readonly uri: string; readonly queue: string },
  scenario: Scenario,
  timing: Timing,
): Promise<RateRun> {
  const options = {
    uri: target.uri,
    queue: target.queue,
    senders: scenario.senders,
    window: scenario.window,
    body: BODY_BYTES,
    warmup: timing.warmupMs,
    measure: timing.measureMs,
  }
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  const { stdout } = await promisify(execFile)(
    'java',
    benchPrograms().serverArgsOf('Rates', ...words),
    { timeout: timing.warmupMs + timing.measureMs + GRACE_MS, killSignal: 'SIGKILL' },
  )
  return JSON.parse(stdout) as RateRun
}
