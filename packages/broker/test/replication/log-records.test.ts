import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BrokerError } from '@quorate/core/base/errors'
import type { ClusterConfig } from '../../src/replication/cluster-config.ts'
import {
  CONFIG,
  EPOCH_START,
  configsIn,
  decodeConfigRecord,
  decodeEpochStart,
  encodeConfigRecord,
  encodeEpochStart,
} from '../../src/replication/log-records.ts'
import { BatchBuilder, EMPTY_LOG } from '../../src/store/journal/log-batch.ts'

const config: ClusterConfig = {
  version: 7,
  seats: [{ nodeId: 'a', storeUuid: 'a-1' }, null, { nodeId: 'c', storeUuid: 'c-1' }],
}
const start = { epoch: 3, leader: 'a', possibleLoss: true, config, wonAtMs: null }

describe('log records of replication', () => {
  it('are decoded as they were encoded', () => {
    assert.deepEqual(decodeEpochStart(encodeEpochStart(start)), start)
    const dated = { ...start, wonAtMs: 1_795_000_000_000 }
    assert.deepEqual(decodeEpochStart(encodeEpochStart(dated)), dated)
    assert.deepEqual(decodeConfigRecord(encodeConfigRecord(config)), config)
  })

  it('name a moment that a date can name, whatever was written', () => {
    const late = encodeEpochStart({ ...start, wonAtMs: Number.MAX_SAFE_INTEGER })
    const { wonAtMs } = decodeEpochStart(late)
    assert.equal(new Date(wonAtMs ?? NaN).toISOString(), '+275760-09-13T00:00:00.000Z')
  })

  it('of another format are refused, not guessed (R4)', () => {
    for (const bytes of [encodeEpochStart(start), encodeConfigRecord(config)]) {
      bytes[0] = 99
      assert.throws(() => decodeEpochStart(bytes), { code: 'UNSUPPORTED_FORMAT' })
      assert.throws(() => decodeConfigRecord(bytes), { code: 'UNSUPPORTED_FORMAT' })
    }
  })

  it('end in a record or in one error of the table, whatever the bytes', () => {
    const format = fc.constantFrom(1, 2)
    const any = fc
      .tuple(format, fc.uint8Array({ maxLength: 80 }))
      .map(([first, bytes]) => Buffer.from([first, ...bytes]))
    fc.assert(
      fc.property(any, (bytes) => {
        for (const decode of [decodeEpochStart, decodeConfigRecord]) {
          try {
            decode(bytes)
          } catch (error) {
            assert.ok(error instanceof BrokerError, String(error))
          }
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('bring their configurations, all of them and in order (R39)', () => {
    const next: ClusterConfig = { version: 8, seats: [config.seats[0] ?? null, null, null] }
    const options = { tail: EMPTY_LOG, epoch: 3, segmentStart: null, segmentSizeBytes: 1 << 20 }
    const builder = new BatchBuilder(options)
    builder.add(EPOCH_START, encodeEpochStart(start))
    builder.add(50, Buffer.from('data'))
    builder.add(CONFIG, encodeConfigRecord(next))
    assert.deepEqual(configsIn(builder.take()), [
      { index: 1, epoch: 3, config },
      { index: 3, epoch: 3, config: next },
    ])
    builder.add(50, Buffer.from('data'))
    assert.deepEqual(configsIn(builder.take()), [])
  })
})
