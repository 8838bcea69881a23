import { ByteReader } from '@quorate/core/base/byte-reader'
import { ByteWriter } from '@quorate/core/base/byte-writer'
import type { LogPoint } from '../journal/log-batch.ts'
import type { StoredDestination, StoredSubscription } from '../message-store.ts'
import { decodeDestinationKind, encodeDestinationKind } from '../op-codec.ts'
import type { Outcome } from '../fold/outcome-table.ts'
import { ProducerEntry } from '../fold/producer-table.ts'

/**
 * Contents of the rows but for the pages (page-codec.ts), big-endian:
 *
 * ```
 *   applied       format u16, clusterId string16,
 *                 index u53, epoch u53, chain u32, position u53,
 *                 nextSequence u53, nextId u53, nextProducerId u53, nextUse u53, nextOutcome u53,
 *                 logStart u53, rows u53, rowSum u32
 *   destination   kind u8, name string16
 *   subscription  topic u32, noLocal u8, clientId string16, name string16, selector string16
 *   producer      lastSequence u53, lastUse u53, name string16
 *   outcome       id string16
 * ```
 */
export const INDEX_FORMAT = 4

/** The row that makes a checkpoint: what the index is a fold of, and how to tell it is whole. */
export interface AppliedRow {
  readonly format: number
  readonly clusterId: string
  /** The point of the log up to which the rows are the fold (R19). */
  readonly applied: LogPoint
  readonly nextSequence: number
  readonly nextId: number
  readonly nextProducerId: number
  readonly nextUse: number
  readonly nextOutcome: number
  /** The log may begin with this record; 0 while it keeps its beginning. */
  readonly logStart: number
  /** Number of all other rows, and the sum of their checksums modulo 2^32. */
  readonly rows: number
  readonly rowSum: number
}

export function encodeApplied(row: AppliedRow): Buffer {
  const { applied } = row
  return new ByteWriter(128)
    .uint16(row.format)
    .string16(row.clusterId)
    .uint53(applied.index)
    .uint53(applied.epoch)
    .uint32(applied.chain)
    .uint53(applied.position)
    .uint53(row.nextSequence)
    .uint53(row.nextId)
    .uint53(row.nextProducerId)
    .uint53(row.nextUse)
    .uint53(row.nextOutcome)
    .uint53(row.logStart)
    .uint53(row.rows)
    .uint32(row.rowSum)
    .finish()
}

/** Null when the row is of another format, of which nothing but the number is known. */
export function decodeApplied(content: Buffer): AppliedRow | null {
  const reader = new ByteReader(content)
  const format = reader.uint16()
  if (format !== INDEX_FORMAT) return null
  const clusterId = reader.string16()
  const applied = {
    index: reader.uint53(),
    epoch: reader.uint53(),
    chain: reader.uint32(),
    position: reader.uint53(),
  }
  const row = {
    format,
    clusterId,
    applied,
    nextSequence: reader.uint53(),
    nextId: reader.uint53(),
    nextProducerId: reader.uint53(),
    nextUse: reader.uint53(),
    nextOutcome: reader.uint53(),
    logStart: reader.uint53(),
    rows: reader.uint53(),
    rowSum: reader.uint32(),
  }
  reader.end()
  return row
}

export function encodeDestination({ destination }: StoredDestination): Buffer {
  const writer = new ByteWriter(64).uint8(encodeDestinationKind(destination.kind))
  return writer.string16(destination.name).finish()
}

export function decodeDestination(id: number, content: Buffer): StoredDestination {
  const reader = new ByteReader(content)
  const kind = decodeDestinationKind(reader.uint8())
  const name = reader.string16()
  reader.end()
  return { id, destination: { kind, name } }
}

export function encodeSubscription(subscription: StoredSubscription): Buffer {
  return new ByteWriter(128)
    .uint32(subscription.topic)
    .boolean(subscription.noLocal)
    .string16(subscription.clientId)
    .string16(subscription.name)
    .string16(subscription.selector)
    .finish()
}

export function decodeSubscription(id: number, content: Buffer): StoredSubscription {
  const reader = new ByteReader(content)
  const topic = reader.uint32()
  const noLocal = reader.boolean()
  const clientId = reader.string16()
  const name = reader.string16()
  const selector = reader.string16()
  reader.end()
  return { id, topic, clientId, name, selector, noLocal }
}

export function encodeProducer(producer: ProducerEntry): Buffer {
  const writer = new ByteWriter(96).uint53(producer.lastSequence).uint53(producer.lastUse)
  return writer.string16(producer.name).finish()
}

export function decodeProducer(id: number, content: Buffer): ProducerEntry {
  const reader = new ByteReader(content)
  const lastSequence = reader.uint53()
  const lastUse = reader.uint53()
  const entry = new ProducerEntry(id, reader.string16())
  reader.end()
  entry.lastSequence = lastSequence
  entry.lastUse = lastUse
  return entry
}

export function encodeOutcome(outcome: Outcome): Buffer {
  return new ByteWriter(64).string16(outcome.id).finish()
}

export function decodeOutcome(number: number, content: Buffer): Outcome {
  const reader = new ByteReader(content)
  const id = reader.string16()
  reader.end()
  return { number, id }
}
