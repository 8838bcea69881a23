import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import { connect } from '@nats-io/transport-node'
import { fail } from './nats-fail.ts'
import type { ConsumerPlace, GroupInfo } from './nats-jetstream.ts'
import { consumerInfo, streamInfo } from './nats-jetstream.ts'

const LEADER_WITHIN_MS = 30_000
const POLL_MS = 20
/** Connections that are being made at once. */
const CONNECTING = 50

/** The connections of a load that ends when one of them does. Servers are named by address. */
export class Connections {
  readonly servers: readonly string[]
  readonly #open = new Set<NatsConnection>()
  #isClosing = false

  constructor(address: string) {
    this.servers = address.split(',')
  }

  /** To this server alone, or to any. */
  async open(server?: string): Promise<NatsConnection> {
    const connection = await connect({
      servers: server === undefined ? [...this.servers] : [server],
      reconnect: false,
      ignoreClusterUpdates: true,
      noAsyncTraces: true,
    })
    this.#open.add(connection)
    void connection.closed().then((error) => this.#ended(connection, error))
    return connection
  }

  async openMany(count: number): Promise<void> {
    for (let made = 0; made < count; made += CONNECTING) {
      const batch = Math.min(CONNECTING, count - made)
      const each = Array.from({ length: batch }, (_, at) => this.servers[at % this.servers.length])
      await Promise.all(each.map((server) => this.open(server)))
    }
  }

  /** To the server that leads the stream: from any other a message would travel once more. */
  async openToStream(stream: string): Promise<NatsConnection> {
    return this.#openToLeader((any) => streamInfo(any, stream))
  }

  /** To the server that leads the consumer, which need not be that of its stream. */
  async openToConsumer(place: ConsumerPlace): Promise<NatsConnection> {
    return this.#openToLeader((any) => consumerInfo(any, place))
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await Promise.all([...this.#open].map((connection) => connection.close()))
  }

  async #openToLeader(
    ask: (any: NatsConnection) => Promise<{ readonly cluster: GroupInfo }>,
  ): Promise<NatsConnection> {
    const any = await this.open()
    const server = await leaderOf(async () => (await ask(any)).cluster)
    await this.#close(any)
    return this.open(server)
  }

  async #close(connection: NatsConnection): Promise<void> {
    this.#open.delete(connection)
    await connection.close()
  }

  #ended(connection: NatsConnection, error: unknown): void {
    if (this.#isClosing || !this.#open.has(connection)) return
    const reason = error instanceof Error ? error.message : 'closed by the server'
    fail(`a connection to ${connection.getServer()} ended: ${reason}`)
  }
}

async function leaderOf(ask: () => Promise<GroupInfo>): Promise<string> {
  const deadlineMs = performance.now() + LEADER_WITHIN_MS
  for (;;) {
    const { leader } = await ask()
    if (leader !== undefined && leader !== '') return leader
    if (performance.now() > deadlineMs) throw new Error('no leader is elected')
    await delay(POLL_MS)
  }
}
