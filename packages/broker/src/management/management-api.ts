import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BrokerError, errnoOf, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { BrokerStatus } from './broker-status.ts'

/** Nobody needs more to watch a broker; whoever comes later is refused. */
export const MANAGEMENT_CONNECTIONS_MAX = 256
/** A request that is not complete by then is dropped. */
const REQUEST_TIMEOUT_MS = 10_000

export interface ManagementOptions {
  /** Interface to listen on; loopback unless the operator decides otherwise. */
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
  readonly status: () => BrokerStatus
  readonly log: Log
}

/**
 * The HTTP API of one broker, in every role. Read-only:
 *
 * | path            | answers                                                               |
 * |-----------------|-----------------------------------------------------------------------|
 * | /api/v1/status  | BrokerStatus                                                          |
 * | /healthz        | 200 while the process runs its event loop                             |
 * | /readyz         | 200 when the node does what its role asks, 503 while it starts or is halted |
 *
 * On Node's own server: to load a framework takes longer than all the rest of a broker's start, and
 * three fixed paths need none.
 */
export class ManagementApi {
  /** `http://host:port`, with the port that was taken. */
  readonly url: string
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    this.url = urlOf(server.address() as AddressInfo)
  }

  /** Listens. Throws ADDRESS_IN_USE when the port is taken. */
  static async start({ host, port, status, log }: ManagementOptions): Promise<ManagementApi> {
    const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) =>
      respond(response, request, answerTo(request, status, log)),
    )
    server.maxConnections = MANAGEMENT_CONNECTIONS_MAX
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen({ host, port }, resolve)
      })
    } catch (error) {
      throw listenError(error, host, port)
    }
    server.on('error', (error) => log.warn('the HTTP API cannot accept a connection', { error }))
    return new ManagementApi(server)
  }

  /** Whoever is still connected is cut off. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}

function listenError(error: unknown, host: string, port: number): BrokerError {
  const details = { host, port }
  if (errnoOf(error) === 'EADDRINUSE') {
    const message = `console port ${host}:${port} (consolePort) is taken by another process`
    return new BrokerError('ADDRESS_IN_USE', message, { cause: error, details })
  }
  if (errnoOf(error) === 'EADDRNOTAVAIL' || errnoOf(error) === 'ENOTFOUND') {
    const message = `the HTTP API cannot listen at ${host} (consoleHost): no address of this machine`
    return new BrokerError('CONFIG_INVALID', message, { cause: error, details })
  }
  return toBrokerError(error)
}

/**
 * A node is ready unless it is starting or halted. Readiness does not ask for a quorum, a leader or
 * a seat in the configuration: an orchestrator that starts the second broker only when the first is
 * ready would otherwise wait forever.
 */
function isReady({ role }: BrokerStatus): boolean {
  return role !== 'starting' && role !== 'halted'
}

export interface ManagementAnswer {
  readonly code: number
  /** Sent as JSON. */
  readonly body: unknown
}

/** Never throws. Exported for tests, which ask without a port. */
export function answerTo(
  { method = '', url = '' }: Pick<IncomingMessage, 'method' | 'url'>,
  status: () => BrokerStatus,
  log: Log,
): ManagementAnswer {
  const unknown = { error: 'NOT_FOUND', message: `no ${method} ${url}` }
  if (method !== 'GET' && method !== 'HEAD') return { code: 404, body: unknown }
  try {
    switch (url.split('?', 1)[0]) {
      case '/':
        return { code: 200, body: ABOUT }
      case '/api/v1/status':
        return { code: 200, body: status() }
      case '/healthz':
        return { code: 200, body: { status: 'alive' } }
      case '/readyz':
        return readiness(status())
      default:
        return { code: 404, body: unknown }
    }
  } catch (error) {
    log.error('HTTP request failed', { url, error })
    return { code: 500, body: { error: 'INTERNAL', message: 'internal error' } }
  }
}

const ABOUT = { name: 'quorate', endpoints: ['/api/v1/status', '/healthz', '/readyz'] }

function readiness(current: BrokerStatus): ManagementAnswer {
  const { role, trouble } = current
  const ready = isReady(current)
  const body = { status: ready ? 'ready' : 'not ready', role, trouble }
  return { code: ready ? 200 : 503, body }
}

function respond(response: ServerResponse, request: IncomingMessage, answer: ManagementAnswer) {
  const text = JSON.stringify(answer.body)
  // The API takes no bodies: what else comes on this connection is not read.
  if (request.method !== 'GET' && request.method !== 'HEAD') response.shouldKeepAlive = false
  response.writeHead(answer.code, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(text)
}

/** Where this machine reaches it, also when it listens on all interfaces. */
function urlOf({ address, port }: AddressInfo): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (address === '::') return `http://[::1]:${port}`
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
}
