import { BrokerError, assert } from '@quorate/core/base/errors'
import type { BodyRef, BodySource } from '../body-source.ts'
import { CHECK_BYTES, isIntact } from '../journal/checked-bytes.ts'
import { sliceChunks } from '../journal/chunk-cursor.ts'
import { BatchBuilder, EMPTY_LOG, forEachRecord } from '../journal/log-batch.ts'
import type { LogBatch, LogPoint } from '../journal/log-batch.ts'
import type { LogOp } from '../log-op.ts'
import type { LogWriter } from '../message-store.ts'
import { encodeOp } from '../op-codec.ts'

/** What the log is applied to. */
export interface LogTarget {
  readonly appliedIndex: number
  apply(batch: LogBatch, throughIndex: number): void
}

export interface MemoryLogOptions {
  readonly epoch?: number
  readonly segmentSizeBytes?: number
}

/**
 * The log of a broker without disk or replicas: real records, in memory, committed when the owner
 * says so. For embedding and for tests of everything that lives above the log.
 */
export class MemoryLog implements LogWriter, BodySource {
  confirmableIndex = 0
  readonly #builder: BatchBuilder
  readonly #batches: LogBatch[] = []

  constructor(options: MemoryLogOptions = {}) {
    this.#builder = new BatchBuilder({
      tail: EMPTY_LOG,
      epoch: options.epoch ?? 1,
      segmentStart: null,
      segmentSizeBytes: options.segmentSizeBytes ?? SEGMENT_BYTES,
    })
  }

  /** Index of the last record, committed or not. */
  get lastIndex(): number {
    return this.#builder.nextIndex - 1
  }

  append(op: LogOp): number {
    const { type, chunks } = encodeOp(op)
    return this.#builder.add(type, chunks)
  }

  /** Adds a record that is not an operation. */
  appendRecord(type: number, payload: Buffer): number {
    return this.#builder.add(type, payload)
  }

  /** Ends a batch: what is appended next comes in another one. */
  seal(): void {
    if (!this.#builder.isEmpty) this.#batches.push(this.#builder.take())
  }

  /** Commits and applies everything that the target has not applied, through this index. */
  applyTo(target: LogTarget, throughIndex: number = this.lastIndex): void {
    this.seal()
    for (const batch of this.#batches) {
      const isNew = batch.lastIndex > target.appliedIndex && batch.firstIndex <= throughIndex
      if (isNew) target.apply(batch, Math.min(throughIndex, batch.lastIndex))
    }
  }

  /** The point after record `index`, 0 for the beginning. */
  pointAt(index: number): LogPoint {
    this.seal()
    let point = EMPTY_LOG
    for (const batch of this.#batches) {
      if (batch.firstIndex > index) break
      if (batch.lastIndex <= index) point = batch.last
      else point = pointInside(batch, index)
    }
    assert(point.index === index, 'a point is asked for inside the log')
    return point
  }

  readAt(refs: readonly BodyRef[]): Promise<Buffer[]> {
    return new Promise((resolve) => resolve(refs.map((ref) => this.#bodyAt(ref))))
  }

  #bodyAt({ position, length }: BodyRef): Buffer {
    const batch = this.#batches.find((candidate) => position <= candidate.last.position)
    const start = position - CHECK_BYTES - (batch?.previous.position ?? 0)
    if (batch === undefined || start < 0) throw corrupt({ position, length })
    const bytes = Buffer.concat(sliceChunks(batch.chunks, start, start + CHECK_BYTES + length))
    if (!isIntact(bytes, 0, length)) throw corrupt({ position, length })
    return bytes.subarray(CHECK_BYTES)
  }
}

const SEGMENT_BYTES = 100 * 1024 * 1024

/** As the journal says it where the log is whole: what lies in memory is taken not to decay. */
function corrupt(ref: BodyRef): BrokerError {
  const message = `the log does not hold a body of ${ref.length} bytes at ${ref.position}`
  return new BrokerError('JOURNAL_CORRUPT', message, { details: { ...ref } })
}

function pointInside(batch: LogBatch, index: number): LogPoint {
  let point = batch.previous
  forEachRecord(batch, (record) => {
    if (record.index !== index) return
    const { epoch, headerChecksum: chain, payloadPosition, payload } = record
    point = { index, epoch, chain, position: payloadPosition + payload.length }
  })
  return point
}
