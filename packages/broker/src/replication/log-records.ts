import { ByteReader } from '@quorate/core/base/byte-reader'
import { ByteWriter } from '@quorate/core/base/byte-writer'
import { BrokerError } from '@quorate/core/base/errors'
import type { LogBatch } from '../store/journal/log-batch.ts'
import { forEachRecord } from '../store/journal/log-batch.ts'
import { SEGMENT_STATE, decodeSegmentState } from '../store/segment-state.ts'
import { decodeCarriedState } from './carried-state.ts'
import type { ClusterConfig } from './cluster-config.ts'
import { readConfig, writeConfig } from './cluster-config.ts'
import type { ConfigEntry } from './config-history.ts'

/**
 * Record types 1 to 15 are replication's own, SEGMENT_STATE the store's as well; it skips others.
 */
export const EPOCH_START = 1
export const CONFIG = 2

const FORMAT = 1
/** Of an epoch start that tells when it was won. */
const FORMAT_DATED = 2
/** The last moment that a date can name: a record with a later one must not spoil a status page. */
const LATEST_MS = 8.64e15

/** What a leader decides about the first record of its epoch (R20). */
export interface EpochOpening {
  readonly epoch: number
  readonly leader: string
  /** Won by the full-attendance exception: confirmed records may be missing (R10). */
  readonly possibleLoss: boolean
  readonly config: ClusterConfig
}

/** The first record of every epoch (R20): who leads, under which configuration. */
export interface EpochStart extends EpochOpening {
  /**
   * When a possible loss happened: the winner's wall clock, milliseconds since 1970. Null for every
   * other epoch.
   */
  readonly wonAtMs: number | null
}

/**
 * ```
 * epoch start = format u8 = 1, epoch u64, leader string16, possibleLoss u8, config
 *             | format u8 = 2, epoch u64, leader string16, possibleLoss u8, config, wonAtMs u64
 * config      = format u8 = 1, config
 * ```
 */
export function encodeEpochStart(start: EpochStart): Buffer {
  const { epoch, leader, possibleLoss, config, wonAtMs } = start
  const writer = new ByteWriter()
  writer.uint8(wonAtMs === null ? FORMAT : FORMAT_DATED)
  writer.uint53(epoch).string16(leader).boolean(possibleLoss)
  writeConfig(writer, config)
  if (wonAtMs !== null) writer.uint53(wonAtMs)
  return writer.finish()
}

export function decodeEpochStart(payload: Buffer): EpochStart {
  const reader = new ByteReader(payload)
  const format = reader.uint8()
  if (format !== FORMAT_DATED) checkFormat(format)
  const start = {
    epoch: reader.uint53(),
    leader: reader.string16(),
    possibleLoss: reader.boolean(),
    config: readConfig(reader),
    wonAtMs: format === FORMAT_DATED ? Math.min(reader.uint53(), LATEST_MS) : null,
  }
  reader.end()
  return start
}

export function encodeConfigRecord(config: ClusterConfig): Buffer {
  const writer = new ByteWriter()
  writeConfig(writer.uint8(FORMAT), config)
  return writer.finish()
}

export function decodeConfigRecord(payload: Buffer): ClusterConfig {
  const reader = new ByteReader(payload)
  checkFormat(reader.uint8())
  const config = readConfig(reader)
  reader.end()
  return config
}

/** The configurations that the records of a batch bring, in order (R39). */
export function configsIn(batch: LogBatch): readonly ConfigEntry[] {
  if (batch.lowestType > LAST_TELLING_TYPE) return NO_CONFIGS
  let found: ConfigEntry[] | null = null
  forEachRecord(batch, ({ index, epoch, type, payload }) => {
    const config = configTold(type, payload)
    if (config !== null) found = [...(found ?? []), { index, epoch, config }]
  })
  return found ?? NO_CONFIGS
}

function configTold(type: number, payload: Buffer): ClusterConfig | null {
  switch (type) {
    case EPOCH_START:
      return decodeEpochStart(payload).config
    case CONFIG:
      return decodeConfigRecord(payload)
    case SEGMENT_STATE:
      return decodeCarriedState(decodeSegmentState(payload).replication).config
    default:
      return null
  }
}

/** No record of a higher type tells of a configuration. */
const LAST_TELLING_TYPE = Math.max(EPOCH_START, CONFIG, SEGMENT_STATE)
const NO_CONFIGS: readonly never[] = Object.freeze([])

/** R4: a format that we do not know is refused, never guessed. */
function checkFormat(format: number): void {
  if (format !== FORMAT) {
    throw new BrokerError('UNSUPPORTED_FORMAT', `replication record of format ${format}`)
  }
}
