import { BrokerError } from '@quorate/core/base/errors'
import type { ErrorCode, ErrorKind } from '@quorate/core/base/errors'
import { integer, nullable, object, text } from './schema.ts'

/** What is wrong, as RFC 9457 writes it, with the code of our error table. */
export const problemSchema = object(
  {
    type: text({ description: 'Names the kind of problem; `urn:quorate:problem:` and the code.' }),
    title: text(),
    status: integer(),
    detail: text(),
    code: text({ description: 'A code of the error table (docs/reference/errors.md).' }),
    leader: nullable(text({ description: 'The node that leads, if it is known.' })),
    leaderUrl: nullable(text({ description: 'Where its API answers, if it is known.' })),
  },
  ['leader', 'leaderUrl'],
)

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly leader?: string | null
  readonly leaderUrl?: string | null
}

/** Refused by HTTP itself, before anything of ours is asked. */
const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  507: 'Insufficient Storage',
}

export function problem(status: number, code: string, detail: string): Problem {
  const word = code.toLowerCase().replaceAll('_', '-')
  const title = titles[status] ?? 'Error'
  return { type: `urn:quorate:problem:${word}`, title, status, detail, code }
}

const statusByKind: Readonly<Record<ErrorKind, number>> = {
  caller: 400,
  protocol: 400,
  security: 403,
  resource: 503,
  storage: 503,
  cluster: 503,
  internal: 500,
}

/** Where the kind alone says too little. */
const statusByCode: Readonly<Partial<Record<ErrorCode, number>>> = {
  INVALID_DESTINATION: 404,
  DESTINATION_IN_USE: 409,
  INVALID_CLIENT_ID: 409,
  ILLEGAL_STATE: 409,
  TRANSACTION_ROLLED_BACK: 409,
  FRAME_TOO_LARGE: 413,
  NOT_AUTHENTICATED: 401,
  RESOURCE_LIMIT: 507,
  REQUEST_TIMEOUT: 504,
}

/** What somebody is told who met this error. What a bug of ours says stays in the log. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof BrokerError) || error.kind === 'internal') {
    return problem(500, 'INTERNAL', 'A bug of ours; the log of the broker has more.')
  }
  if (error.code === 'NOT_LEADER') return notLeader(error)
  const status = statusByCode[error.code] ?? statusByKind[error.kind]
  return problem(status, error.code, error.message)
}

/** 421 where another node can be asked, 503 while there is none. */
function notLeader({ code, message, details }: BrokerError): Problem {
  const leader = typeof details.leader === 'string' ? details.leader : null
  const leaderUrl = typeof details.leaderUrl === 'string' ? details.leaderUrl : null
  return { ...problem(leader === null ? 503 : 421, code, message), leader, leaderUrl }
}
