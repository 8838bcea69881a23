import { isQueueLike } from '@quorate/core/model/destination'
import { ByteReader } from '@quorate/core/base/byte-reader'
import { ByteWriter } from '@quorate/core/base/byte-writer'
import { forEachRecord } from '../journal/log-batch.ts'
import type { LogBatch } from '../journal/log-batch.ts'
import { SEGMENT_STATE, decodeSegmentState } from '../segment-state.ts'
import { decodeDestinationKind, encodeDestinationKind } from '../op-codec.ts'
import type { Fold } from './fold.ts'
import { ProducerEntry } from './producer-table.ts'

/**
 * Everything of a fold but the waiting messages, as every segment begins with it
 * (segment-state.ts). Equal states have equal bytes:
 *
 * ```
 *   nextSequence u53, nextId u53, nextProducerId u53, nextUse u53, nextOutcome u53, logStart u53
 *   count u32, destinations   id u32, kind u8, name string16
 *   count u32, subscriptions  id u32, topic u32, noLocal u8, clientId, name, selector string16
 *   count u32, producers      id u53, lastSequence u53, lastUse u53, name string16; by lastUse
 *   count u32, outcomes       id string16; oldest first, the newest is nextOutcome - 1
 * ```
 */
export function encodeFoldState(fold: Fold): Buffer {
  const { producers, outcomes } = fold
  const writer = new ByteWriter(4096)
    .uint53(fold.nextSequence)
    .uint53(fold.nextId)
    .uint53(producers.nextId)
    .uint53(producers.nextUse)
    .uint53(outcomes.nextNumber)
    .uint53(fold.logStart)
  writer.uint32(fold.destinations.size)
  for (const { id, destination } of inOrder(fold.destinations)) {
    writer.uint32(id).uint8(encodeDestinationKind(destination.kind)).string16(destination.name)
  }
  writer.uint32(fold.subscriptions.size)
  for (const { id, topic, noLocal, clientId, name, selector } of inOrder(fold.subscriptions)) {
    writer.uint32(id).uint32(topic).boolean(noLocal)
    writer.string16(clientId).string16(name).string16(selector)
  }
  writer.uint32(producers.size)
  for (const { id, lastSequence, lastUse, name } of producers) {
    writer.uint53(id).uint53(lastSequence).uint53(lastUse).string16(name)
  }
  writer.uint32(outcomes.size)
  for (const { id } of outcomes) writer.string16(id)
  return writer.finish()
}

/**
 * Puts the state into an empty fold, and notes all of it for the next checkpoint. Throws
 * MALFORMED_FRAME; the fold is of no use then.
 */
export function restoreFoldState(fold: Fold, bytes: Buffer): void {
  const reader = new ByteReader(bytes)
  fold.nextSequence = reader.uint53()
  fold.nextId = reader.uint53()
  fold.producers.nextId = reader.uint53()
  fold.producers.nextUse = reader.uint53()
  fold.outcomes.nextNumber = reader.uint53()
  fold.logStart = reader.uint53()
  for (let left = reader.uint32(); left > 0; left--) restoreDestination(fold, reader)
  for (let left = reader.uint32(); left > 0; left--) restoreSubscription(fold, reader)
  for (let left = reader.uint32(); left > 0; left--) {
    const id = reader.uint53()
    const lastSequence = reader.uint53()
    const lastUse = reader.uint53()
    const entry = new ProducerEntry(id, reader.string16())
    entry.lastSequence = lastSequence
    entry.lastUse = lastUse
    fold.producers.restore(entry)
  }
  for (let left = reader.uint32(); left > 0; left--) {
    fold.outcomes.restore({ number: fold.outcomes.nextNumber - left, id: reader.string16() })
  }
  reader.end()
  fold.noteAllChanged()
}

/** `nextSequence` where a segment begins whose first record this is; null when it does not say. */
export function sequenceIn(first: LogBatch): number | null {
  const payloads: Buffer[] = []
  forEachRecord(first, ({ type, payload }) => {
    if (type === SEGMENT_STATE) payloads.push(payload)
  })
  const [payload] = payloads
  return payload === undefined ? null : new ByteReader(decodeSegmentState(payload).fold).uint53()
}

function restoreDestination(fold: Fold, reader: ByteReader): void {
  const id = reader.uint32()
  const kind = decodeDestinationKind(reader.uint8())
  fold.destinations.set(id, { id, destination: { kind, name: reader.string16() } })
  if (isQueueLike(kind)) fold.addList(id)
}

function restoreSubscription(fold: Fold, reader: ByteReader): void {
  const id = reader.uint32()
  const topic = reader.uint32()
  const noLocal = reader.boolean()
  const clientId = reader.string16()
  const name = reader.string16()
  const selector = reader.string16()
  fold.subscriptions.set(id, { id, topic, clientId, name, selector, noLocal })
  fold.addList(id)
}

/** Numbers ascend with introduction, but not after an index was loaded and added to. */
function inOrder<T extends { readonly id: number }>(rows: ReadonlyMap<number, T>): T[] {
  return [...rows.values()].sort((a, b) => a.id - b.id)
}
