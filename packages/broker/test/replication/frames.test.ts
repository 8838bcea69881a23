import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BrokerError } from '@quorate/core/base/errors'
import type { Frame } from '../../src/replication/frames.ts'
import { FRAME_VERSION, decodeFrame, encodeFrame, notOlder } from '../../src/replication/frames.ts'

/** Plain objects, as the decoder makes them. */
function record<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true })
}

const number = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const text = fc.string({ maxLength: 40 })
const last = record({ epoch: number, index: number })
const point = record({
  index: number,
  epoch: number,
  chain: fc.nat({ max: 0xffff_ffff }),
  position: number,
})

/** One of each, with any values. */
const frames: { readonly [T in Frame['type']]: fc.Arbitrary<Omit<Frame & { type: T }, 'type'>> } = {
  preVote: record({ round: number, last }),
  preVoteReply: record({
    round: number,
    leaderAlive: fc.boolean(),
    grants: fc.boolean(),
    suspect: fc.boolean(),
    last,
    promised: number,
  }),
  fence: record({ epoch: number, nonce: text, last }),
  fenceReply: record({
    epoch: number,
    nonce: text,
    promises: fc.boolean(),
    grants: fc.boolean(),
    suspect: fc.boolean(),
    last,
    promised: number,
  }),
  sessionStart: record({ epoch: number, nonce: text, session: number }),
  tail: record({ epoch: number, session: number, point }),
  truncateTo: record({ epoch: number, session: number, lastEpoch: number, index: number }),
  matched: record({
    epoch: number,
    session: number,
    joinEnd: number,
    regressed: fc.boolean(),
  }),
  startAt: record({ epoch: number, session: number, origin: point }),
  append: record({
    epoch: number,
    session: number,
    previous: point,
    commit: number,
    records: fc.uint8Array({ maxLength: 300 }).map((bytes) => [Buffer.from(bytes)]),
  }),
  ack: record({
    epoch: number,
    session: number,
    written: number,
    synced: number,
    suspect: fc.boolean(),
    sentUs: number,
    short: fc.boolean(),
  }),
  nack: record({ epoch: number, session: number, next: number }),
  heartbeat: record({ epoch: number, session: number, commit: number, sentUs: number }),
  catchUp: record({ epoch: number, session: number, end: number }),
  abdicate: record({ epoch: number, target: text }),
  reject: record({ promised: number }),
}

const anyFrame = fc.oneof(
  ...Object.entries(frames).map(([type, fields]) =>
    (fields as fc.Arbitrary<object>).map((values) => ({ type, ...values }) as Frame),
  ),
)

describe('replication frames', () => {
  it('are decoded as they were encoded, with their length in front', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const bytes = Buffer.concat(encodeFrame(frame))
        assert.equal(bytes.readUInt32BE(0), bytes.length - 4)
        assert.deepEqual(decodeFrame(bytes.subarray(4)), frame)
      }),
      { numRuns: 500 },
    )
  })

  it('carry records as they lie in memory, without a copy', () => {
    const records = [Buffer.from('one'), Buffer.from('two')]
    const previous = { index: 1, epoch: 1, chain: 1, position: 1 }
    const frame: Frame = { type: 'append', epoch: 1, session: 1, previous, commit: 0, records }
    const [, first, second] = encodeFrame(frame)
    assert.equal(first, records[0])
    assert.equal(second, records[1])
  })

  it('end in a frame or in one error of the table, whatever the bytes', () => {
    const damaged = fc
      .tuple(anyFrame, fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 40 }))
      .map(([frame, at, byte, cut]) => {
        const bytes = Buffer.concat(encodeFrame(frame)).subarray(4)
        bytes[at % bytes.length] = byte
        return bytes.subarray(0, bytes.length - Math.min(cut, bytes.length))
      })
    const any = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(any, damaged), (bytes) => {
        try {
          decodeFrame(bytes)
        } catch (error) {
          assert.ok(error instanceof BrokerError, String(error))
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('of another version are refused, not guessed (R4)', () => {
    const bytes = Buffer.concat(encodeFrame({ type: 'reject', promised: 3 })).subarray(4)
    bytes[0] = FRAME_VERSION + 1
    assert.throws(() => decodeFrame(bytes), { code: 'UNSUPPORTED_VERSION' })
  })

  it('of an unknown kind, or with bytes left over, are malformed', () => {
    assert.throws(() => decodeFrame(Buffer.from([FRAME_VERSION, 200])), { code: 'MALFORMED_FRAME' })
    const bytes = Buffer.concat(encodeFrame({ type: 'reject', promised: 3 })).subarray(4)
    assert.throws(() => decodeFrame(Buffer.concat([bytes, Buffer.from([0])])), {
      code: 'MALFORMED_FRAME',
    })
  })

  it('say what earlier versions do not know only where it is true, and do not miss it', () => {
    const said = { epoch: 1, session: 1, written: 1, synced: 1, suspect: false, sentUs: 7 }
    const bytesOf = (short: boolean): Buffer =>
      Buffer.concat(encodeFrame({ type: 'ack', ...said, short })).subarray(4)
    assert.equal(bytesOf(true).length, bytesOf(false).length + 1)
    assert.deepEqual(decodeFrame(bytesOf(false)), { type: 'ack', ...said, short: false })
    for (const mark of [[0], [2], [255], [1, 1]]) {
      const hostile = Buffer.concat([bytesOf(false), Buffer.from(mark)])
      assert.throws(() => decodeFrame(hostile), { code: 'MALFORMED_FRAME' }, String(mark))
    }
  })

  it('order logs by epoch first, then by index (R8)', () => {
    assert.ok(notOlder({ epoch: 2, index: 1 }, { epoch: 1, index: 9 }))
    assert.ok(!notOlder({ epoch: 1, index: 9 }, { epoch: 2, index: 1 }))
    assert.ok(notOlder({ epoch: 2, index: 5 }, { epoch: 2, index: 5 }))
    assert.ok(!notOlder({ epoch: 2, index: 4 }, { epoch: 2, index: 5 }))
  })
})
