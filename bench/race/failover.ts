import { createInterface } from 'node:readline'
import type { ManagedProcess } from '../../test/support/managed-process.ts'
import type { Blow } from './contenders/contender.ts'
import type { Entrant } from './entrant.ts'
import type { Question } from './questions.ts'
import type { Sample } from './sample.ts'
import { medianOf } from './statistics.ts'

const BYTES = 1024
/**
 * A send under way at the kill may have been confirmed before the process was gone. The probe tells
 * of none that took less than this, so no failover can be missed.
 */
const SLOW_MS = 20
/**
 * A contender that takes longer than this to serve again is said not to have. Erlang's nodes miss a
 * silent one after 75 s at most (`net_ticktime`).
 */
const FAILOVER_WITHIN_MS = 120_000
const READY_WITHIN_MS = 60_000
/** Who only falls silent is missed by nobody before so long: the same for all clients. */
const PATIENCE_MS = 500

interface FailoverKind {
  readonly name: string
  readonly asks: string
  readonly blow: Blow
  readonly isDeep?: boolean
}

/** Milliseconds from a blow to the leader to the first send confirmed after it. */
export function failover({ name, asks, blow, isDeep = false }: FailoverKind): Question {
  return {
    name,
    asks,
    needs: isDeep ? ['probe', 'takeover', 'fill'] : ['probe', 'takeover'],
    measure: 'p50Ms',
    better: 'less',
    ask: async (entrant, { kills, deepBacklog }, queue) => {
      if (isDeep) await fill(entrant, queue, deepBacklog)
      const strike = (): Promise<number> => entrant.running.strikeLeader(queue, blow)
      const patienceMs = blow === 'silence' ? PATIENCE_MS : 0
      const sample = await outages(entrant, { queue, patienceMs, times: kills, strike })
      await entrant.running.remove([queue])
      return sample
    },
  }
}

/**
 * Milliseconds from the start of the first process to the first send confirmed after it, with
 * messages that wait. All had been ended in order.
 */
export const restart: Question = {
  name: 'restart',
  asks: 'restart of all of it, with a backlog, to a confirmed send',
  needs: ['probe', 'fill'],
  measure: 'p50Ms',
  better: 'less',
  ask: async (entrant, { backlog, kills }, queue) => {
    await fill(entrant, queue, backlog)
    const strike = (): Promise<number> => entrant.running.restart()
    const sample = await outages(entrant, { queue, patienceMs: 0, times: kills, strike })
    await entrant.running.remove([queue])
    return sample
  },
}

async function fill(entrant: Entrant, queue: string, count: number): Promise<void> {
  await entrant.load({ do: 'fill', queue, queues: 1, count, bytes: BYTES })
}

interface Outages {
  readonly queue: string
  readonly patienceMs: number
  readonly times: number
  /** Makes one; answers the moment from which it counts. */
  readonly strike: () => Promise<number>
}

async function outages(
  entrant: Entrant,
  { queue, patienceMs, times, strike }: Outages,
): Promise<Sample> {
  const task = { do: 'probe', queue, bytes: BYTES, patienceMs } as const
  const probe = new Probe(await entrant.generator(task))
  const lasted: number[] = []
  try {
    await probe.ready()
    for (let time = 0; time < times; time++) {
      const fromMs = await strike()
      try {
        lasted.push((await probe.confirmedAfter(fromMs + SLOW_MS)) - fromMs)
      } finally {
        // The next question finds all of it, whatever came of this one.
        await entrant.running.restore()
      }
    }
  } finally {
    await probe.end()
  }
  const sorted = lasted.toSorted((a, b) => a - b)
  return {
    perSecond: null,
    p50Ms: medianOf(sorted),
    p99Ms: null,
    maxMs: sorted.at(-1) ?? null,
    cpuSecondsPerMillion: null,
    residentBytes: null,
    generatorBusy: null,
  }
}

interface ProbeLine {
  readonly ready?: boolean
  readonly confirmedMs?: number
}

/** The generator that sends one message after the other, and tells which took long. */
class Probe {
  readonly #process: ManagedProcess
  readonly #seen: ProbeLine[] = []
  #wake: () => void = () => undefined

  constructor(process: ManagedProcess) {
    this.#process = process
    const { stdout } = process.child
    if (stdout === null) throw new Error('no output of the probe')
    createInterface({ input: stdout }).on('line', (line) => {
      this.#seen.push(JSON.parse(line) as ProbeLine)
      this.#wake()
    })
    void process.exited.then(
      () => this.#wake(),
      () => this.#wake(),
    )
  }

  async ready(): Promise<void> {
    await this.#find((line) => line.ready === true, READY_WITHIN_MS)
  }

  /** When the first of the slow sends was confirmed that were not before `ms`. */
  async confirmedAfter(ms: number): Promise<number> {
    const isLater = ({ confirmedMs }: ProbeLine): boolean => (confirmedMs ?? 0) > ms
    return (await this.#find(isLater, FAILOVER_WITHIN_MS)).confirmedMs ?? Number.NaN
  }

  async end(): Promise<void> {
    this.#process.child.stdin?.end()
    await this.#process.terminate()
  }

  async #find(isIt: (line: ProbeLine) => boolean, withinMs: number): Promise<ProbeLine> {
    const deadlineMs = performance.now() + withinMs
    for (;;) {
      const found = this.#seen.find(isIt)
      if (found !== undefined) return found
      const leftMs = deadlineMs - performance.now()
      if (!this.#process.isRunning || leftMs <= 0) {
        const { spec } = this.#process
        throw new Error(`${spec.name}: nothing in ${withinMs} ms:\n${this.#process.logTail(20)}`)
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}
