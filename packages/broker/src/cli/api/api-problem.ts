import { BrokerError, errorTable } from '@quorate/core/base/errors'
import type { ErrorCode } from '@quorate/core/base/errors'
import { isApiObject } from './api-values.ts'
import type { ApiObject } from './api-values.ts'

/** What an answer that is no success says; `leaderUrl` where it names another node. */
export interface Refusal {
  readonly error: BrokerError
  readonly leader: string
  readonly leaderUrl: string | null
}

const codeByStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_ARGUMENT',
  401: 'NOT_AUTHENTICATED',
  403: 'NOT_AUTHORIZED',
  404: 'INVALID_DESTINATION',
  421: 'NOT_LEADER',
  429: 'NOT_AUTHENTICATED',
  503: 'RESOURCE_LIMIT',
  504: 'REQUEST_TIMEOUT',
}

/** The word of the API for a path that it does not have. */
const NO_SUCH_PATH = 'NOT_FOUND'

const LOGIN_HINT =
  '\nsay who you are: --user, and --password-file, QUORATE_PASSWORD or the question for it'
const NO_USERS_HINT = '\nthe setting consoleUsers of the broker names the file with its users'

function hintFor(code: ErrorCode, detail: string, hasLogin: boolean): string {
  if (code === 'NOT_AUTHENTICATED' && !hasLogin) return LOGIN_HINT
  return code === 'NOT_AUTHORIZED' && detail.startsWith('No users') ? NO_USERS_HINT : ''
}

export interface RefusedAnswer {
  readonly status: number
  readonly body: unknown
  readonly origin: string
  readonly hasLogin: boolean
}

/** The problem (RFC 9457) of an answer as an error of our table. */
export function refusalOf({ status, body, origin, hasLogin }: RefusedAnswer): Refusal {
  const problem: ApiObject = isApiObject(body) ? body : {}
  const { code: word, detail, leader, leaderUrl } = problem
  if (word === NO_SUCH_PATH) return { error: withoutPath(origin), leader: '', leaderUrl: null }
  const code = codeOf(word) ?? codeByStatus[status] ?? 'PROTOCOL_VIOLATION'
  const said = typeof detail === 'string' ? detail : `${origin} answers with HTTP ${status}.`
  const error = new BrokerError(code, said + hintFor(code, said, hasLogin), {
    details: { status },
  })
  return {
    error,
    leader: typeof leader === 'string' ? leader : 'another node',
    leaderUrl: status === 421 && typeof leaderUrl === 'string' ? leaderUrl : null,
  }
}

function codeOf(word: unknown): ErrorCode | undefined {
  const isCode = typeof word === 'string' && Object.hasOwn(errorTable, word)
  return isCode ? (word as ErrorCode) : undefined
}

function withoutPath(origin: string): BrokerError {
  const message = `${origin} does not tell this: it runs a version that cannot yet, or is no broker`
  return new BrokerError('UNSUPPORTED', message)
}
