import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Clock, Timer } from '@quorate/core/base/clock'
import type { Entropy } from '@quorate/core/base/entropy'
import { systemEntropy } from '@quorate/core/base/entropy'
import { BrokerError, errnoOf, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import { TcpStream, hostAndPort } from '@quorate/core/transport/tcp-stream'
import { CoordinationService } from './coordination-service.ts'
import { answerWord } from './four-letter-words.ts'
import type { ServerStatus } from './four-letter-words.ts'
import { ServerConnection } from './server-connection.ts'
import { TransactionLog } from './transaction-log.ts'
import type { LockDirectory } from './transaction-log.ts'

export interface CoordinationServerOptions {
  /** Where it listens; `127.0.0.1` by default. */
  readonly host?: string
  /** 0 = any free port; `port` tells which. */
  readonly port: number
  /** Where it keeps its log; made if it does not exist. */
  readonly directory: string
  /** Keeps the directory to this process; by process ids by default. */
  readonly lockDirectory?: LockDirectory
  readonly clock: Clock
  /** The machine's by default. */
  readonly entropy?: Entropy
  readonly log: Log
  /** Sessions last from 2 to 120 ticks; 500 ms by default. */
  readonly tickMs?: number
  /** Connections at a time; one more is closed at once. 1,000 by default. */
  readonly connectionsMax?: number
  /** Log since the last snapshot that calls for the next, in bytes; 16 MiB by default. */
  readonly snapshotAfterBytes?: number
  /**
   * The disk failed and the server has stopped serving; nothing that was not durable was answered.
   */
  readonly onFailure?: (error: BrokerError) => void
}

const tickMsDefault = 500
const connectionsMaxDefault = 1_000
/** For a client that connects and says nothing, in ticks. */
const handshakeTicksMax = 20

/**
 * One coordination server, speaking ZooKeeper's protocol: for development, tests and single
 * machines where nobody wants Java. Any ZooKeeper client works with it. It is durable over
 * restarts, and it is one process: production uses an Apache ZooKeeper ensemble.
 */
export class CoordinationServer {
  readonly #options: CoordinationServerOptions
  readonly #transactions: TransactionLog
  readonly #service: CoordinationService
  readonly #server: Server
  /** Ticks since the connection was made, until its handshake. */
  readonly #connections = new Map<ServerConnection, number>()
  readonly #ticker: Timer
  #receivedFrames = 0
  #stopping: Promise<void> | undefined

  private constructor(
    options: CoordinationServerOptions,
    { transactions, server }: { readonly transactions: TransactionLog; readonly server: Server },
  ) {
    const { clock, log, entropy = systemEntropy, tickMs = tickMsDefault } = options
    this.#options = options
    this.#transactions = transactions
    this.#server = server
    this.#service = new CoordinationService({
      tree: transactions.tree,
      append: (transaction) => transactions.append(transaction),
      tickMs,
      monotonicMs: () => clock.monotonicMs(),
      wallMs: () => clock.wallMs(),
      randomBytes: (length) => entropy.bytes(length),
      log,
    })
    transactions.listen({
      durable: (zxid) => this.#service.durable(zxid),
      failed: (error) => this.#failed(error),
    })
    server.on('connection', (socket) => this.#accept(socket))
    this.#ticker = clock.every(tickMs, () => this.#tick())
  }

  /**
   * Resolves when it serves. Rejects with ADDRESS_IN_USE, STORE_IN_USE, JOURNAL_CORRUPT or what the
   * disk says.
   */
  static async start(options: CoordinationServerOptions): Promise<CoordinationServer> {
    const { directory, lockDirectory, log, snapshotAfterBytes } = options
    const transactions = await TransactionLog.open({
      directory,
      log,
      ...(lockDirectory === undefined ? {} : { lockDirectory }),
      ...(snapshotAfterBytes === undefined ? {} : { snapshotAfterBytes }),
    })
    try {
      const server = await listen(options)
      return new CoordinationServer(options, { transactions, server })
    } catch (error) {
      await transactions.close()
      throw error
    }
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Closes every connection; the sessions live on and can be resumed after the next start. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#ticker.cancel()
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const connection of this.#connections.keys()) connection.destroy()
    await closed
    await this.#transactions.close()
  }

  #accept(socket: Socket): void {
    const { log, connectionsMax = connectionsMaxDefault } = this.#options
    if (this.#stopping !== undefined || this.#connections.size >= connectionsMax) {
      socket.on('error', () => {})
      socket.destroy()
      return
    }
    const connection = new ServerConnection(new TcpStream(socket), {
      received: (peer, frame) => this.#received(peer, frame),
      word: (first) => answerWord(first, () => this.#status()),
      closed: (peer) => this.#closed(peer),
      offended: (peer, { code, message }) => {
        log.warn('a coordination client was cut off', { address: peer.address, code, message })
      },
    })
    this.#connections.set(connection, 0)
    this.#service.connected(connection)
  }

  #received(connection: ServerConnection, frame: Buffer): void {
    this.#receivedFrames++
    this.#service.received(connection, frame)
  }

  #closed(connection: ServerConnection): void {
    this.#connections.delete(connection)
    this.#service.disconnected(connection)
  }

  #tick(): void {
    this.#service.tick()
    for (const [connection, ticks] of this.#connections) {
      if (this.#service.hasSession(connection)) continue
      if (ticks >= handshakeTicksMax) connection.destroy()
      else this.#connections.set(connection, ticks + 1)
    }
  }

  #failed(error: BrokerError): void {
    const { log, onFailure } = this.#options
    log.error('the coordination log failed; the server stops', { message: error.message })
    void this.stop()
    onFailure?.(error)
  }

  #status(): ServerStatus {
    const { tree } = this.#transactions
    return {
      connections: [...this.#connections.keys()].map(({ address }) => address),
      zxid: tree.lastZxid,
      nodes: tree.nodeCount,
      receivedFrames: this.#receivedFrames,
    }
  }
}

function listen({ host = '127.0.0.1', port }: CoordinationServerOptions): Promise<Server> {
  const server = createServer({ noDelay: true })
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const where = hostAndPort(host, port)
      const taken = errnoOf(error) === 'EADDRINUSE'
      reject(
        taken
          ? new BrokerError('ADDRESS_IN_USE', `${where} is taken by another process`, {
              cause: error,
            })
          : toBrokerError(error, 'CONFIG_INVALID'),
      )
    })
    server.listen({ host, port }, () => {
      server.removeAllListeners('error')
      // What comes later concerns a single connection that could not be accepted.
      server.on('error', () => {})
      resolve(server)
    })
  })
}
