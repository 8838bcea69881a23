import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Clock } from '@quorate/core/base/clock'
import { BrokerError, assert, errnoOf, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import { TcpStream, hostAndPort } from '@quorate/core/transport/tcp-stream'

/** A full listener says so at most this often. */
const REFUSAL_LOG_PERIOD_MS = 10_000

export interface ListenerOptions {
  /** The transport connector's name, for people. */
  readonly name: string
  readonly host: string
  /** 0 = any free port; `address` tells which. */
  readonly port: number
  /** Connections at a time; one more is closed at once (CONNECTION_LIMIT). */
  readonly maximumConnections: number
  /** Connections that the kernel holds until we accept them. */
  readonly backlog: number
  /** Takes a new connection; attaches to the stream before it returns. */
  readonly accept: (stream: ByteStream) => void
  readonly clock: Clock
  readonly log: Log
}

/**
 * Accepts connections at one address. It exists only while this broker leads: a broker that does
 * not lead refuses connections outright, which `failover:` clients take as "try the next" (R46).
 */
export class Listener {
  readonly #options: ListenerOptions
  readonly #sockets = new Set<Socket>()
  #server: Server | null = null
  #lastRefusalLogMs = -Infinity

  constructor(options: ListenerOptions) {
    this.#options = options
  }

  get isStarted(): boolean {
    return this.#server !== null
  }

  get connections(): number {
    return this.#sockets.size
  }

  /** Where it listens. Only while started. */
  get address(): { readonly host: string; readonly port: number } {
    const address = this.#server?.address()
    assert(
      address !== null && typeof address === 'object',
      'only a started listener has an address',
    )
    return { host: address.address, port: address.port }
  }

  /** Resolves when connections are accepted; rejects with ADDRESS_IN_USE when the port is taken. */
  start(): Promise<void> {
    assert(this.#server === null, 'a listener starts once')
    const { name, host, port, backlog, log } = this.#options
    const server = createServer({ noDelay: true }, (socket) => this.#connected(socket))
    this.#server = server
    return new Promise((resolve, reject) => {
      server.once('error', (error) => {
        this.#server = null
        reject(listenError(error, { name, host, port }))
      })
      server.listen({ host, port, backlog }, () => {
        server.removeAllListeners('error')
        // From here on errors are of single accepts (no file descriptors left): they pass.
        server.on('error', (error) =>
          log.warn('a connection could not be accepted', {
            listener: name,
            error: toBrokerError(error).message,
          }),
        )
        const bound = server.address() as AddressInfo
        log.info('listening', { listener: name, address: hostAndPort(host, bound.port) })
        resolve()
      })
    })
  }

  /**
   * Stops listening and closes every connection at once. Nothing is answered any more: what was
   * under way has an unknown outcome, and the clients will ask the next leader (R29).
   */
  stop(): Promise<void> {
    const server = this.#server
    if (server === null) return Promise.resolve()
    this.#server = null
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    return closed
  }

  #connected(socket: Socket): void {
    if (this.#server === null || this.#sockets.size >= this.#options.maximumConnections) {
      this.#refuse(socket)
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    this.#options.accept(new TcpStream(socket))
  }

  #refuse(socket: Socket): void {
    const { name, maximumConnections, clock, log } = this.#options
    // A refused peer may reset the connection; without a listener that would end the process.
    socket.on('error', () => {})
    socket.destroy()
    if (this.#server === null) return
    const nowMs = clock.monotonicMs()
    if (nowMs - this.#lastRefusalLogMs < REFUSAL_LOG_PERIOD_MS) return
    this.#lastRefusalLogMs = nowMs
    const error = new BrokerError(
      'CONNECTION_LIMIT',
      `listener ${name} has its ${maximumConnections} connections; another one was closed`,
    )
    log.warn(error.message, { code: error.code })
  }
}

interface Where {
  readonly name: string
  readonly host: string
  readonly port: number
}

function listenError(error: Error, { name, host, port }: Where): BrokerError {
  const where = hostAndPort(host, port)
  if (errnoOf(error) === 'EADDRINUSE') {
    return new BrokerError(
      'ADDRESS_IN_USE',
      `listener ${name} cannot use ${where}: another process listens there`,
      { cause: error, details: { host, port } },
    )
  }
  return new BrokerError(
    'CONFIG_INVALID',
    `listener ${name} cannot listen at ${where}: ${error.message}`,
    { cause: error, details: { host, port } },
  )
}
