import type { LogBatch } from '../store/journal/log-batch.ts'
import { forEachRecord } from '../store/journal/log-batch.ts'
import { SEGMENT_STATE, decodeSegmentState } from '../store/segment-state.ts'
import type { EpochEnds } from './config-history.ts'
import { holdsRecord } from './config-history.ts'
import type { LossEntry } from './carried-state.ts'
import { decodeCarriedState } from './carried-state.ts'
import { EPOCH_START, decodeEpochStart } from './log-records.ts'

/** Possible losses that are remembered, the newest; the log knows them all. */
export const LOSS_ENTRIES_MAX = 8

const NO_LOSSES: readonly never[] = Object.freeze([])

/** The possible losses that the records of a batch tell of, in order; nearly always none. */
export function lossesIn(batch: LogBatch): readonly LossEntry[] {
  if (batch.epochStarts.length === 0 && batch.segmentStarts.length === 0) return NO_LOSSES
  const found: LossEntry[] = []
  forEachRecord(batch, ({ index, type, payload }) => {
    if (type === SEGMENT_STATE) {
      found.push(...decodeCarriedState(decodeSegmentState(payload).replication).losses)
    }
    if (type !== EPOCH_START) return
    const { possibleLoss, epoch, leader, wonAtMs } = decodeEpochStart(payload)
    if (possibleLoss) found.push({ index, epoch, leader, wonAtMs })
  })
  return found
}

/** The history after these were appended; the very same array when there are no new ones. */
export function appendLosses(
  history: readonly LossEntry[],
  entries: readonly LossEntry[],
): readonly LossEntry[] {
  let losses = history
  for (const entry of entries) {
    // Each segment tells them again.
    const isKnown = losses.some(
      ({ index, epoch }) => index === entry.index && epoch === entry.epoch,
    )
    if (isKnown) continue
    const kept = losses.filter(({ index }) => index < entry.index)
    losses = [...kept, entry].slice(-LOSS_ENTRIES_MAX)
  }
  return losses
}

/** The entries whose very record the log holds: a crash or a cut may have taken others. */
export function lossesHeld(history: readonly LossEntry[], log: EpochEnds): readonly LossEntry[] {
  return history.filter((entry) => holdsRecord(log, entry))
}
