import { BrokerError } from '@quorate/core/base/errors'
import { isRecord } from './status-shape.ts'

/** What a node tells is a few kilobytes; more than this is some other server. */
const ANSWER_BYTES_MAX = 1024 * 1024

export interface NodeQuestion {
  readonly url: URL
  readonly timeoutMs: number
  /** What the answer should be, for people: `status of a broker`. */
  readonly what: string
}

/**
 * Asks one node what it tells everybody. Throws REQUEST_TIMEOUT when it does not answer in time,
 * CONNECTION_LOST when nobody is there, PROTOCOL_VIOLATION when the answer is no JSON object.
 */
export async function askNode(question: NodeQuestion): Promise<Readonly<Record<string, unknown>>> {
  const { url, timeoutMs } = question
  let text: string
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
    text = await readBounded(answer, question)
    if (!answer.ok) throw notSo(question, `HTTP ${answer.status}`)
  } catch (error) {
    if (error instanceof BrokerError) throw error
    if (error instanceof Error && error.name === 'TimeoutError') {
      throw new BrokerError('REQUEST_TIMEOUT', `${url.origin} did not answer in ${timeoutMs} ms`, {
        cause: error,
      })
    }
    throw new BrokerError('CONNECTION_LOST', `no broker answers at ${url.origin}`, { cause: error })
  }
  return objectIn(text, question)
}

async function readBounded(answer: Response, question: NodeQuestion): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  if (answer.body === null) return ''
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > ANSWER_BYTES_MAX) throw notSo(question, 'answer too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function objectIn(text: string, question: NodeQuestion): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw notSo(question, 'no JSON', error)
  }
  if (!isRecord(value)) throw notSo(question, 'no object')
  return value
}

/** The answer is another one than was asked for. */
export function notSo({ url, what }: NodeQuestion, why: string, cause?: unknown): BrokerError {
  const message = `${String(url)} is no ${what}: ${why}`
  return new BrokerError('PROTOCOL_VIOLATION', message, { cause })
}
