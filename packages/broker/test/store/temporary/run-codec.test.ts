import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeRun, encodeRun } from '../../../src/store/temporary/run-codec.ts'
import type { TemporaryMessage } from '../../../src/store/temporary-store.ts'

const identity = { epoch: 7, serial: 12_345_678_901 }

const message: fc.Arbitrary<TemporaryMessage> = fc.record(
  {
    place: fc.maxSafeNat(),
    turn: fc.maxSafeNat(),
    persistent: fc.boolean(),
    redeliveries: fc.nat(255),
    priority: fc.integer({ min: 0, max: 9 }),
    expirationMs: fc.maxSafeNat(),
    body: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  },
  { noNullPrototype: true },
)

function encoded(messages: readonly TemporaryMessage[]): Buffer {
  return Buffer.concat(encodeRun(messages, identity))
}

const run = fc.array(message, { minLength: 1, maxLength: 20 })

describe('a spilled run', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(run, (messages) => {
        assert.deepEqual(decodeRun(encoded(messages), messages.length, identity), messages)
      }),
    )
  })

  it('of large messages is not copied', () => {
    const [small] = fc.sample(message, { numRuns: 1, seed: 1 })
    const body = Buffer.alloc(1 << 20, 'x')
    const large = { ...(small as TemporaryMessage), body }
    const [, chunk] = encodeRun([large], identity)
    assert.equal(chunk, body)
    const [read] = decodeRun(encoded([large]), 1, identity)
    assert.deepEqual(read, large)
  })

  it('never gives anything wrong for what has decayed, and loses no more than it has to', () => {
    fc.assert(
      fc.property(run, fc.nat(), fc.integer({ min: 1, max: 255 }), (messages, where, change) => {
        const bytes = encoded(messages)
        const at = where % bytes.length
        bytes.writeUInt8(bytes.readUInt8(at) ^ change, at)
        const read = decodeRun(bytes, messages.length, identity)
        read.forEach((one, i) => {
          if (one !== null) assert.deepEqual(one, messages[i])
        })
        const lost = read.filter((one) => one === null).length
        const isBody = at >= 20 + messages.length * 35
        assert.equal(lost, isBody ? 1 : messages.length)
      }),
    )
  })

  it('is not taken for another that lay at the same place before', () => {
    const messages = fc.sample(message, { numRuns: 2, seed: 1 })
    const bytes = encoded(messages)
    for (const other of [
      { ...identity, epoch: 8 },
      { ...identity, serial: 1 },
    ]) {
      assert.deepEqual(decodeRun(bytes, 2, other), [null, null])
    }
    assert.deepEqual(decodeRun(bytes, 1, identity), [null])
  })

  it('gives nothing for any bytes that nobody wrote, and for a part of a run what is whole', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 9 }),
        (any, count) => {
          const read = decodeRun(Buffer.from(any), count, identity)
          assert.deepEqual(read, new Array(count).fill(null))
        },
      ),
    )
    fc.assert(
      fc.property(run, fc.nat(), (messages, cut) => {
        const bytes = encoded(messages)
        const read = decodeRun(bytes.subarray(0, cut % bytes.length), messages.length, identity)
        read.forEach((one, i) => {
          if (one !== null) assert.deepEqual(one, messages[i])
        })
      }),
    )
  })
})
