import { setTimeout as delay } from 'node:timers/promises'
import type { LoadAnswer, Times } from './load-task.ts'

/** What was used while something was counted. */
export interface Used {
  readonly seconds: number
  readonly cpuSeconds: number
}

/** Starts counting; the function that it answers with ends that. */
export function using(): () => Used {
  const startedMs = performance.now()
  const before = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(before)
    const seconds = (performance.now() - startedMs) / 1000
    return { seconds, cpuSeconds: (user + system) / 1e6 }
  }
}

export function answerOf(count: number, used: Used, times: Times | null): LoadAnswer {
  return { count, seconds: used.seconds, times, cpuSeconds: used.cpuSeconds }
}

/** The time in which things count, behind a warm-up in which everything flows already. */
export class Stretch {
  readonly #warmupMs: number
  readonly #measureMs: number
  #counts = false
  #isOver = false

  constructor(task: { readonly warmupMs: number; readonly measureMs: number }) {
    this.#warmupMs = task.warmupMs
    this.#measureMs = task.measureMs
  }

  get counts(): boolean {
    return this.#counts
  }

  /** Nothing new is begun any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Lets both pass. */
  async pass(): Promise<Used> {
    await delay(this.#warmupMs)
    const used = using()
    this.#counts = true
    await delay(this.#measureMs)
    this.#counts = false
    this.#isOver = true
    return used()
  }
}
