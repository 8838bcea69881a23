import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryLog } from '../../../src/store/memory/memory-log.ts'
import { decodeOp } from '../../../src/store/op-codec.ts'
import { forEachRecord } from '../../../src/store/journal/log-batch.ts'
import type { LogBatch } from '../../../src/store/journal/log-batch.ts'
import type { BodyRef } from '../../../src/store/body-source.ts'
import { message, queue } from '../leveldb/index-fixture.ts'

/** Where the bodies of a log's messages lie. */
function refsIn(log: MemoryLog): BodyRef[] {
  const refs: BodyRef[] = []
  const apply = (batch: LogBatch) =>
    forEachRecord(batch, ({ type, payload, payloadPosition }) => {
      const op = decodeOp(type, payload)
      if (op.kind !== 'message') return
      const position = payloadPosition + op.body.byteOffset - payload.byteOffset
      refs.push({ position, length: op.body.length })
    })
  log.applyTo({ appliedIndex: 0, apply })
  return refs
}

describe('memory log', () => {
  it('gives bodies back as a journal does, across batches', async () => {
    const log = new MemoryLog()
    log.append(queue(1))
    const texts = ['one', '', 'three', 'four']
    for (const [i, text] of texts.entries()) {
      log.append(message(1, { body: Buffer.from(text) }))
      if (i === 1) log.seal()
    }
    const bodies = await log.readAt(refsIn(log))
    assert.deepEqual(bodies.map(String), texts)
  })

  it('refuses what it does not hold as a journal does', async () => {
    const log = new MemoryLog()
    log.append(message(1, { body: Buffer.from('hello') }))
    log.append(message(1))
    const [ref] = refsIn(log) as [BodyRef]
    const { position, length } = ref
    const wrong = [
      { position: position + 1, length },
      { position, length: length + 1 },
      { position, length: 2 ** 40 },
      { position: 1, length: 0 },
      { position: 2 ** 40, length },
    ]
    for (const details of wrong) {
      await assert.rejects(log.readAt([ref, details]), { code: 'JOURNAL_CORRUPT', details })
    }
    const spoil = (batch: LogBatch) => batch.chunks.forEach((chunk) => chunk.fill(1))
    log.applyTo({ appliedIndex: 0, apply: spoil })
    await assert.rejects(log.readAt([ref]), { code: 'JOURNAL_CORRUPT', details: { ...ref } })
  })
})
