import { BrokerError } from '@quorate/core/base/errors'
import type { ConfigEntry } from './config-history.ts'
import type { LossEntry } from './loss-history.ts'

/** The promise that binds an epoch to one candidate (R6). Epoch 0 = none yet. */
export interface Promised {
  readonly epoch: number
  readonly candidate: string
  readonly nonce: string
}

/** What a replica must not forget besides its log (replication.md section 2). */
export interface ReplicaMeta {
  readonly brokerName: string
  readonly nodeId: string
  readonly storeUuid: string
  readonly clusterId: string | null
  /**
   * Ascending; the last one counts, earlier ones come back when it is truncated. Empty: learner.
   */
  readonly configs: readonly ConfigEntry[]
  /** Ascending, the newest ones: what `quorate status` shows of the past (R10). */
  readonly losses: readonly LossEntry[]
  readonly promised: Promised
  /** Words of `sync` that the last process ran with. */
  readonly sync: string
  readonly bootId: string
  readonly clean: boolean
  /** Why acknowledgements of this store cannot be relied upon, else null (R33). */
  readonly suspect: string | null
  /**
   * The log is damaged from this record on; the next start cuts it there and fetches it again
   * (R32).
   */
  readonly damagedFrom: number | null
  /**
   * A lower bound of what is committed (R15). Every configuration that stands in the log up to
   * there is in `configs`, and every possible loss in `losses`: a restart looks for newer ones in
   * the rest of the log.
   */
  readonly commitHint: number
  /** Where the other nodes were last seen: for a start without the coordination service. */
  readonly peers: Readonly<Record<string, string>>
}

export const NO_PROMISE: Promised = { epoch: 0, candidate: '', nonce: '' }

const FORMAT = 1

/** JSON inside the two-slot file: written a few times an hour, and read by people in need. */
export function encodeMeta(meta: ReplicaMeta): Buffer {
  return Buffer.from(JSON.stringify({ format: FORMAT, ...meta }))
}

/**
 * Throws UNSUPPORTED_FORMAT for a newer format, STORE_UNAVAILABLE for what no version ever wrote.
 */
export function decodeMeta(bytes: Buffer): ReplicaMeta {
  const value = parse(bytes)
  if (!isRecord(value) || typeof value.format !== 'number') throw unreadable('not a meta file')
  if (value.format !== FORMAT) {
    throw new BrokerError('UNSUPPORTED_FORMAT', `meta file of format ${value.format}`)
  }
  // The first brokers did not remember losses.
  const whole = { losses: [], ...value }
  if (!isMeta(whole)) throw unreadable('a field is missing')
  const { format: _format, ...meta } = whole
  return meta
}

function isMeta(value: Record<string, unknown>): value is Record<string, unknown> & ReplicaMeta {
  return (
    strings.every((field) => typeof value[field] === 'string') &&
    (value.clusterId === null || typeof value.clusterId === 'string') &&
    (value.suspect === null || typeof value.suspect === 'string') &&
    (value.damagedFrom === null || isCount(value.damagedFrom)) &&
    typeof value.clean === 'boolean' &&
    isCount(value.commitHint) &&
    isPromise(value.promised) &&
    Array.isArray(value.configs) &&
    value.configs.every(isConfigEntry) &&
    Array.isArray(value.losses) &&
    value.losses.every(isLossEntry) &&
    isRecord(value.peers) &&
    Object.values(value.peers).every((address) => typeof address === 'string')
  )
}

const strings = ['brokerName', 'nodeId', 'storeUuid', 'sync', 'bootId'] as const

function isPromise(value: unknown): boolean {
  if (!isRecord(value) || !isCount(value.epoch)) return false
  return typeof value.candidate === 'string' && typeof value.nonce === 'string'
}

function isConfigEntry(value: unknown): boolean {
  if (!isRecord(value) || !isCount(value.index) || !isCount(value.epoch)) return false
  if (!isRecord(value.config) || !isCount(value.config.version)) return false
  const { seats } = value.config
  return Array.isArray(seats) && seats.length > 0 && seats.every(isSeat)
}

function isLossEntry(value: unknown): boolean {
  if (!isRecord(value) || !isCount(value.index) || !isCount(value.epoch)) return false
  return typeof value.leader === 'string' && (value.wonAtMs === null || isCount(value.wonAtMs))
}

function isSeat(value: unknown): boolean {
  if (value === null) return true
  return isRecord(value) && typeof value.nodeId === 'string' && typeof value.storeUuid === 'string'
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw unreadable('not JSON', error)
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(why: string, cause?: unknown): BrokerError {
  return new BrokerError('STORE_UNAVAILABLE', `the meta file cannot be read: ${why}`, { cause })
}
