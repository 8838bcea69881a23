import { encoded } from './encoded.ts'

/** What the API says when it does not do what was asked, in the words of RFC 9457. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly leader: string | null
  readonly leaderUrl: string | null

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(textOr(body.detail, `HTTP ${status}`))
    this.status = status
    this.code = textOr(body.code, 'UNKNOWN')
    this.leader = typeof body.leader === 'string' ? body.leader : null
    this.leaderUrl = typeof body.leaderUrl === 'string' ? body.leaderUrl : null
  }

  /** The node answers, but it is not the one that knows. */
  get isNotLeader(): boolean {
    return this.code === 'NOT_LEADER'
  }
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise
}

/** Nobody answered: status 0. */
const UNREACHABLE = { code: 'UNREACHABLE' }
/** How long an answer may take, in milliseconds; a purge of very much takes the longest. */
export const ANSWER_TIMEOUT_MS = 60_000

export interface Question {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly body?: object
  readonly signal?: AbortSignal
}

/** Asks the API of this node. Rejects with a Problem; with an AbortError when it was given up. */
export async function ask<T>(path: string, question: Question = {}): Promise<T> {
  const { method = 'GET', body, signal } = question
  const late = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
  const content = method === 'POST' || method === 'PUT' ? JSON.stringify(body ?? {}) : undefined
  let answer: Response
  let text: string
  try {
    answer = await fetch(`/api/v1${path}`, {
      method,
      signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      ...(content === undefined
        ? {}
        : { body: content, headers: { 'content-type': 'application/json' } }),
    })
    // Still within: a node may die in the middle of an answer.
    text = await answer.text()
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw new Problem(0, UNREACHABLE)
  }
  if (answer.status === 204) return null as T
  const read = recordIn(text)
  if (answer.ok && read !== null) return read as T
  throw new Problem(answer.status, read ?? {})
}

/** null: this is not what the API answers; a proxy may. */
function recordIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null
  } catch {
    return null
  }
}

type QueryValue = string | number | null | undefined

/** `?a=1&b=2`, without those that have no value. */
export function queryOf(values: Readonly<Record<string, QueryValue>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== '') query.set(name, String(value))
  }
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}

/** The path of a destination, its name encoded. */
export function destinationPath(kind: string, name: string): string {
  return `/destinations/${kind}/${encoded(name)}`
}
