import { createInterface } from 'node:readline'
import { ManagedProcess } from './managed-process.ts'
import type { ProcessSpec } from './managed-process.ts'
import { waitUntil } from './wait-until.ts'

/** One line that a program printed; `t` is on this machine's monotonic clock, in milliseconds. */
export interface ProgramEvent {
  readonly t: number
  readonly e: string
  readonly [field: string]: unknown
}

/** A program that obeys words on its standard input and tells what it does in lines of JSON. */
export class NdjsonProcess {
  readonly process: ManagedProcess
  readonly #listeners = new Set<(event: ProgramEvent) => void>()

  constructor(spec: Omit<ProcessSpec, 'stdin' | 'stdout'>) {
    this.process = new ManagedProcess({ ...spec, stdin: 'pipe', stdout: 'pipe' })
    const { stdout, stdin } = this.process.child
    if (stdout === null || stdin === null) throw new Error('no pipes to the program')
    stdin.on('error', () => undefined)
    createInterface({ input: stdout }).on('line', (line) => {
      const event = JSON.parse(line) as ProgramEvent
      for (const listener of this.#listeners) listener(event)
    })
  }

  onEvent(listener: (event: ProgramEvent) => void): void {
    this.#listeners.add(listener)
  }

  say(words: string): void {
    this.process.child.stdin?.write(`${words}\n`)
  }

  /** The next event of one of these kinds; an error when it does not come in time. */
  async next(kinds: readonly string[], timeoutMs: number): Promise<ProgramEvent> {
    let found: ProgramEvent | undefined
    const listener = (event: ProgramEvent): void => {
      if (found === undefined && kinds.includes(event.e)) found = event
    }
    this.#listeners.add(listener)
    try {
      const what = `${this.process.spec.name} to say ${kinds.join(' or ')}`
      return await waitUntil(() => this.#alive() && found, { what, timeoutMs, pollMs: 5 })
    } finally {
      this.#listeners.delete(listener)
    }
  }

  async dispose(): Promise<void> {
    await this.process.kill9().catch(() => undefined)
  }

  #alive(): true {
    if (this.process.isRunning) return true
    throw new Error(`${this.process.spec.name} ended early:\n${this.process.logTail()}`)
  }
}

/** Now, on the clock of `ProgramEvent.t`. */
export function monotonicNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
