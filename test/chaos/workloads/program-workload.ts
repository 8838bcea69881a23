import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { HistoryEvent } from '../../support/history/events.ts'
import { judgeHistory } from '../../support/history/judge.ts'
import type { CommandLine } from '../../support/host.ts'
import { NdjsonProcess } from '../../support/ndjson-process.ts'
import { waitUntil } from '../../support/wait-until.ts'
import type {
  RunningWorkload,
  Workload,
  WorkloadEnvironment,
  WorkloadVerdict,
} from '../workload.ts'
import { AwaitedMessages } from './awaited-messages.ts'
import { historyEventOf } from './history-line.ts'

const CONNECTED_WITHIN_MS = 60_000
const FLOWS_WITHIN_MS = 20_000
/** Longer than a client waits for the outcome of a call. */
const PAUSED_WITHIN_MS = 30_000
/** After the last message that was awaited, so long nothing may happen. */
const QUIET_MS = 1500
/** Nothing was received for so long: the rest does not come any more. */
const GIVES_UP_AFTER_MS = 15_000
const DRAINED_WITHIN_MS = 90_000
const QUITS_WITHIN_MS = 3000

export interface ProgramWorkload {
  readonly describe: string
  /** The command that runs the clients, as if on this machine. */
  readonly command: (environment: WorkloadEnvironment) => CommandLine | Promise<CommandLine>
}

/** A workload whose clients are one program: it prints its history and obeys a few words. */
export function programWorkload({ describe, command }: ProgramWorkload): Workload {
  return {
    describe,
    start: async (environment) => {
      const running = new RunningProgram(environment, await command(environment))
      try {
        await running.start()
        return running
      } catch (error) {
        await running.stop()
        throw error
      }
    },
  }
}

class RunningProgram implements RunningWorkload {
  readonly #environment: WorkloadEnvironment
  readonly #program: NdjsonProcess
  readonly #awaited = new AwaitedMessages()
  #lastReceiptMs = 0
  #lastEventMs = 0

  constructor(environment: WorkloadEnvironment, { command, args }: CommandLine) {
    this.#environment = environment
    this.#program = new NdjsonProcess({
      name: 'clients',
      ...environment.clientHost.commandLine(command, args),
      logFile: join(environment.directory, 'clients.log'),
    })
    this.#program.onEvent((line) => {
      const event = historyEventOf(line)
      if (event !== null) this.#see(event)
    })
  }

  async start(): Promise<void> {
    await this.#program.next(['ready'], CONNECTED_WITHIN_MS)
    const flows = this.#program.next(['ok'], FLOWS_WITHIN_MS)
    this.#program.say('produce')
    await flows
  }

  async drain(): Promise<void> {
    const paused = this.#program.next(['paused'], PAUSED_WITHIN_MS)
    this.#program.say('pause')
    // A producer that hangs is no reason not to look what arrived.
    await paused.catch(() => undefined)
    const { nowMs, record } = this.#environment
    const pausedMs = nowMs()
    const isOver = (): boolean => {
      const since = (eventMs: number): number => nowMs() - Math.max(eventMs, pausedMs)
      if (since(this.#lastReceiptMs) > GIVES_UP_AFTER_MS) return true
      return this.#awaited.size === 0 && since(this.#lastEventMs) > QUIET_MS
    }
    const limit = { what: 'the queues to be empty', timeoutMs: DRAINED_WITHIN_MS }
    await waitUntil(isOver, limit).catch(() => undefined)
    record({ kind: 'drained', atMs: nowMs() })
  }

  async stop(): Promise<void> {
    this.#program.say('quit')
    const late = delay(QUITS_WITHIN_MS, undefined, { ref: false })
    await Promise.race([this.#program.process.exited.catch(() => undefined), late])
    await this.#program.dispose()
  }

  verdict(events: readonly HistoryEvent[]): WorkloadVerdict {
    const { counts, violations } = judgeHistory(events)
    return {
      counts: { ...counts },
      violations: violations.map(({ check, line, events: proof }) => {
        const last = proof.at(-1)
        return { check, message: line, ...(last === undefined ? {} : { atMs: last.atMs }) }
      }),
    }
  }

  #see(event: HistoryEvent): void {
    this.#awaited.see(event)
    this.#lastEventMs = event.atMs
    if (event.kind === 'receive') this.#lastReceiptMs = event.atMs
    this.#environment.record(event)
  }
}
