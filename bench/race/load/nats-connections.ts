import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import { connect } from '@nats-io/transport-node'
import { fail } from './nats-fail.ts'
import type { ConsumerPlace, GroupInfo } from './nats-jetstream.ts'
import { consumerInfo, streamInfo } from './nats-jetstream.ts'
import { WireConnection } from './nats-wire.ts'

const LEADER_WITHIN_MS = 30_000
const POLL_MS = 20
/** Connections that are being made at once. */
const CONNECTING = 50

/** The connections of a load, which ends when one of them does. Servers are named by address. */
export class Connections {
  /** For what is asked of the cluster before anything is measured. */
  readonly any: NatsConnection
  readonly #servers: readonly string[]
  readonly #open: WireConnection[] = []

  private constructor(any: NatsConnection, servers: readonly string[]) {
    this.any = any
    this.#servers = servers
  }

  static async open(address: string): Promise<Connections> {
    const servers = address.split(',')
    return new Connections(await connect({ servers, reconnect: false }), servers)
  }

  /** To the server that leads the stream: from any other a message would travel once more. */
  async toStream(stream: string): Promise<WireConnection> {
    return this.#to(await leaderOf(() => streamInfo(this.any, stream)))
  }

  /** To the server that leads the consumer, which need not be that of its stream. */
  async toConsumer(place: ConsumerPlace): Promise<WireConnection> {
    return this.#to(await leaderOf(() => consumerInfo(this.any, place)))
  }

  /** To all servers alike. */
  async toAny(count: number): Promise<void> {
    for (let made = 0; made < count; made += CONNECTING) {
      const batch = Math.min(CONNECTING, count - made)
      await Promise.all(Array.from({ length: batch }, (_, at) => this.#toOne(made + at)))
    }
  }

  async close(): Promise<void> {
    for (const connection of this.#open) connection.close()
    await this.any.close()
  }

  async #toOne(number: number): Promise<void> {
    const server = this.#servers[number % this.#servers.length]
    if (server === undefined) throw new Error('no servers are named')
    await this.#to(server)
  }

  async #to(server: string): Promise<WireConnection> {
    const connection = await WireConnection.open(server, fail)
    this.#open.push(connection)
    return connection
  }
}

async function leaderOf(ask: () => Promise<{ readonly cluster: GroupInfo }>): Promise<string> {
  const deadlineMs = performance.now() + LEADER_WITHIN_MS
  for (;;) {
    const { leader } = (await ask()).cluster
    if (leader !== undefined && leader !== '') return leader
    if (performance.now() > deadlineMs) throw new Error('no leader is elected')
    await delay(POLL_MS)
  }
}
