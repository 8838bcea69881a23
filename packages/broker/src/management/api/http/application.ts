import { fastify } from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify'
import type { Socket } from 'node:net'
import type { Clock } from '@quorate/core/base/clock'
import { BrokerError } from '@quorate/core/base/errors'
import type { Log, LogFields } from '@quorate/core/base/log'
import type { Caller } from '../access/caller.ts'
import type { Gate } from '../access/gate.ts'
import type { ClusterElections } from '../cluster/cluster-elections.ts'
import type { ClusterReports } from '../cluster/cluster-reports.ts'
import type { EventStreams } from '../events/event-streams.ts'
import type { ManagedBroker } from '../managed-broker.ts'
import { checked } from './check.ts'
import {
  CONNECTIONS_LOOK_MS,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  REQUEST_BODY_BYTES_MAX,
  REQUEST_HEADER_BYTES_MAX,
  REQUEST_TIMEOUT_MS,
} from './limits.ts'
import { problem, problemOf } from './problem.ts'
import type { Problem } from './problem.ts'
import { isChange } from './route.ts'
import type { Answer, Call, Route } from './route.ts'
import { securityHeaders } from './security-headers.ts'

export interface ApplicationParts {
  readonly routes: readonly Route[]
  readonly broker: ManagedBroker
  readonly gate: Gate
  readonly streams: EventStreams
  readonly reports: ClusterReports
  readonly elections: ClusterElections
  readonly clock: Clock
  readonly log: Log
}

/**
 * The HTTP application of these routes. Asks the gate first, then checks, then lets them answer.
 */
export async function createApplication(parts: ApplicationParts): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: REQUEST_BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: true,
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: CONNECTIONS_LOOK_MS,
      maxHeaderSize: REQUEST_HEADER_BYTES_MAX,
    },
    routerOptions: { maxParamLength: REQUEST_HEADER_BYTES_MAX },
    schemaController: noCompilers,
    clientErrorHandler: refuseConnection,
    frameworkErrors: (error, _request, reply) => {
      void refuse(reply, problem(400, 'INVALID_ARGUMENT', error.message))
    },
  })
  // JSON alone: a page of another site can send anything else without being asked.
  app.removeContentTypeParser('text/plain')
  const callers = new WeakMap<FastifyRequest, Caller>()
  app.addHook('onSend', async (_request, reply) => {
    for (const [name, value] of Object.entries(securityHeaders)) {
      if (!reply.hasHeader(name)) void reply.header(name, value)
    }
  })
  app.setNotFoundHandler((request, reply) => {
    return refuse(reply, problem(404, 'NOT_FOUND', `There is no ${request.method} of this path.`))
  })
  app.setErrorHandler((error, request, reply) => {
    return refuse(reply, failureOf(error, request, parts.log))
  })
  for (const route of parts.routes) addRoute(app, route, { ...parts, callers })
  await app.ready()
  return app
}

/**
 * Routes are given to the framework without their schemas: `checked` goes by them. Its own
 * compilers, which are never asked then, are not even loaded: they take longer than all the rest.
 */
const noCompilers = {
  compilersFactory: {
    buildValidator: () => () => () => true,
    buildSerializer: () => () => (value: unknown) => JSON.stringify(value),
  },
} as unknown as NonNullable<FastifyServerOptions['schemaController']>

interface RouteParts extends ApplicationParts {
  readonly callers: WeakMap<FastifyRequest, Caller>
}

function addRoute(app: FastifyInstance, route: Route, parts: RouteParts): void {
  app.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    exposeHeadRoute: route.method === 'GET' && !('open' in route),
    onRequest: async (request, reply) => {
      const { caller, refusal } = parts.gate.admit(visitOf(request, route))
      parts.callers.set(request, caller)
      const unfit = refusal ?? unfitContent(request)
      if (unfit === null) return
      if (isChange(request.method) && caller.name !== '') {
        parts.log.audit(AUDIT, { ...auditOf(caller, request), outcome: unfit.code })
      }
      await refuse(reply, unfit)
    },
    handler: async (request, reply) => {
      const caller = parts.callers.get(request)
      if (caller === undefined) throw new BrokerError('INTERNAL', 'a request passed by the gate')
      const { broker, clock, reports, elections } = parts
      const call = callOf(route, request, { caller, broker, clock, reports, elections })
      if ('open' in route) {
        const begin = route.open(call, parts.streams)
        reply.hijack()
        begin(reply.raw)
        return reply
      }
      return send(reply, await answered(route, call, { request, log: parts.log }))
    },
  })
}

