import { BrokerError } from '@quorate/core/base/errors'
import type { BrokerStatus } from './broker-status.ts'
import { isRecord, wrongFieldOf } from './status-shape.ts'

/** A status is a few kilobytes; more than this is some other server. */
const ANSWER_BYTES_MAX = 1024 * 1024

/**
 * Asks one node for its status. Throws REQUEST_TIMEOUT when it does not answer in time,
 * CONNECTION_LOST when nobody is there, PROTOCOL_VIOLATION when the answer is not a status.
 */
export async function fetchStatus(consoleUrl: string, timeoutMs: number): Promise<BrokerStatus> {
  const url = new URL('/api/v1/status', consoleUrl)
  let text: string
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
    text = await readBounded(answer)
    if (!answer.ok) throw notAStatus(url, `HTTP ${answer.status}`)
  } catch (error) {
    if (error instanceof BrokerError) throw error
    if (error instanceof Error && error.name === 'TimeoutError') {
      throw new BrokerError('REQUEST_TIMEOUT', `${url.origin} did not answer in ${timeoutMs} ms`, {
        cause: error,
      })
    }
    throw new BrokerError('CONNECTION_LOST', `no broker answers at ${url.origin}`, { cause: error })
  }
  return parseStatus(url, text)
}

async function readBounded(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  if (answer.body === null) return ''
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > ANSWER_BYTES_MAX) throw notAStatus(answer.url, 'answer too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseStatus(url: URL, text: string): BrokerStatus {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw notAStatus(url, 'no JSON', error)
  }
  if (!isRecord(value)) throw notAStatus(url, 'no object')
  // A broker of another version may remember no losses, not watch its disk, or not tell how it
  // catches up and what is announced: it says nothing.
  const unsaid = { possibleLosses: [], store: null, catchUp: null, announced: null }
  const status = { ...unsaid, ...value }
  const wrong = wrongFieldOf(status)
  if (wrong !== null) throw notAStatus(url, `${wrong} is missing or wrong`)
  return status as unknown as BrokerStatus
}

function notAStatus(url: URL | string, why: string, cause?: unknown): BrokerError {
  const message = `${String(url)} is no status of a broker: ${why}`
  return new BrokerError('PROTOCOL_VIOLATION', message, { cause })
}
