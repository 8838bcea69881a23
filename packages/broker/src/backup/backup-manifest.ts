import { BrokerError } from '@quorate/core/base/errors'
import { BACKUP_MANIFEST } from '../replication/replica-store.ts'
import type { EpochStart, LogPoint } from '../store/journal/log-batch.ts'
import { segmentFileName, segmentPosition } from '../store/journal/segment.ts'

/** The file in a backup that says what the backup is; no broker starts beside it. */
export const MANIFEST_FILE = BACKUP_MANIFEST

/** One segment of the log as it lies in the backup. */
export interface BackupFile {
  /** Below the backup: `journal/0000000000000000.log`. */
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

/** What a backup says of itself. */
export interface BackupManifest {
  /** Version of the broker that wrote it. */
  readonly quorate: string
  /** ISO 8601. */
  readonly createdAt: string
  readonly brokerName: string
  readonly nodeId: string
  readonly clusterId: string | null
  /** What the node was when it was asked; 'stopped' when nobody ran on the directory. */
  readonly role: string
  /**
   * Every record in it was committed. False for a node that was stopped: its log may end with
   * records that no quorum ever had.
   */
  readonly committed: boolean
  /** The point before the first record. */
  readonly origin: LogPoint
  /** The point after the last record: its index, epoch, chain, and the size of the whole log. */
  readonly end: LogPoint
  /** The epochs of the log and their first records, ascending. */
  readonly epochs: readonly EpochStart[]
  /** In the order of the log. */
  readonly files: readonly BackupFile[]
}

const FORMAT = 1
/** A manifest takes a hundred bytes for each segment and thirty for each epoch. */
export const MANIFEST_BYTES_MAX = 64 * 1024 * 1024

/** JSON that people can read: the order is that of the interface. */
export function encodeManifest(manifest: BackupManifest): string {
  return `${JSON.stringify({ format: FORMAT, ...manifest }, null, 2)}\n`
}

/**
 * Throws UNSUPPORTED_FORMAT for a newer format, JOURNAL_CORRUPT for what no version wrote. The
 * files it names are segments inside the backup, whatever the text says.
 */
export function decodeManifest(text: string): BackupManifest {
  const value = parse(text)
  if (value.format !== FORMAT) {
    throw new BrokerError('UNSUPPORTED_FORMAT', `a backup of format ${String(value.format)}`)
  }
  const { format: _format, ...found } = value
  const wrong = fieldNames.find((name) => !fields[name](found[name]))
  if (wrong !== undefined) throw unreadable(`its field "${wrong}" is missing or wrong`)
  return found as unknown as BackupManifest
}

/** `journal/` and the name of the segment that begins at this position. */
export function backupFileName(position: number): string {
  return `${JOURNAL_PREFIX}${segmentFileName(position)}`
}

/** The position in such a name; null for every other one. */
export function backupFilePosition(name: string): number | null {
  return name.startsWith(JOURNAL_PREFIX) ? segmentPosition(name.slice(JOURNAL_PREFIX.length)) : null
}

const JOURNAL_PREFIX = 'journal/'

const fields: Readonly<Record<keyof BackupManifest, (value: unknown) => boolean>> = {
  quorate: isText,
  createdAt: isText,
  brokerName: isText,
  nodeId: isText,
  clusterId: (value) => value === null || isText(value),
  role: isText,
  committed: (value) => typeof value === 'boolean',
  origin: isPoint,
  end: isPoint,
  epochs: (value) => Array.isArray(value) && value.every(isEpochStart),
  files: (value) => Array.isArray(value) && value.length > 0 && value.every(isFile),
}
const fieldNames = Object.keys(fields) as readonly (keyof BackupManifest)[]

function isFile(value: unknown): boolean {
  if (!isRecord(value) || typeof value.name !== 'string') return false
  return backupFilePosition(value.name) !== null && isCount(value.bytes) && isText(value.sha256)
}

function isPoint(value: unknown): boolean {
  if (!isRecord(value)) return false
  return [value.index, value.epoch, value.chain, value.position].every(isCount)
}

function isEpochStart(value: unknown): boolean {
  return isRecord(value) && isCount(value.epoch) && isCount(value.firstIndex)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value)) return value
  } catch (error) {
    throw unreadable('it is no JSON', error)
  }
  throw unreadable('it is no JSON object')
}

function unreadable(why: string, cause?: unknown): BrokerError {
  return new BrokerError('JOURNAL_CORRUPT', `${MANIFEST_FILE} cannot be read: ${why}`, { cause })
}
