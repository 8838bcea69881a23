import { BrokerError, errnoOf, toBrokerError } from '@quorate/core/base/errors'
import type { Refusal } from './api-problem.ts'
import { refusalOf } from './api-problem.ts'
import { isApiObject } from './api-values.ts'
import type { ApiObject } from './api-values.ts'
import { exchange } from './http-exchange.ts'
import type { HttpAnswer } from './http-exchange.ts'
import type { Login } from './login.ts'

export interface ApiOptions {
  /** HTTP APIs of brokers of one cluster, in the order in which they are asked. */
  readonly urls: readonly string[]
  readonly login: Login | null
  readonly timeoutMs: number
  /** Told which other node is asked, and why. */
  readonly note: (text: string) => void
}

export type Query = Readonly<Record<string, string | number | undefined>>

interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly query?: Query
  readonly body?: object
}

type Answer =
  | { readonly kind: 'done'; readonly body: ApiObject }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Nothing was sent: somebody else can be asked whatever it is. */
const unreached = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
])

/**
 * Asks the HTTP API of a cluster. A node that does not lead says who does, and that one is asked
 * then, once for each request; a node that is not there is passed over. A change whose outcome is
 * not known is never repeated.
 */
export class ApiClient {
  readonly #options: ApiOptions
  readonly #urls: readonly string[]
  /** Where the last leader was found. */
  #leaderUrl: string | null = null

  /** Throws INVALID_ARGUMENT for what is no URL of an API. */
  constructor(options: ApiOptions) {
    this.#options = options
    this.#urls = options.urls.map(apiOrigin)
  }

  get urls(): readonly string[] {
    return this.#urls
  }

  /** Reads. Rejects with what the API says, as an error of our table. */
  get(path: string, query: Query = {}): Promise<ApiObject> {
    return this.#ask({ method: 'GET', path, query })
  }

  /** Changes something; resolves when that is committed. */
  change(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<ApiObject> {
    return this.#ask({ method, path, ...(body === undefined ? {} : { body }) })
  }

  async #ask(request: ApiRequest): Promise<ApiObject> {
    let failure = new BrokerError('INVALID_ARGUMENT', 'no URL of a broker is given')
    const found = this.#leaderUrl
    const candidates = found === null ? this.#urls : [found, ...this.#urls]
    for (const url of new Set(candidates)) {
      try {
        return await this.#askFollowing(url, request)
      } catch (error) {
        if (!(error instanceof BrokerError) || !isWorthAnother(error, request)) throw error
        failure = error
      }
    }
    throw failure
  }

  async #askFollowing(url: string, request: ApiRequest): Promise<ApiObject> {
    const first = await this.#send(url, request)
    if (first.kind === 'done') return first.body
    const { error, leader, leaderUrl } = first.refusal
    if (leaderUrl === null) throw error
    const to = apiOrigin(leaderUrl)
    if (this.#options.login !== null && isLessSecret(url, to)) {
      const message = `${error.message} It is asked without TLS: --url ${to} says that it may be`
      throw new BrokerError('NOT_LEADER', message)
    }
    if (to !== this.#leaderUrl) this.#options.note(`${error.message} Asking ${leader} at ${to}`)
    const second = await this.#send(to, request)
    if (second.kind === 'refused') throw second.refusal.error
    this.#leaderUrl = to
    return second.body
  }

  async #send(origin: string, request: ApiRequest): Promise<Answer> {
    const { login, timeoutMs } = this.#options
    const { method, path, query = {}, body } = request
    const url = new URL(path, origin)
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const headers = {
      ...(login === null ? {} : { authorization: basicWords(login) }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const text = body === undefined ? '' : JSON.stringify(body)
    let answer: HttpAnswer
    try {
      answer = await exchange({ method, url, headers, body: text, timeoutMs })
    } catch (error) {
      throw asFailure(error, origin, method !== 'GET')
    }
    const { status } = answer
    const value = parsed(answer.text, origin)
    if (status >= 200 && status < 300 && isApiObject(value)) return { kind: 'done', body: value }
    const hasLogin = login !== null
    return { kind: 'refused', refusal: refusalOf({ status, body: value, origin, hasLogin }) }
  }
}

/**
 * The origin of a URL of an API; `localhost:8161` will do. Throws INVALID_ARGUMENT, without showing
 * what may be a password in it.
 */
export function apiOrigin(text: string): string {
  if (text.includes('@')) {
    const message = '--url: no login in it; give --user and --password-file instead'
    throw new BrokerError('INVALID_ARGUMENT', message)
  }
  const full = text.includes('://') ? text : `http://${text}`
  if (URL.canParse(full)) {
    const { protocol, origin } = new URL(full)
    if (protocol === 'http:' || protocol === 'https:') return origin
  }
  const message = `--url: ${text} is no HTTP API of a broker, such as http://localhost:8161`
  throw new BrokerError('INVALID_ARGUMENT', message)
}

/** A login that was given to an HTTPS server is not sent over HTTP because that server says so. */
export function isLessSecret(from: string, to: string): boolean {
  return from.startsWith('https:') && !to.startsWith('https:')
}

/** Whether another node may know better: this one is not there, or knows no leader. */
function isWorthAnother(error: BrokerError, { method }: ApiRequest): boolean {
  if (error.code === 'NOT_LEADER' || error.details.unreached === true) return true
  return method === 'GET' && (error.code === 'CONNECTION_LOST' || error.code === 'REQUEST_TIMEOUT')
}

function basicWords({ user, password }: Login): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`
}

/** What went wrong on the way, and whether it may have happened all the same. */
function asFailure(error: unknown, origin: string, isChange: boolean): BrokerError {
  if (unreached.has(errnoOf(error) ?? '')) {
    const details = { unreached: true }
    const message = `no broker answers at ${origin}`
    return new BrokerError('CONNECTION_LOST', message, { cause: error, details })
  }
  const { code, message } = toBrokerError(error, 'CONNECTION_LOST')
  const why = error instanceof BrokerError ? message : `no answer of ${origin} (${message})`
  const unknown = isChange ? '; whether it happened is not known: look before you repeat it' : ''
  return new BrokerError(code, why + unknown, { cause: error })
}

/** {} for the answer without a body that says that something is done. */
function parsed(text: string, origin: string): unknown {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new BrokerError('PROTOCOL_VIOLATION', `${origin} is no API of a broker`, { cause })
  }
}
