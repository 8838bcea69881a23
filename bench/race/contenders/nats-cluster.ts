import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NatsConnection } from '@nats-io/transport-node'
import { connect } from '@nats-io/transport-node'
import { freePorts } from '../../../test/support/free-ports.ts'
import { ManagedProcess } from '../../../test/support/managed-process.ts'
import { monotonicNowMs } from '../../../test/support/ndjson-process.ts'
import { waitUntil } from '../../../test/support/wait-until.ts'
import {
  deleteStream,
  ensureStream,
  isInStep,
  streamInfo,
  streamNames,
  streamWith,
} from '../load/nats-jetstream.ts'
import { queueStream, streamNamesOf } from '../load/nats-streams.ts'
import type { Blow } from './contender.ts'
import { serverConfig, serverName } from './nats-config.ts'
import type { NatsServerPlace, NatsSync } from './nats-config.ts'

const SERVERS = 3
const PORTS_EACH = 3
const START_WITHIN_MS = 60_000
const IN_STEP_WITHIN_MS = 120_000
const END_WITHIN_MS = 60_000
const POLL_MS = 100

/** Three servers, and a connection to any of them for questions. */
export class NatsCluster {
  readonly #servers: readonly NatsServer[]
  #connection: NatsConnection | null = null

  private constructor(servers: readonly NatsServer[]) {
    this.#servers = servers
  }

  static async start(directory: string, sync: NatsSync): Promise<NatsCluster> {
    const places = await choosePlaces(directory)
    const servers = places.map((place) => new NatsServer(place, serverConfig(place, places, sync)))
    const cluster = new NatsCluster(servers)
    try {
      await cluster.#begin()
      return cluster
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  get version(): string {
    const { info } = this.#any()
    if (info === undefined) throw new Error('the NATS server did not introduce itself')
    return info.version
  }

  /** As a client's list of servers. */
  get address(): string {
    return this.#servers.map(({ name }) => name).join(',')
  }

  pids(): number[] {
    return this.#servers.flatMap(({ pid }) => pid ?? [])
  }

  /** Queues that are subjects of one stream go together. */
  async remove(queues: readonly string[]): Promise<void> {
    const wanted = new Set(queues.flatMap((queue) => streamNamesOf(queue)))
    for (const stream of await streamNames(this.#any())) {
      if (wanted.has(stream)) await deleteStream(this.#any(), stream)
    }
  }

  /** Answers when, on CLOCK_MONOTONIC in milliseconds. */
  async strikeLeaderOf(queue: string, blow: Blow): Promise<number> {
    const { cluster } = await streamInfo(this.#any(), await streamWith(this.#any(), queue))
    const leader = this.#servers.find(({ name }) => name === cluster.leader)
    if (leader === undefined) throw new Error(`nobody leads ${queue}`)
    const struckMs = monotonicNowMs()
    await leader.strike(blow)
    return struckMs
  }

  /** Starts whoever was struck, and waits until every server has its part of every stream. */
  async restore(): Promise<void> {
    for (const server of this.#servers) await server.revive()
    await waitUntil(() => this.#isWhole(), {
      what: 'all NATS servers to be in step',
      timeoutMs: IN_STEP_WITHIN_MS,
      pollMs: POLL_MS,
    })
  }

  /** Answers when the first one was started again. */
  async restart(): Promise<number> {
    await Promise.all(this.#servers.map((server) => server.end()))
    const startedMs = monotonicNowMs()
    for (const server of this.#servers) server.start()
    return startedMs
  }

  async stop(): Promise<void> {
    await this.#connection?.close()
    // At once: what they hold is thrown away.
    await Promise.all(this.#servers.map((server) => server.kill9()))
  }

  async #begin(): Promise<void> {
    for (const server of this.#servers) server.start()
    await this.#awaitHealth()
    this.#connection = await connect({
      servers: this.#servers.map(({ name }) => name),
      maxReconnectAttempts: -1,
      reconnectTimeWait: POLL_MS,
    })
    const ready = await ensureStream(this.#connection, queueStream('ready', 1))
    await this.#connection.request('ready', '', { timeout: START_WITHIN_MS })
    await deleteStream(this.#connection, ready)
  }

  async #awaitHealth(): Promise<void> {
    for (const server of this.#servers) {
      await waitUntil(() => server.isHealthy(), {
        what: `${server.name} to know the leader`,
        timeoutMs: START_WITHIN_MS,
        pollMs: POLL_MS,
      })
    }
  }

  async #isWhole(): Promise<boolean> {
    const healthy = await Promise.all(this.#servers.map((server) => server.isHealthy()))
    if (healthy.includes(false)) return false
    for (const stream of await streamNames(this.#any())) {
      if (!isInStep((await streamInfo(this.#any(), stream)).cluster)) return false
    }
    return true
  }

  #any(): NatsConnection {
    if (this.#connection === null) throw new Error('NATS is not started')
    return this.#connection
  }
}

class NatsServer {
  readonly #place: NatsServerPlace
  readonly #configFile: string
  #process: ManagedProcess | null = null
  #isSilent = false

  constructor(place: NatsServerPlace, config: string) {
    this.#place = place
    mkdirSync(place.directory)
    this.#configFile = join(place.directory, 'nats-server.conf')
    writeFileSync(this.#configFile, config)
  }

  get name(): string {
    return serverName(this.#place)
  }

  get pid(): number | null {
    return this.#process?.isRunning === true ? this.#process.pid : null
  }

  start(): void {
    if (this.pid !== null) return
    this.#process = new ManagedProcess({
      name: `nats-server ${this.name}`,
      command: 'nats-server',
      args: ['--config', this.#configFile],
      logFile: join(this.#place.directory, 'nats-server.log'),
    })
  }

  async kill9(): Promise<void> {
    await this.#process?.kill9()
  }

  async strike(blow: Blow): Promise<void> {
    if (blow === 'kill') return this.kill9()
    this.#isSilent = true
    this.#process?.signal('SIGSTOP')
  }

  /** Starts it if it is down, or anew if it stands still. */
  async revive(): Promise<void> {
    if (this.#isSilent) await this.kill9()
    this.#isSilent = false
    this.start()
  }

  /** In order. */
  async end(): Promise<void> {
    await this.#process?.terminate(END_WITHIN_MS)
  }

  /** It knows who leads, and every stream and consumer it has a part of is current. */
  async isHealthy(): Promise<boolean> {
    if (this.pid === null) {
      throw new Error(`${this.name} ended early:\n${this.#process?.logTail() ?? ''}`)
    }
    const url = `http://127.0.0.1:${this.#place.monitorPort}/healthz`
    // Refused until it listens.
    return fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
  }
}

async function choosePlaces(directory: string): Promise<NatsServerPlace[]> {
  const ports = await freePorts(SERVERS * PORTS_EACH)
  return Array.from({ length: SERVERS }, (_, at) => {
    const [port, routePort, monitorPort] = ports.slice(at * PORTS_EACH)
    if (port === undefined || routePort === undefined || monitorPort === undefined) {
      throw new Error('no ports for NATS')
    }
    return { port, routePort, monitorPort, directory: join(directory, `nats-${at + 1}`) }
  })
}
