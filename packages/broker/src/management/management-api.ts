import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { BrokerStatus } from './broker-status.ts'

/** Nobody needs more to watch a broker; whoever comes later is refused. */
export const MANAGEMENT_CONNECTIONS_MAX = 256
/** The API takes no bodies. */
const BODY_BYTES_MAX = 1024
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
 */
export class ManagementApi {
  /** `http://host:port`, with the port that was taken. */
  readonly url: string
  readonly #server: FastifyInstance

  private constructor(server: FastifyInstance, url: string) {
    this.#server = server
    this.url = url
  }

  /** Listens. Throws ADDRESS_IN_USE when the port is taken. */
  static async start({ host, port, status, log }: ManagementOptions): Promise<ManagementApi> {
    const server = buildServer(status, log)
    try {
      return new ManagementApi(server, await server.listen({ host, port }))
    } catch (error) {
      await server.close()
      throw toBrokerError(error)
    }
  }

  async stop(): Promise<void> {
    await this.#server.close()
  }
}

/**
 * A node is ready unless it is starting or halted. Readiness does not ask for a quorum, a leader or
 * a seat in the configuration: an orchestrator that starts the second broker only when the first is
 * ready would otherwise wait forever.
 */
function isReady({ role }: BrokerStatus): boolean {
  return role !== 'starting' && role !== 'halted'
}

/** Exported for tests, which inject requests without a port. */
export function buildServer(status: () => BrokerStatus, log: Log): FastifyInstance {
  const server = Fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  })
  server.server.maxConnections = MANAGEMENT_CONNECTIONS_MAX
  server.addHook('onSend', (_request, reply, _payload, done) => {
    void reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
    done()
  })
  server.get('/', () => ({
    name: 'quorate',
    endpoints: ['/api/v1/status', '/healthz', '/readyz'],
  }))
  server.get('/api/v1/status', () => status())
  server.get('/healthz', () => ({ status: 'alive' }))
  server.get('/readyz', (_request, reply) => {
    const current = status()
    const { role, trouble } = current
    const ready = isReady(current)
    return reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? 'ready' : 'not ready', role, trouble })
  })
  server.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: 'NOT_FOUND', message: `no ${request.method} ${request.url}` }),
  )
  server.setErrorHandler((error, request, reply) => {
    const statusCode = statusOf(error)
    if (statusCode >= 500) log.error('HTTP request failed', { url: request.url, error })
    const message = error instanceof Error && statusCode < 500 ? error.message : 'internal error'
    return reply
      .code(statusCode)
      .send({ error: statusCode < 500 ? 'BAD_REQUEST' : 'INTERNAL', message })
  })
  return server
}

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return 500
  return typeof error.statusCode === 'number' ? error.statusCode : 500
}