function visitOf(request: FastifyRequest, route: Route) {
  const { headers, socket } = request
  const fetchSite = headers['sec-fetch-site']
  return {
    address: socket.remoteAddress ?? '',
    host: headers.host,
    origin: headers.origin,
    fetchSite: Array.isArray(fetchSite) ? fetchSite.join(',') : fetchSite,
    authorization: headers.authorization,
    isChange: isChange(request.method),
    needs: route.role,
  }
}

/** A form of another site's page cannot have this type without the browser asking us first. */
function unfitContent({ method, headers }: FastifyRequest): Problem | null {
  if (method !== 'POST' && method !== 'PUT') return null
  if (/^application\/json *(;|$)/i.test(headers['content-type'] ?? '')) return null
  return problem(415, 'INVALID_ARGUMENT', 'The content has to be of the type application/json.')
}

function callOf(
  route: Route,
  request: FastifyRequest,
  about: Pick<
    Call<unknown, unknown, unknown>,
    'caller' | 'broker' | 'clock' | 'reports' | 'elections'
  >,
): Call<unknown, unknown, unknown> {
  const { parameters, query, body } = route
  const from = (name: string) => ({ name, isText: name !== 'body' })
  return {
    ...about,
    path: parameters && checked(parameters, request.params, from('path')),
    query: query && checked(query, request.query, from('query')),
    body: body && checked(body, request.body, from('body')),
  }
}

type AnsweredOnly = Extract<Route, { handle: unknown }>

/** What it answers; a change leaves a line in the log, whatever came of it. */
async function answered(
  route: AnsweredOnly,
  call: Call<unknown, unknown, unknown>,
  { request, log }: { readonly request: FastifyRequest; readonly log: Log },
): Promise<Answer> {
  if (!isChange(route.method)) return route.handle(call)
  const what = { ...auditOf(call.caller, request), ...route.audited?.(call.body) }
  try {
    const answer = await route.handle(call)
    log.audit(AUDIT, { ...what, outcome: 'done', ...answer.audit })
    return answer
  } catch (error) {
    log.audit(AUDIT, { ...what, outcome: problemOf(error).code, ...auditIn(error) })
    throw error
  }
}

/** What was done all the same before it failed. */
function auditIn(error: unknown): LogFields {
  const count = error instanceof BrokerError ? error.details.count : undefined
  return typeof count === 'number' ? { count } : {}
}

/** What the lines of changes begin with. */
const AUDIT = 'change by the API'

/** Who wants what; strangers are not in the log, or anybody could fill it. */
function auditOf({ name, from }: Caller, request: FastifyRequest): LogFields {
  return { user: name, from, change: `${request.method} ${pathOf(request)}` }
}

/** Without the query, still encoded: a line stays a line. */
function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? ''
}

function failureOf(error: unknown, request: FastifyRequest, log: Log): Problem {
  if (error instanceof BrokerError && error.kind !== 'internal') return problemOf(error)
  const status = statusOf(error)
  if (status >= 400 && status < 500) {
    const message = error instanceof Error ? error.message : 'The request cannot be read.'
    return problem(status, 'INVALID_ARGUMENT', message)
  }
  log.error('HTTP request failed', { method: request.method, path: pathOf(request), error })
  return problemOf(error)
}

/** Of an error of the framework's. */
function statusOf(error: unknown): number {
  const has = typeof error === 'object' && error !== null && 'statusCode' in error
  return has && typeof error.statusCode === 'number' ? error.statusCode : 500
}

const JSON_TYPE = 'application/json; charset=utf-8'

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  const { status, body, type, headers = {} } = answer
  void reply.code(status).headers(headers)
  if (body === undefined) return reply.send()
  void reply.type(type ?? JSON_TYPE)
  return reply.send(type === undefined ? JSON.stringify(body) : body)
}

async function refuse(reply: FastifyReply, what: Problem): Promise<FastifyReply> {
  const { method } = reply.request
  // Its body was not read, perhaps: what else comes on this connection is not believed.
  if (isChange(method)) void reply.header('connection', 'close')
  if (what.status === 401) {
    void reply.header('www-authenticate', 'Basic realm="Quorate", charset="UTF-8"')
  }
  if (what.status === 503) void reply.header('retry-after', '1')
  return reply.code(what.status).type('application/problem+json').send(JSON.stringify(what))
}

const statusLineOf: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
}

/** What comes is no HTTP request. */
function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const status = statusLineOf[error.code ?? ''] ?? '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
