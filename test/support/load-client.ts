import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { javaArgs } from './failover-programs.ts'
import type { DestinationName, HistoryEvent } from './history/events.ts'
import type { HistoryVerdict } from './history/judge.ts'
import { judgeHistory } from './history/judge.ts'
import { NdjsonProcess, monotonicNowMs } from './ndjson-process.ts'
import type { ProgramEvent } from './ndjson-process.ts'
import { waitUntil } from './wait-until.ts'

export interface LoadOptions {
  /** `failover:(...)`. */
  readonly uri: string
  /** Where the client's log goes. */
  readonly directory: string
  readonly queue?: string
  readonly producers?: number
  readonly consumers?: number
  /** Sends a second and producer; 0 = as fast as they are confirmed. */
  readonly rate?: number
  readonly ack?: 'auto' | 'client'
  readonly bodyBytes?: number
}

const START_WITHIN_MS = 30_000
const PAUSE_WITHIN_MS = 30_000
const PROGRESS_WITHIN_MS = 20_000
/** After the last confirmed message came, how long to listen for one too many. */
const QUIET_MS = 1000
/** A client hears of a broker that stopped answering only when its successor is there. */
const NOTICE_MS = 5000

/** What the program tells, as it belongs into a history; null for what does not. */
function toHistoryEvent(event: ProgramEvent, destination: DestinationName): HistoryEvent | null {
  const atMs = event.t
  const op = Number(event.n)
  const message = `${String(event.p)}:${op}`
  const client = `producer-${String(event.p)}`
  switch (event.e) {
    case 'invoke':
      return { kind: 'invoke', atMs, client, op, call: { type: 'send', message, destination } }
    case 'ok':
      return { kind: 'ok', atMs, client, op }
    case 'fail':
      // The client gave up; the message may be in the queue or not.
      return { kind: 'unknown', atMs, client, op, note: String(event.message) }
    case 'receive': {
      const consumer = `consumer-${String(event.c)}`
      const redelivered = event.redelivered === true
      return {
        kind: 'receive',
        atMs,
        client: consumer,
        consumer,
        message,
        destination,
        redelivered,
      }
    }
    case 'interrupted':
    case 'resumed':
      return { kind: event.e, atMs, client: String(event.party) }
    default:
      return null
  }
}

/** A steady flow of persistent messages through ActiveMQ's Java client, and its history. */
export class LoadClient {
  readonly history: HistoryEvent[] = []
  /** What the client reported as going wrong. */
  readonly errors: string[] = []
  readonly #program: NdjsonProcess
  readonly #destination: DestinationName
  #confirmed = 0
  readonly #received = new Set<string>()
  readonly #unreceived = new Set<string>()

  private constructor(program: NdjsonProcess, queue: string) {
    this.#program = program
    this.#destination = `queue://${queue}`
    program.onEvent((event) => this.#record(event))
  }

  static async start(options: LoadOptions): Promise<LoadClient> {
    const queue = options.queue ?? 'load'
    const words = {
      uri: options.uri,
      queue,
      producers: options.producers ?? 4,
      consumers: options.consumers ?? 2,
      rate: options.rate ?? 50,
      ack: options.ack ?? 'auto',
      body: options.bodyBytes ?? 200,
    }
    const program = new NdjsonProcess({
      name: 'load client',
      command: 'java',
      args: await javaArgs({ program: 'LoadClient', words }),
      logFile: join(options.directory, 'load-client.log'),
    })
    const client = new LoadClient(program, queue)
    try {
      await program.next(['ready'], START_WITHIN_MS)
      return client
    } catch (error) {
      await client.dispose()
      throw error
    }
  }

  produce(): void {
    this.#program.say('produce')
  }

  /** Stops the producers, once each pending send has its outcome. */
  async pause(timeoutMs = PAUSE_WITHIN_MS): Promise<void> {
    const paused = this.#program.next(['paused'], timeoutMs)
    this.#program.say('pause')
    await paused
  }

  /** Waits for so many further confirmed sends. */
  async progress(sends: number, timeoutMs = PROGRESS_WITHIN_MS): Promise<void> {
    const target = this.#confirmed + sends
    const what = `${sends} further confirmed sends`
    await waitUntil(() => this.#confirmed >= target, { what, timeoutMs })
  }

  /** Waits until every confirmed message was received and the queue is quiet. */
  async drain(timeoutMs: number): Promise<void> {
    const what = 'every confirmed message to be received'
    await waitUntil(() => this.#unreceived.size === 0, { what, timeoutMs }).catch(() => undefined)
    await delay(QUIET_MS)
    this.history.push({ kind: 'drained', atMs: monotonicNowMs() })
  }

  /** How long it took is judged elsewhere: nobody tells this history what was broken when. */
  verdict(): HistoryVerdict {
    return judgeHistory(this.history, { noticeMs: NOTICE_MS, unavailableMs: Infinity })
  }

  async quit(): Promise<void> {
    this.#program.say('quit')
    await Promise.race([this.#program.process.exited, delay(5000, undefined, { ref: false })])
    await this.dispose()
  }

  async dispose(): Promise<void> {
    await this.#program.dispose()
  }

  logTail(): string {
    return this.#program.process.logTail()
  }

  #record(event: ProgramEvent): void {
    const mapped = toHistoryEvent(event, this.#destination)
    if (mapped !== null) this.#remember(mapped)
    if (['error', 'fail', 'exception', 'ackFail'].includes(event.e)) {
      this.errors.push(JSON.stringify(event))
    }
  }

  #remember(event: HistoryEvent): void {
    this.history.push(event)
    if (event.kind === 'ok')
      this.#onConfirmed(`${event.client.slice('producer-'.length)}:${event.op}`)
    else if (event.kind === 'receive') this.#onReceived(event.message)
  }

  #onConfirmed(name: string): void {
    this.#confirmed++
    if (this.#received.has(name)) return
    this.#unreceived.add(name)
  }

  #onReceived(name: string): void {
    this.#received.add(name)
    this.#unreceived.delete(name)
  }
}
