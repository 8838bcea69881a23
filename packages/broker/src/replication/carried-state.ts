import { ByteReader } from '@quorate/core/base/byte-reader'
import { ByteWriter } from '@quorate/core/base/byte-writer'
import type { ClusterConfig } from './cluster-config.ts'
import { readConfig, writeConfig } from './cluster-config.ts'

/**
 * A possible loss that stands in this replica's log: the start of an epoch that full attendance won
 * (R10). Confirmed records that came after the one before it may be missing.
 */
export interface LossEntry {
  /** Of the epoch's first record. */
  readonly index: number
  readonly epoch: number
  readonly leader: string
  /** When it was won, by the wall clock of the winner; null when the record does not say. */
  readonly wonAtMs: number | null
}

/** What every segment repeats of what replication's own records have said so far. */
export interface CarriedState {
  /** The configuration in force, which is committed. */
  readonly config: ClusterConfig
  readonly losses: readonly LossEntry[]
}

/**
 * Replication's part of a segment's first record (store/segment-state.ts):
 *
 * ```
 *   config, count u16, count x (index u53, epoch u53, leader string16, wonAtMs u53, 0 = unknown)
 * ```
 */
export function encodeCarriedState({ config, losses }: CarriedState): Buffer {
  const writer = new ByteWriter()
  writeConfig(writer, config)
  writer.list16(losses, (to, { index, epoch, leader, wonAtMs }) => {
    to.uint53(index)
      .uint53(epoch)
      .string16(leader)
      .uint53(wonAtMs ?? 0)
  })
  return writer.finish()
}

export function decodeCarriedState(bytes: Buffer): CarriedState {
  const reader = new ByteReader(bytes)
  const config = readConfig(reader)
  const losses = reader.list16((from) => ({
    index: from.uint53(),
    epoch: from.uint53(),
    leader: from.string16(),
    wonAtMs: from.uint53() || null,
  }))
  reader.end()
  return { config, losses }
}
