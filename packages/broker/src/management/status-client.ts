import { BrokerError } from '@quorate/core/base/errors'
import type { BrokerStatus } from './broker-status.ts'

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
  // catches up or whom it reaches: it says nothing.
  const unsaid = { possibleLosses: [], store: null, catchUp: null, links: [] }
  const status: Record<string, unknown> = { ...unsaid, ...value }
  const wrong = Object.entries(shapes).find(([name, fits]) => !fits(status[name]))
  if (wrong !== undefined) throw notAStatus(url, `${wrong[0]} is missing or wrong`)
  return status as unknown as BrokerStatus
}

/** What the command walks through: any server may answer, and one of another version. */
const shapes: Readonly<Partial<Record<keyof BrokerStatus, (value: unknown) => boolean>>> = {
  nodeId: isText,
  role: isText,
  trouble: (value) => value === null || isText(value),
  epoch: Number.isSafeInteger,
  log: isRecord,
  seats: Array.isArray,
  followers: isListOfRecords,
  links: isListOfRecords,
  members: isListOfRecords,
  clients: isRecord,
  clientUris: Array.isArray,
  coordination: isRecord,
  possibleLosses: isListOfRecords,
  store: (value) => value === null || (isRecord(value) && storeFigures.every(isFigureOf(value))),
}

/** Those that are shown as numbers; `freeBytes` may be unknown. */
const storeFigures = ['usedBytes', 'limitBytes', 'percentUsed', 'headRoomBytes'] as const

function isFigureOf(store: Record<string, unknown>): (name: string) => boolean {
  return (name) => Number.isFinite(store[name])
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isListOfRecords(value: unknown): boolean {
  return Array.isArray(value) && value.every(isRecord)
}

function notAStatus(url: URL | string, why: string, cause?: unknown): BrokerError {
  const message = `${String(url)} is no status of a broker: ${why}`
  return new BrokerError('PROTOCOL_VIOLATION', message, { cause })
}
