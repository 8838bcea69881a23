import { BrokerError } from '@quorate/core/base/errors'
import type { ClusterConfig } from './cluster-config.ts'

/** The promise that binds an epoch to one candidate (R6). Epoch 0 = none yet. */
export interface Promised {
  readonly epoch: number
  readonly candidate: string
  readonly nonce: string
}

/** A configuration that stands in this replica's log, and where (R39). */
export interface ConfigEntry {
  /** 0 for the bootstrap configuration, which stands in no record. */
  readonly index: number
  readonly epoch: number
  readonly config: ClusterConfig
}

/** What a replica must not forget besides its log (replication.md section 2). */
export interface ReplicaMeta {
  readonly brokerName: string
  readonly nodeId: string
  readonly storeUuid: string
  readonly clusterId: string | null
  /** Ascending; the last one counts, earlier ones come back when it is truncated. Empty: learner. */
  readonly configs: readonly ConfigEntry[]
  readonly promised: Promised
  /** Words of `sync` that the last process ran with. */
  readonly sync: string
  readonly bootId: string
  readonly clean: boolean
  /** Why acknowledgements of this store cannot be relied upon, else null (R33). */
  readonly suspect: string | null
  /** A lower bound of what is committed (R15). */
  readonly commitHint: number
  /** Where the other nodes were last seen: for a start without the coordination service. */
  readonly peers: Readonly<Record<string, string>>
}

export const NO_PROMISE: Promised = { epoch: 0, candidate: '', nonce: '' }

/** Configurations that can be rolled back to; there is one change in flight at a time (R39). */
export const CONFIG_ENTRIES_MAX = 8

const FORMAT = 1

/** JSON inside the two-slot file: written a few times an hour, and read by people in need. */
export function encodeMeta(meta: ReplicaMeta): Buffer {
  return Buffer.from(JSON.stringify({ format: FORMAT, ...meta }))
}

/** Throws UNSUPPORTED_FORMAT for a newer format, STORE_UNAVAILABLE for what no version ever wrote. */
export function decodeMeta(bytes: Buffer): ReplicaMeta {
  const value = parse(bytes)
  if (!isRecord(value) || typeof value.format !== 'number') throw unreadable('not a meta file')
  if (value.format !== FORMAT) {
    throw new BrokerError('UNSUPPORTED_FORMAT', `meta file of format ${value.format}`)
  }
  if (!isMeta(value)) throw unreadable('a field is missing')
  const { format: _format, ...meta } = value
  return meta
}

function isMeta(value: Record<string, unknown>): value is Record<string, unknown> & ReplicaMeta {
  return (
    typeof value.brokerName === 'string' &&
    typeof value.nodeId === 'string' &&
    typeof value.storeUuid === 'string' &&
    Array.isArray(value.configs) &&
    isRecord(value.promised) &&
    typeof value.promised.epoch === 'number' &&
    typeof value.clean === 'boolean' &&
    typeof value.bootId === 'string' &&
    typeof value.commitHint === 'number' &&
    isRecord(value.peers)
  )
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
