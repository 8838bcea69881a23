import type { Clock } from '@quorate/core/base/clock'
import { BrokerError, assert, errnoOf, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import type { Network, NetworkServer } from '@quorate/core/transport/network'
import { hostAndPort } from '@quorate/core/transport/tcp-stream'

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
  readonly network: Network
  readonly clock: Clock
  readonly log: Log
}

/**
 * Accepts connections at one address. It exists only while this broker leads: a broker that does
 * not lead refuses connections outright, which `failover:` clients take as "try the next" (R46).
 */
export class Listener {
  readonly #options: ListenerOptions
  #server: NetworkServer | null = null
  #isStopped = false
  #lastRefusalLogMs = -Infinity

  constructor(options: ListenerOptions) {
    this.#options = options
  }

  get isStarted(): boolean {
    return this.#server !== null
  }

  get connections(): number {
    return this.#server?.connections ?? 0
  }

  /** Where it listens. Only while started. */
  get address(): { readonly host: string; readonly port: number } {
    assert(this.#server !== null, 'only a started listener has an address')
    return this.#server.address
  }

  /** Resolves when connections are accepted; rejects with ADDRESS_IN_USE when the port is taken. */
  async start(): Promise<void> {
    assert(this.#server === null, 'a listener starts once')
    const { name, host, port, backlog, network, log } = this.#options
    const server = await network
      .listen({
        host,
        port,
        backlog,
        accept: (stream) => this.#connected(stream),
        onError: (error) => {
          const reason = toBrokerError(error).message
          log.warn('a connection could not be accepted', { listener: name, error: reason })
        },
      })
      .catch((error: unknown) => {
        throw listenError(error as Error, { name, host, port })
      })
    // Stopped while the port was being opened.
    if (this.#isStopped) {
      await server.close()
      return
    }
    this.#server = server
    log.info('listening', { listener: name, address: hostAndPort(host, server.address.port) })
  }

  /**
   * Stops listening and closes every connection at once. Nothing is answered any more: what was
   * under way has an unknown outcome, and the clients will ask the next leader (R29).
   */
  async stop(): Promise<void> {
    this.#isStopped = true
    const server = this.#server
    this.#server = null
    await server?.close()
  }

  #connected(stream: ByteStream): void {
    // The server counts this connection already. A port may be served before `start` resumes.
    const isFull = this.connections > this.#options.maximumConnections
    if (this.#isStopped || isFull) this.#refuse(stream)
    else this.#options.accept(stream)
  }

  #refuse(stream: ByteStream): void {
    const { name, maximumConnections, clock, log } = this.#options
    stream.destroy()
    if (this.#isStopped) return
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
