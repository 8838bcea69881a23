import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BrokerError } from '@quorate/core/base/errors'
import type { LogBatch, LogPoint } from '../../../src/store/journal/log-batch.ts'
import {
  BatchBuilder,
  EMPTY_LOG,
  forEachRecord,
  parseBatch,
  parseLeading,
} from '../../../src/store/journal/log-batch.ts'
import { MAX_PAYLOAD_BYTES } from '../../../src/store/journal/record.ts'

interface Builds {
  readonly epoch?: number
  readonly segmentSizeBytes?: number
  readonly tail?: LogPoint
}

function builderOf({ epoch = 3, segmentSizeBytes = 1_000, tail = EMPTY_LOG }: Builds = {}) {
  return new BatchBuilder({ tail, epoch, segmentStart: null, segmentSizeBytes })
}

function recordsOf(batch: LogBatch) {
  const records: { index: number; epoch: number; type: number; text: string; position: number }[] =
    []
  forEachRecord(batch, ({ index, epoch, type, payload, position, payloadPosition }) => {
    assert.equal(payloadPosition, position + 40)
    records.push({ index, epoch, type, text: payload.toString('latin1'), position })
  })
  return records
}

function isMalformed(error: unknown): boolean {
  return error instanceof BrokerError && error.code === 'MALFORMED_FRAME'
}

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 4_000, max: 9_000 }).map((length) => Buffer.alloc(length, 'long')),
)

