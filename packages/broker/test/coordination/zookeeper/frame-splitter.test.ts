import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { FrameSplitter } from '../../../src/coordination/zookeeper/frame-splitter.ts'

function framesOf(chunks: readonly Buffer[], max = 1000): string[] {
  const splitter = new FrameSplitter(max)
  const frames: string[] = []
  for (const chunk of chunks) splitter.push(chunk, (frame) => frames.push(frame.toString('hex')))
  return frames
}

function framed(body: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

describe('frame splitter', () => {
  it('finds the same frames however the bytes are cut', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 10 })
    const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 })
    fc.assert(
      fc.property(bodies, cuts, (frames, sizes) => {
        const stream = Buffer.concat(frames.map(framed))
        const chunks: Buffer[] = []
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length] ?? 1
          chunks.push(stream.subarray(at, at + size))
          at += size
        }
        const expected = frames.map((body) => Buffer.from(body).toString('hex'))
        assert.deepEqual(framesOf(chunks), expected)
        assert.deepEqual(framesOf([stream]), expected)
      }),
    )
  })
  it('refuses a frame longer than the limit as soon as its length is known', () => {
    assert.throws(() => framesOf([Buffer.from('000003e9', 'hex')]), { code: 'FRAME_TOO_LARGE' })
    assert.deepEqual(framesOf([Buffer.from('000003e8', 'hex')]), [])
  })
  it('refuses a negative length', () => {
    assert.throws(() => framesOf([Buffer.from('ff', 'hex'), Buffer.from('ffffff', 'hex')]), {
      code: 'FRAME_TOO_LARGE',
    })
  })
})
