import { createInterface } from 'node:readline'
import type { ManagedProcess } from '../../test/support/managed-process.ts'
import type { Entrant } from './entrant.ts'
import type { Question, Shape } from './questions.ts'
import type { Sample } from './sample.ts'
import { medianOf } from './statistics.ts'

const BYTES = 1024
/**
 * A send under way at the kill may have been confirmed before the process was gone. The probe tells
 * of none that took less than this, so no failover can be missed.
 */
const SLOW_MS = 20
/** A contender that takes longer than this to serve again is said not to have. */
const FAILOVER_WITHIN_MS = 60_000
const READY_WITHIN_MS = 60_000

interface FailoverKind {
  readonly name: string
  readonly asks: string
  readonly isDeep: boolean
}

/** Milliseconds from a `kill -9` of the leader to the first send confirmed after it. */
export function failover({ name, asks, isDeep }: FailoverKind): Question {
  return {
    name,
    asks,
    needs: isDeep ? ['probe', 'fill'] : ['probe'],
    measure: 'p50Ms',
    better: 'less',
    ask: async (entrant, shape, queue) => {
      if (isDeep) {
        const count = shape.deepBacklog
        await entrant.load({ do: 'fill', queue, queues: 1, count, bytes: BYTES })
      }
      const sample = await killOften(entrant, shape, queue)
      await entrant.running.remove([queue])
      return sample
    },
  }
}

async function killOften(entrant: Entrant, { kills }: Shape, queue: string): Promise<Sample> {
  const probe = new Probe(await entrant.generator({ do: 'probe', queue, bytes: BYTES }))
  const times: number[] = []
  try {
    await probe.ready()
    for (let kill = 0; kill < kills; kill++) {
      const killedMs = await entrant.running.killLeader(queue)
      times.push((await probe.confirmedAfter(killedMs + SLOW_MS)) - killedMs)
      await entrant.running.restore()
    }
  } finally {
    await probe.end()
  }
  const sorted = times.toSorted((a, b) => a - b)
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
