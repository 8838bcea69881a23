import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { javaArgs } from '../../test/support/failover-programs.ts'

export const BODY_BYTES = 1024
/** Beyond warm-up and measuring: starting a JVM and draining the queue. */
export const GRACE_MS = 120_000

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
  /** Times from send to confirmation. */
  readonly p50Ms?: number
  readonly p99Ms?: number
  readonly maxMs?: number
}

export interface Timing {
  readonly warmupMs: number
  readonly measureMs: number
}

/** One run of ActiveMQ's Java client against the broker or cluster behind `uri`. */
export async function measureRates(
  target: { readonly uri: string; readonly queue: string },
  scenario: Scenario,
  timing: Timing,
): Promise<RateRun> {
  const words = {
    uri: target.uri,
    queue: target.queue,
    senders: scenario.senders,
    window: scenario.window,
    body: BODY_BYTES,
    warmup: timing.warmupMs,
    measure: timing.measureMs,
  }
  const { stdout } = await promisify(execFile)(
    'java',
    await javaArgs({ program: 'Rates', words, isMeasured: true }),
    { timeout: timing.warmupMs + timing.measureMs + GRACE_MS, killSignal: 'SIGKILL' },
  )
  return JSON.parse(stdout) as RateRun
}
