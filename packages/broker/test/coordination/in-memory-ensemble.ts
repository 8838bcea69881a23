import { ManualClock } from '@quorate/core/base/manual-clock'
import { BrokerError } from '@quorate/core/base/errors'
import { silentLog } from '@quorate/core/base/log'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import { createPipe } from '@quorate/core/transport/pipe'
import { CoordinationService } from '../../src/coordination/server/coordination-service.ts'
import { DataTree } from '../../src/coordination/server/data-tree.ts'
import { ServerConnection } from '../../src/coordination/server/server-connection.ts'
import type { Transaction } from '../../src/coordination/server/transactions.ts'
import { ZooKeeperClient } from '../../src/coordination/zookeeper/client.ts'
import type { ClientEvent } from '../../src/coordination/zookeeper/client.ts'

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export interface JoinedClient {
  readonly client: ZooKeeperClient
  /** Session news, and watch events as `type path`. */
  readonly heard: string[]
  /** Ends the connection; it may be made again. */
  interrupt(): void
}

/**
 * Our coordination service and its clients on pipes and a manual clock: no port, no disk, no wait.
 */
export class InMemoryEnsemble {
  readonly clock = new ManualClock(1_000)
  readonly tree = new DataTree()
  readonly transactions: Transaction[] = []
  readonly service: CoordinationService
  reachable = true
  /** Transactions are durable at once, unless this is set; then `flush` makes them so. */
  holdDisk = false
  /** Called with each request before the service sees it; true cuts the connection after it did. */
  cutAfter: ((frame: Buffer) => boolean) | undefined
  readonly #connections = new Set<ServerConnection>()
  #passwords = 100

  constructor(tickMs = 500) {
    this.service = new CoordinationService({
      tree: this.tree,
      append: (transaction) => {
        this.transactions.push(transaction)
        if (!this.holdDisk) this.service.durable(transaction.zxid)
      },
      tickMs,
      monotonicMs: () => this.clock.monotonicMs(),
      wallMs: () => this.clock.wallMs(),
      randomBytes: (length) => Buffer.alloc(length, ++this.#passwords),
      log: silentLog,
    })
    this.clock.every(tickMs, () => this.service.tick())
  }

  flush(): void {
    this.service.durable(this.tree.lastZxid)
  }

  connect = (): Promise<ByteStream> => {
    if (!this.reachable) return Promise.reject(new BrokerError('CONNECTION_LOST', 'unreachable'))
    const [near, far] = createPipe()
    const connection = new ServerConnection(far, {
      received: (peer, frame) => this.#received(peer, frame),
      word: () => null,
      closed: (peer) => {
        this.#connections.delete(peer)
        this.service.disconnected(peer)
      },
      offended: () => {},
    })
    this.#connections.add(connection)
    this.service.connected(connection)
    return Promise.resolve(near)
  }

  /** Every connection ends. */
  interrupt(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  join(
    options: { readonly chroot?: string; readonly sessionTimeoutMs?: number } = {},
  ): JoinedClient {
    const heard: string[] = []
    const streams: ByteStream[] = []
    const client = new ZooKeeperClient({
      connectString: `ensemble:2181${options.chroot ?? ''}`,
      sessionTimeoutMs: options.sessionTimeoutMs ?? 8_000,
      clock: this.clock,
      log: silentLog,
      random: () => 0.5,
      listener: (event) => heard.push(text(event)),
      connect: async () => {
        const stream = await this.connect()
        streams.push(stream)
        return stream
      },
    })
    client.start()
    return { client, heard, interrupt: () => streams.at(-1)?.destroy() }
  }

  /** Moves time on in steps, so that whatever waits for an answer gets it in between. */
  async pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += 250) {
      this.clock.advance(Math.min(250, ms - passedMs))
      await settle()
    }
  }

  #received(peer: ServerConnection, frame: Buffer): void {
    const cut = this.cutAfter?.(frame) === true
    if (cut) {
      // The service acts on the request, and its answer goes nowhere.
      this.cutAfter = undefined
      this.holdDisk = true
    }
    this.service.received(peer, frame)
    if (!cut) return
    peer.destroy()
    this.holdDisk = false
    this.flush()
  }
}

function text(event: ClientEvent): string {
  return event.type === 'session' ? event.news : `${event.event.type} ${event.event.path}`
}
