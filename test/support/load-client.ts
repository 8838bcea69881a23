import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { javaArgs } from './failover-programs.ts'
import { NdjsonProcess } from './ndjson-process.ts'
import type { ProgramEvent } from './ndjson-process.ts'
import type { QueueEvent, TotalQueueVerdict } from './total-queue.ts'
import { checkTotalQueue } from './total-queue.ts'
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

function toQueueEvent(event: ProgramEvent): QueueEvent | null {
  const atMs = event.t
  const producer = Number(event.p)
  const n = Number(event.n)
  switch (event.e) {
    case 'invoke':
    case 'ok':
    case 'fail':
      return { kind: event.e, atMs, producer, n }
    case 'receive':
      return {
        kind: 'receive',
        atMs,
        consumer: Number(event.c),
        producer,
        n,
        redelivered: event.redelivered === true,
      }
    case 'interrupted':
    case 'resumed':
      return { kind: event.e, atMs, party: String(event.party) }
    default:
      return null
  }
}

/** A steady flow of persistent messages through ActiveMQ's Java client, and its history. */
export class LoadClient {
  readonly history: QueueEvent[] = []
  /** What the client reported as going wrong. */
  readonly errors: string[] = []
  readonly #program: NdjsonProcess
  #confirmed = 0
  readonly #received = new Set<string>()
  readonly #unreceived = new Set<string>()

  private constructor(program: NdjsonProcess) {
    this.#program = program
    program.onEvent((event) => this.#record(event))
  }

  static async start(options: LoadOptions): Promise<LoadClient> {
    const words = {
      uri: options.uri,
      queue: options.queue ?? 'load',
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
    const client = new LoadClient(program)
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
  }

  verdict(): TotalQueueVerdict {
    return checkTotalQueue(this.history)
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
    const mapped = toQueueEvent(event)
    if (mapped !== null) this.#remember(mapped)
    if (['error', 'fail', 'exception', 'ackFail'].includes(event.e)) {
      this.errors.push(JSON.stringify(event))
    }
  }

  #remember(event: QueueEvent): void {
    this.history.push(event)
    if (event.kind === 'ok') this.#onConfirmed(`${event.producer}:${event.n}`)
    else if (event.kind === 'receive') this.#onReceived(`${event.producer}:${event.n}`)
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