/** Cuts bytes at these places, wherever they fall. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...places.map((place) => place % (bytes.length + 1))].sort((a, b) => a - b)
  return [0, ...sorted].map((from, i) => bytes.subarray(from, sorted[i] ?? bytes.length))
}

describe('batch builder', () => {
  it('gives each record its index, and says where it begins', () => {
    const builder = builderOf()
    const positions: number[] = []
    for (const text of ['a', 'bb', '', 'dddd']) {
      positions.push(builder.position)
      assert.equal(builder.nextIndex, positions.length)
      assert.equal(builder.add(7, Buffer.from(text)), positions.length)
    }
    assert.deepEqual(positions, [0, 41, 83, 123])
    const batch = builder.take()
    assert.deepEqual(recordsOf(batch), [
      { index: 1, epoch: 3, type: 7, text: 'a', position: 0 },
      { index: 2, epoch: 3, type: 7, text: 'bb', position: 41 },
      { index: 3, epoch: 3, type: 7, text: '', position: 83 },
      { index: 4, epoch: 3, type: 7, text: 'dddd', position: 123 },
    ])
    assert.equal(batch.byteLength, 167)
    assert.equal(batch.last.position, 167)
    assert.deepEqual(batch.epochStarts, [{ epoch: 3, firstIndex: 1 }])
  })

  it('takes batches that continue one another and share no state', () => {
    const builder = builderOf({ segmentSizeBytes: 100 })
    const batches: LogBatch[] = []
    for (let i = 0; i < 20; i++) {
      builder.add(1, Buffer.alloc(10, i))
      batches.push(builder.take())
      assert.ok(builder.isEmpty)
    }
    for (let i = 1; i < 20; i++) assert.deepEqual(batches[i]!.previous, batches[i - 1]!.last)
    // Two records of 50 bytes to a segment of 100.
    assert.deepEqual(
      batches.map((batch) => batch.segmentStarts.length),
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 1 : 0)),
    )
    assert.equal(batches.filter((batch) => batch.epochStarts.length > 0).length, 1)
  })

  it('begins a segment before it would grow too large, and when it is told to', () => {
    const builder = builderOf({ segmentSizeBytes: 200 })
    builder.add(1, Buffer.alloc(100))
    assert.equal(builder.startsSegment(20), false)
    assert.equal(builder.startsSegment(21), true)
    builder.add(1, Buffer.alloc(500))
    builder.add(1, Buffer.alloc(1))
    builder.startSegment()
    builder.add(1, Buffer.alloc(1))
    const { segmentStarts } = builder.take()
    assert.deepEqual(
      segmentStarts.map(({ index, position }) => ({ index, position })),
      [
        { index: 1, position: 0 },
        { index: 2, position: 140 },
        { index: 3, position: 680 },
        { index: 4, position: 721 },
      ],
    )
    assert.equal(segmentStarts[2]!.previous.index, 2)
    assert.equal(segmentStarts[2]!.previous.position, 680)
  })

  it('keeps large payloads by reference and copies none of them', () => {
    const builder = builderOf()
    const large = Buffer.alloc(100_000, 1)
    builder.add(1, large)
    builder.add(1, [Buffer.from('head'), large])
    const { chunks } = builder.take()
    assert.equal(chunks.filter((chunk) => chunk === large).length, 2)
  })

  it('fills slab after slab without touching what was taken before', () => {
    const builder = builderOf({ segmentSizeBytes: 10_000_000 })
    const batches: LogBatch[] = []
    for (let i = 0; i < 300; i++) {
      builder.add(1, Buffer.alloc(1_000, i))
      if (i % 7 !== 0) continue
      assert.equal(builder.byteLength > 0, true)
      batches.push(builder.take())
    }
    let index = 0
    for (const batch of batches) {
      const { chunks } = parseBatch(batch.chunks, batch.previous)
      assert.ok(chunks.length <= 2)
      for (const { text } of recordsOf(batch)) assert.equal(text.charCodeAt(999), index++ & 0xff)
    }
    assert.equal(index, 295)
  })

  it('refuses a payload that no record can hold, and goes on as if it had not been asked', () => {
    const builder = builderOf()
    builder.add(7, Buffer.from('a'))
    const half = Buffer.alloc(MAX_PAYLOAD_BYTES / 2)
    assert.throws(
      () => builder.add(7, [half, half, Buffer.from('+')]),
      (error: unknown) => error instanceof BrokerError && error.code === 'RESOURCE_LIMIT',
    )
    builder.add(7, Buffer.from('b'))
    const batch = builder.take()
    assert.deepEqual(
      recordsOf(parseBatch(Buffer.concat(batch.chunks), EMPTY_LOG)).map(({ text }) => text),
      ['a', 'b'],
    )
  })

  it('makes the same bytes of a payload in one piece or in many', () => {
    fc.assert(
      fc.property(payload, fc.array(fc.nat(), { maxLength: 4 }), (bytes, places) => {
        const whole = builderOf()
        const pieces = builderOf()
        whole.add(5, bytes)
        pieces.add(5, cutAt(bytes, places))
        assert.deepEqual(Buffer.concat(whole.take().chunks), Buffer.concat(pieces.take().chunks))
      }),
    )
  })
})

describe('parseBatch', () => {
  it('returns what was built, however the bytes are cut into buffers', () => {
    fc.assert(
      fc.property(
        fc.array(payload, { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        (payloads, places) => {
          const builder = builderOf()
          for (const bytes of payloads) builder.add(2, bytes)
          const built = builder.take()
          const bytes = Buffer.concat(built.chunks)
          const parsed = parseBatch(cutAt(bytes, places), EMPTY_LOG)
          const { chunks: _built, ...expected } = built
          const { chunks, ...actual } = parsed
          assert.deepEqual(actual, expected)
          assert.ok(Buffer.concat(chunks).equals(bytes))
          assert.deepEqual(recordsOf(parsed), recordsOf(built))
        },
      ),
    )
  })

  it('says of each batch the lowest type of its records, and not of those before', () => {
    const builder = builderOf()
    const lowestOf = (...types: number[]): number[] => {
      for (const type of types) builder.add(type, Buffer.from('x'))
      const batch = builder.take()
      return [batch.lowestType, parseBatch(batch.chunks, batch.previous).lowestType]
    }
    assert.deepEqual(lowestOf(17, 2, 16), [2, 2])
    assert.deepEqual(lowestOf(18, 16, 17), [16, 16])
  })

  it('refuses every single flipped bit with MALFORMED_FRAME', () => {
    const builder = builderOf()
    builder.add(1, Buffer.from('first'))
    builder.add(1, Buffer.from('second, a little longer'))
    const bytes = Buffer.concat(builder.take().chunks)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      assert.throws(() => parseBatch(bytes, EMPTY_LOG), isMalformed, `bit ${bit}`)
      bytes[bit >> 3]! ^= 1 << (bit & 7)
    }
    parseBatch(bytes, EMPTY_LOG)
  })

  it('refuses every cut, every other point and an empty run with MALFORMED_FRAME', () => {
    const builder = builderOf()
    builder.add(1, Buffer.from('one'))
    const { last } = builder.take()
    builder.add(1, Buffer.from('two'))
    const batch = builder.take()
    const bytes = Buffer.concat(batch.chunks)
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => parseBatch(bytes.subarray(0, length), last), isMalformed)
    }
    const points: LogPoint[] = [
      EMPTY_LOG,
      { ...last, index: 0 },
      { ...last, index: 2 },
      { ...last, epoch: 4 },
      { ...last, chain: last.chain ^ 1 },
      { ...last, position: 0 },
    ]
    for (const point of points) assert.throws(() => parseBatch(bytes, point), isMalformed)
    // Positions follow from the records before; a wrong one that is not the start cannot be seen.
    assert.deepEqual(parseBatch(bytes, last).last, batch.last)
  })

  it('ends in MALFORMED_FRAME or in true records, whatever the bytes are', () => {
    const builder = builderOf()
    for (let i = 0; i < 5; i++) builder.add(1, Buffer.alloc(i * 10, i))
    const valid = Buffer.concat(builder.take().chunks)
    const mutation = fc.record({ at: fc.nat(valid.length - 1), byte: fc.nat(255) })
    const mutated = fc.array(mutation, { maxLength: 4 }).map((mutations) => {
      const bytes = Buffer.from(valid)
      for (const { at, byte } of mutations) bytes[at] = byte
      return bytes
    })
    const arbitrary = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(mutated, arbitrary), fc.array(fc.nat()), (bytes, places) => {
        try {
          const batch = parseBatch(cutAt(bytes, places), EMPTY_LOG)
          assert.ok(valid.equals(Buffer.concat(batch.chunks)), 'only what was written is accepted')
        } catch (error) {
          if (!isMalformed(error)) throw error
        }
      }),
      { numRuns: 500 },
    )
  })

  it('allocates nothing for a length that the bytes cannot hold', () => {
    const builder = builderOf()
    builder.add(1, Buffer.alloc(5000))
    const [header] = builder.take().chunks
    assert.throws(() => parseBatch(header!, EMPTY_LOG), /payload is cut short/)
  })
})

describe('parseLeading', () => {
  it('returns the complete records, and how much the incomplete one needs', () => {
    const builder = builderOf()
    for (const length of [10, 20, 30]) builder.add(1, Buffer.alloc(length))
    const bytes = Buffer.concat(builder.take().chunks)
    const lengths = [50, 60, 70]
    for (let length = 0; length <= bytes.length; length++) {
      const leading = parseLeading(bytes.subarray(0, length), EMPTY_LOG, 3)
      const complete = length < 50 ? 0 : length < 110 ? 1 : length < 180 ? 2 : 3
      assert.equal(leading.batch?.lastIndex ?? 0, complete)
      assert.equal(leading.fault, null)
      const rest = length - [0, 50, 110, 180][complete]!
      const needed = rest === 0 ? 0 : rest < 40 ? 40 : lengths[complete]!
      assert.equal(leading.incompleteBytes, needed, `${length} bytes`)
    }
    assert.equal(parseLeading(bytes, EMPTY_LOG, 2).batch?.lastIndex, 2)
  })
})
