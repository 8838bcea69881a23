import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BrokerError } from '@quorate/core/base/errors'
import type { StoredMeta } from '../../src/replication/meta.ts'
import { decodeMeta, encodeMeta } from '../../src/replication/meta.ts'

const seats = [{ nodeId: 'a', storeUuid: 'a-1' }, null, null]
const meta: StoredMeta = {
  brokerName: 'b',
  nodeId: 'a',
  storeUuid: 'a-1',
  clusterId: 'c',
  configs: [{ index: 3, epoch: 2, config: { version: 2, seats } }],
  losses: [{ index: 8, epoch: 3, leader: 'c', wonAtMs: null }],
  promised: { epoch: 4, candidate: 'b', nonce: 'n' },
  sync: 'quorum_disk',
  inMemory: false,
  bootId: 'boot',
  clean: false,
  suspect: null,
  incomplete: true,
  damagedFrom: 17,
  commitHint: 9,
  logStart: { index: 4, epoch: 2, chain: 7, position: 800 },
  peers: { b: 'host:1' },
}

function changed(change: Record<string, unknown>): Buffer {
  return Buffer.from(JSON.stringify({ format: 1, ...meta, ...change }))
}

describe('meta file', () => {
  it('is read as it was written', () => {
    assert.deepEqual(decodeMeta(encodeMeta(meta)), meta)
  })

  it('of a version that remembered no losses has none', () => {
    assert.deepEqual(decodeMeta(changed({ losses: undefined })).losses, [])
  })

  it('of a version that did not note it may have been counted for what is in memory', () => {
    assert.equal(decodeMeta(changed({ inMemory: undefined })).inMemory, true)
  })

  it('of a version that did not note where its log begins leaves that open', () => {
    assert.equal(decodeMeta(changed({ logStart: undefined })).logStart, null)
  })

  it('of a newer format is refused, not guessed (R4)', () => {
    assert.throws(() => decodeMeta(changed({ format: 2 })), { code: 'UNSUPPORTED_FORMAT' })
  })

  it('with a field that no version ever wrote is refused', () => {
    const wrong: Record<string, unknown>[] = [
      { brokerName: undefined },
      { storeUuid: 5 },
      { clusterId: 5 },
      { clean: 'no' },
      { inMemory: 1 },
      { suspect: 1 },
      { damagedFrom: -1 },
      { commitHint: 1.5 },
      { logStart: 4 },
      { logStart: { index: 4, epoch: 2, chain: 7, position: -1 } },
      { promised: { epoch: 1, candidate: 'a' } },
      { promised: null },
      { configs: {} },
      { configs: [{ index: 0, epoch: 0, config: { version: 1, seats: [] } }] },
      { configs: [{ index: 0, epoch: 0, config: { version: 1, seats: [{ nodeId: 'a' }] } }] },
      { losses: {} },
      { losses: [{ index: 8, epoch: 3, leader: 'c' }] },
      { losses: [{ index: 8, epoch: 3, leader: 5, wonAtMs: 1 }] },
      { peers: { b: 1 } },
    ]
    for (const change of wrong) {
      const bytes = changed(change)
      assert.throws(() => decodeMeta(bytes), { code: 'STORE_UNAVAILABLE' }, JSON.stringify(change))
    }
  })

  it('says what is wrong with it', () => {
    const told = (bytes: Buffer, message: RegExp) =>
      assert.throws(() => decodeMeta(bytes), { code: 'STORE_UNAVAILABLE', message })
    told(Buffer.alloc(0), /nothing was ever written to it/)
    told(Buffer.from('?'), /no version writes such a text/)
    told(Buffer.from('{}'), /names no format/)
    told(changed({ promised: null }), /its field "promised" is missing or wrong/)
  })

  it('ends in a meta or in one error of the table, whatever the bytes', () => {
    const json = fc.json().map((text) => Buffer.from(text))
    const any = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(any, json), (bytes) => {
        try {
          decodeMeta(bytes)
        } catch (error) {
          assert.ok(error instanceof BrokerError, String(error))
        }
      }),
    )
  })
})
