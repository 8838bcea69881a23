import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { EPOCH_START, decodeEpochStart } from '@quorate/broker/replication/log-records'
import type { EpochStart } from '@quorate/broker/replication/log-records'
import { EMPTY_LOG, forEachRecord, parseBatch } from '@quorate/broker/store/journal/log-batch'

const SEGMENT_NAME = /^([0-9a-f]{16})\.log$/

/** The epochs that a node's log, whose end is known, tells of. */
export function epochStartsIn(dataDirectory: string, end: number): readonly EpochStart[] {
  const journal = join(dataDirectory, 'journal')
  const starts = readdirSync(journal)
    .flatMap((name) => SEGMENT_NAME.exec(name)?.[1] ?? [])
    .sort()
  const bytes = starts.map((start, at) => {
    const next = starts[at + 1]
    const limit = next === undefined ? end : Number.parseInt(next, 16)
    return readFileSync(join(journal, `${start}.log`)).subarray(
      0,
      limit - Number.parseInt(start, 16),
    )
  })
  const epochs: EpochStart[] = []
  forEachRecord(parseBatch(bytes, EMPTY_LOG), ({ type, payload }) => {
    if (type === EPOCH_START) epochs.push(decodeEpochStart(payload))
  })
  return epochs
}
