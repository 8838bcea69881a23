import { ByteReader } from '@quorate/core/base/byte-reader'
import { ByteWriter } from '@quorate/core/base/byte-writer'
import { BrokerError } from '@quorate/core/base/errors'
import type { LogBatch } from '../store/journal/log-batch.ts'
import { forEachRecord } from '../store/journal/log-batch.ts'
import type { ClusterConfig } from './cluster-config.ts'
import { readConfig, writeConfig } from './cluster-config.ts'
import type { ConfigEntry } from './config-history.ts'

/** Record types 1 to 15 are replication's own; the store skips them. */
export const EPOCH_START = 1
export const CONFIG = 2

const FORMAT = 1

/** The first record of every epoch (R20): who leads, under which configuration. */
export interface EpochStart {
  readonly epoch: number
  readonly leader: string
  /** Won by the full-attendance exception: confirmed records may be missing (R10). */
  readonly possibleLoss: boolean
  readonly config: ClusterConfig
}

/**
 * ```
 * epoch start = format u8, epoch u64, leader string16, possibleLoss u8, config
 * config      = format u8, config
 * ```
 */
export function encodeEpochStart(start: EpochStart): Buffer {
  const writer = new ByteWriter()
  writer.uint8(FORMAT).uint53(start.epoch).string16(start.leader).boolean(start.possibleLoss)
  writeConfig(writer, start.config)
  return writer.finish()
}

export function decodeEpochStart(payload: Buffer): EpochStart {
  const reader = new ByteReader(payload)
  checkFormat(reader.uint8())
  const start = {
    epoch: reader.uint53(),
    leader: reader.string16(),
    possibleLoss: reader.boolean(),
    config: readConfig(reader),
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
  let found: ConfigEntry[] | null = null
  forEachRecord(batch, ({ index, epoch, type, payload }) => {
    if (type !== EPOCH_START && type !== CONFIG) return
    const config = type === CONFIG ? decodeConfigRecord(payload) : decodeEpochStart(payload).config
    found = [...(found ?? []), { index, epoch, config }]
  })
  return found ?? NO_CONFIGS
}

const NO_CONFIGS: readonly never[] = Object.freeze([])

/** R4: a format that we do not know is refused, never guessed. */
function checkFormat(format: number): void {
  if (format !== FORMAT) {
    throw new BrokerError('UNSUPPORTED_FORMAT', `replication record of format ${format}`)
  }
}
