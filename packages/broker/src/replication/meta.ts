import { BrokerError } from '@quorate/core/base/errors'
import type { ConfigEntry } from './config-history.ts'
import type { LossEntry } from './carried-state.ts'
import type { LogPoint } from '../store/journal/log-batch.ts'
import { EMPTY_LOG } from '../store/journal/log-batch.ts'

/** The promise that binds an epoch to one candidate (R6). Epoch 0 = none yet. */
export interface Promised {
  readonly epoch: number
  readonly candidate: string
  readonly nonce: string
}

/** What a replica must not forget besides its log (replication.md, what lies on the disk). */
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
  /**
   * It may have been counted for records that only the memory of its machine has: a loss of power
   * then makes it suspect (R33).
   */
  readonly inMemory: boolean
  readonly bootId: string
  readonly clean: boolean
  /** Why acknowledgements of this store cannot be relied upon, else null (R33). */
  readonly suspect: string | null
  /**
   * The log was dropped to be fetched from its new start, and is not all there yet (R38). Such a
   * replica helps to elect, as one that holds nothing; nobody counts it, and it does not stand.
   */
  readonly incomplete: boolean
  /**
   * The log is damaged from this record on; the next start cuts it there and fetches it again
   * (R32).
   */
  readonly damagedFrom: number | null
  /**
   * A lower bound of what is committed (R15) and lies on this disk: a log that ends before it at a
   * start was damaged, or is not there (R32). Every configuration that stands in the log up to
   * there is in `configs`, and every possible loss in `losses`: a restart looks for newer ones in
   * the rest of the log.
   */
  readonly commitHint: number
  /** Where the other nodes were last seen: for a start without the coordination service. */
  readonly peers: Readonly<Record<string, string>>
}

/** What its file holds: the replica's part, and one that is the journal's alone. */
export interface StoredMeta extends ReplicaMeta {
  /**
   * The log begins here or earlier: written before anything that comes before goes (R19), by the
   * MetaFile. Null: not known, by a store of the first brokers.
   */
  readonly logStart: LogPoint | null
}

export const NO_PROMISE: Promised = { epoch: 0, candidate: '', nonce: '' }

/**
 * Of a store that has just been made: in no cluster, with no records, and no promise to anybody.
 */
export function freshMeta(
  store: Pick<ReplicaMeta, 'brokerName' | 'nodeId' | 'storeUuid' | 'sync'>,
): StoredMeta {
  return {
    ...store,
    clusterId: null,
    configs: [],
    losses: [],
    promised: NO_PROMISE,
    inMemory: false,
    bootId: '',
    clean: true,
    suspect: null,
    incomplete: false,
    damagedFrom: null,
    commitHint: 0,
    peers: {},
    logStart: EMPTY_LOG,
  }
}

const FORMAT = 1

/** JSON inside the two-slot file: written a few times an hour, and read by people in need. */
export function encodeMeta(meta: StoredMeta): Buffer {
  return Buffer.from(JSON.stringify({ format: FORMAT, ...meta }))
}

/**
 * Of what the two-slot file holds, whose checksums tell a torn or damaged one. Throws
 * UNSUPPORTED_FORMAT for a newer format, STORE_UNAVAILABLE for what no version ever wrote.
 */
export function decodeMeta(bytes: Buffer): StoredMeta {
  const value = parse(bytes)
  if (!isRecord(value) || typeof value.format !== 'number') throw unreadable('it names no format')
  if (value.format !== FORMAT) {
    throw new BrokerError('UNSUPPORTED_FORMAT', `meta file of format ${value.format}`)
  }
  const { format: _format, ...fieldsFound } = value
  // The first brokers did not remember losses, nor what they were counted for, nor where their logs
  // began.
  const earlier = { losses: [], inMemory: true, incomplete: false, logStart: null }
  const meta: Record<string, unknown> = { ...earlier, ...fieldsFound }
  const wrong = fieldNames.find((name) => !fields[name](meta[name]))
  if (wrong !== undefined) throw unreadable(`its field "${wrong}" is missing or wrong`)
  return meta as unknown as StoredMeta
}

const fields: Readonly<Record<keyof StoredMeta, (value: unknown) => boolean>> = {
  brokerName: isText,
  nodeId: isText,
  storeUuid: isText,
  clusterId: (value) => value === null || isText(value),
  configs: (value) => Array.isArray(value) && value.every(isConfigEntry),
  losses: (value) => Array.isArray(value) && value.every(isLossEntry),
  promised: isPromise,
  sync: isText,
  inMemory: isFlag,
  bootId: isText,
  clean: isFlag,
  suspect: (value) => value === null || isText(value),
  incomplete: isFlag,
  damagedFrom: (value) => value === null || isCount(value),
  commitHint: isCount,
  peers: (value) => isRecord(value) && Object.values(value).every(isText),
  logStart: (value) => value === null || isLogPoint(value),
}
const fieldNames = Object.keys(fields) as readonly (keyof StoredMeta)[]

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isFlag(value: unknown): value is boolean {
  return typeof value === 'boolean'
}

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

function isLogPoint(value: unknown): boolean {
  if (!isRecord(value)) return false
  return [value.index, value.epoch, value.chain, value.position].every(isCount)
}

function isSeat(value: unknown): boolean {
  if (value === null) return true
  return isRecord(value) && typeof value.nodeId === 'string' && typeof value.storeUuid === 'string'
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function parse(bytes: Buffer): unknown {
  if (bytes.length === 0) throw unreadable('nothing was ever written to it')
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw unreadable('it is whole, and no version writes such a text (no JSON)', error)
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(why: string, cause?: unknown): BrokerError {
  return new BrokerError('STORE_UNAVAILABLE', `the meta file cannot be read: ${why}`, { cause })
}
