import type { LogPoint } from '../journal/log-batch.ts'
import type { Changes } from '../fold/changes.ts'
import type { Fold } from '../fold/fold.ts'
import { APPLIED_KEY, idKey, numberKey, pageKey } from './keys.ts'
import { encodePage } from './page-codec.ts'
import {
  INDEX_FORMAT,
  encodeApplied,
  encodeDestination,
  encodeOutcome,
  encodeProducer,
  encodeSubscription,
} from './row-codec.ts'
import type { RowLedger } from './row-ledger.ts'
import { sealOf, sealRow } from './row-ledger.ts'

/** One write of a batch, as abstract-level takes it. */
export type RowWrite =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer }

export interface CheckpointSource {
  readonly fold: Fold
  readonly changes: Changes
  readonly ledger: RowLedger
  readonly clusterId: string
  readonly applied: LogPoint
}

/**
 * Everything that changed since the last checkpoint, encoded, with the applied row that makes it
 * one (R19). Synchronous: the fold goes on while the batch is written. The batch must be written,
 * or the index given up: its changes are forgotten here.
 */
export function takeCheckpoint(source: CheckpointSource): RowWrite[] {
  const batch = new CheckpointBatch(source.ledger)
  addPages(batch, source)
  addRows(batch, source)
  source.changes.clear()
  batch.writes.push(appliedRow(source))
  return batch.writes
}

class CheckpointBatch {
  readonly writes: RowWrite[] = []
  readonly #ledger: RowLedger

  constructor(ledger: RowLedger) {
    this.#ledger = ledger
  }

  /** Writes the row, or deletes it when it has no content any more. */
  set(key: Buffer, content: Buffer | null): void {
    if (content !== null) {
      const value = sealRow(key, content)
      this.#ledger.put(key, sealOf(value))
      this.writes.push({ type: 'put', key, value })
      return
    }
    // What came and went between two checkpoints was never written.
    if (this.#ledger.remove(key)) this.writes.push({ type: 'del', key })
  }
}

function addPages(batch: CheckpointBatch, { fold, changes }: CheckpointSource): void {
  const segmentOf = (position: number): number => fold.segments.startOf(position)
  for (const { list, first } of changes.removedPages) batch.set(pageKey(list, first), null)
  for (const page of changes.pages) {
    if (page.alive === 0) continue
    batch.set(pageKey(page.list, page.first), encodePage(page, segmentOf))
    page.persisted = true
  }
}

function addRows(batch: CheckpointBatch, { fold, changes }: CheckpointSource): void {
  for (const id of changes.destinations) {
    const row = fold.destinations.get(id)
    batch.set(idKey('destination', id), row === undefined ? null : encodeDestination(row))
  }
  for (const id of changes.subscriptions) {
    const row = fold.subscriptions.get(id)
    batch.set(idKey('subscription', id), row === undefined ? null : encodeSubscription(row))
  }
  for (const id of changes.producers) {
    const row = fold.producers.get(id)
    batch.set(numberKey('producer', id), row === undefined ? null : encodeProducer(row))
  }
  for (const number of changes.outcomes) {
    const row = fold.outcomes.numbered(number)
    batch.set(numberKey('outcome', number), row === undefined ? null : encodeOutcome(row))
  }
}

function appliedRow({ fold, ledger, clusterId, applied }: CheckpointSource): RowWrite {
  const content = encodeApplied({
    format: INDEX_FORMAT,
    clusterId,
    applied,
    nextSequence: fold.nextSequence,
    nextId: fold.nextId,
    nextProducerId: fold.producers.nextId,
    nextUse: fold.producers.nextUse,
    nextOutcome: fold.outcomes.nextNumber,
    logStart: fold.logStart,
    rows: ledger.rows,
    rowSum: ledger.sum,
  })
  return { type: 'put', key: APPLIED_KEY, value: sealRow(APPLIED_KEY, content) }
}
