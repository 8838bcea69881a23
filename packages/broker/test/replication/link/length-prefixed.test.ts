import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { LengthPrefixed } from '../../../src/replication/link/length-prefixed.ts'

function framed(payloads: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    payloads.flatMap((payload) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(payload.length)
      return [length, payload]
    }),
  )
}

function pushAll(splitter: LengthPrefixed, chunks: readonly Buffer[]): string[] {
  const frames: string[] = []
  for (const chunk of chunks) splitter.push(chunk, (frame) => frames.push(frame.toString('hex')))
  return frames
}

describe('length-prefixed frames', () => {
  it('come out whole, however the stream is cut', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 })
    const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 40 })
    fc.assert(
      fc.property(payloads, cuts, (sent, sizes) => {
        const bytes = framed(sent)
        const chunks: Buffer[] = []
        let at = 0
        for (const size of sizes) {
          chunks.push(bytes.subarray(at, at + size))
          at += size
        }
        chunks.push(bytes.subarray(at))
        const received = pushAll(new LengthPrefixed(64), chunks)
        assert.deepEqual(
          received,
          sent.map((payload) => Buffer.from(payload).toString('hex')),
        )
      }),
    )
  })

  it('are refused by their announced length, before a byte of them is kept', () => {
    const splitter = new LengthPrefixed(64)
    const announced = Buffer.from([0, 0, 0, 65])
    assert.throws(() => splitter.push(announced, () => assert.fail()), { code: 'FRAME_TOO_LARGE' })
    const huge = new LengthPrefixed(64)
    const all = Buffer.from([0xff, 0xff, 0xff, 0xff])
    assert.throws(() => huge.push(all, () => assert.fail()), { code: 'FRAME_TOO_LARGE' })
  })

  it('may be larger once the peer has proven itself, in the very chunk that proves it', () => {
    const splitter = new LengthPrefixed(4)
    const bytes = framed([Buffer.alloc(2), Buffer.alloc(60)])
    const lengths: number[] = []
    splitter.push(bytes, (frame) => {
      lengths.push(frame.length)
      splitter.limit = 64
    })
    assert.deepEqual(lengths, [2, 60])
  })

  it('that lie in one chunk are slices of it', () => {
    const bytes = framed([Buffer.from('abc')])
    new LengthPrefixed(64).push(bytes, (frame) => assert.equal(frame.buffer, bytes.buffer))
  })
})
