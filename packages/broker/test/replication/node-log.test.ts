import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LARGE_BYTES } from '@quorate/core/base/roomy-memory'
import { NodeLog } from '../../src/replication/node-log.ts'
import type { Journal } from '../../src/store/journal/journal.ts'
import { BatchBuilder, EMPTY_LOG } from '../../src/store/journal/log-batch.ts'
import type { LogBatch } from '../../src/store/journal/log-batch.ts'

/** A follower's log whose journal only notes what it is asked. */
function logWith(batches: readonly LogBatch[]) {
  const journal = { writtenIndex: 0, firstIndex: 1, reads: [] as number[] }
  const log = new NodeLog({
    journal: {
      get writtenIndex() {
        return journal.writtenIndex
      },
      firstIndex: 1,
      append: () => undefined,
      read: (from: number) => {
        journal.reads.push(from)
        return Promise.resolve(null)
      },
    } as unknown as Journal,
    segmentSizeBytes: 1 << 30,
    schedule: () => undefined,
    carried: () => assert.fail('nothing begins a segment'),
    onAppended: () => undefined,
    onCaughtUp: () => undefined,
    onError: (error) => assert.fail(String(error)),
  })
  const stateMachine = {
    appliedIndex: 0,
    apply(_batch: LogBatch, through: number) {
      this.appliedIndex = through
    },
    encodeState: () => Buffer.alloc(0),
  }
  log.feed(stateMachine, 0)
  for (const batch of batches) log.replicated(batch)
  return { log, journal }
}

function batchesOf(...payloadBytes: number[]): LogBatch[] {
  const options = { tail: EMPTY_LOG, epoch: 1, segmentStart: null, segmentSizeBytes: 1 << 30 }
  const builder = new BatchBuilder(options)
  return payloadBytes.map((bytes) => {
    builder.add(50, Buffer.alloc(bytes))
    return builder.take()
  })
}

describe('node log', () => {
  it('hands out a large record from memory as long as it is uncommitted, and written', async () => {
    const batches = batchesOf(10, 2 * LARGE_BYTES, 2 * LARGE_BYTES)
    const { log, journal } = logWith(batches)
    journal.writtenIndex = 2
    assert.equal(await log.read(2, LARGE_BYTES), batches[1])
    assert.equal(await log.read(3, LARGE_BYTES), null, 'not written yet')
    journal.writtenIndex = 3
    assert.equal(await log.read(3, LARGE_BYTES), batches[2])
    assert.deepEqual(journal.reads, [3])
    log.commit(2)
    assert.equal(await log.read(2, LARGE_BYTES), null)
    assert.equal(await log.read(3, LARGE_BYTES), batches[2])
    assert.deepEqual(journal.reads, [3, 2])
  })

  it('reads small ones, of which many fit into a frame', async () => {
    const { log, journal } = logWith(batchesOf(10, 10))
    journal.writtenIndex = 2
    await log.read(1, LARGE_BYTES)
    assert.deepEqual(journal.reads, [1])
  })
})
