import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BrokerError } from '../../src/base/errors.ts'
import { FrameSplitter } from '../../src/openwire/frame-splitter.ts'

function prefixed(frame: Buffer): Buffer {
  const prefix = Buffer.alloc(4)
  prefix.writeInt32BE(frame.length)
  return Buffer.concat([prefix, frame])
}

/** `bytes` in pieces of the given lengths, over and over. */
function chunks(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}

function drain(splitter: FrameSplitter): Buffer[] {
  const frames: Buffer[] = []
  for (let frame = splitter.next(); frame !== null; frame = splitter.next()) frames.push(frame)
  return frames
}

describe('FrameSplitter', () => {
  it('finds the same frames however the bytes are cut', () => {
    const frame = fc.uint8Array({ minLength: 1, maxLength: 700 })
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 5 }),
        (contents, lengths) => {
          const frames = contents.map((each) => Buffer.from(each))
          const splitter = new FrameSplitter(1000)
          const found: Buffer[] = []
          for (const chunk of chunks(Buffer.concat(frames.map(prefixed)), lengths)) {
            splitter.push(chunk)
            found.push(...drain(splitter))
          }
          assert.deepEqual(found, frames)
          assert.equal(splitter.pendingBytes, 0)
        },
      ),
    )
  })

  it('hands out slices of a chunk, not copies', () => {
    const chunk = prefixed(Buffer.from('abc'))
    const splitter = new FrameSplitter(100)
    splitter.push(chunk)
    assert.equal(splitter.next()?.buffer, chunk.buffer)
  })

  it('refuses a frame beyond the limit before its bytes arrive', () => {
    const splitter = new FrameSplitter(100)
    splitter.push(Buffer.from([0, 0, 0, 101]))
    assert.throws(() => splitter.next(), { code: 'FRAME_TOO_LARGE' })
  })

  it('refuses a frame of no bytes and one of a negative size', () => {
    for (const bytes of [
      [0, 0, 0, 0],
      [0xff, 0xff, 0xff, 0xff],
    ]) {
      const splitter = new FrameSplitter(100)
      splitter.push(Buffer.from(bytes))
      assert.throws(
        () => splitter.next(),
        (error) => error instanceof BrokerError && error.code === 'MALFORMED_FRAME',
      )
    }
  })

  it('does not allocate by what a size announces', () => {
    const splitter = new FrameSplitter(0x7fff_ffff)
    splitter.push(Buffer.from([0x7f, 0xff, 0xff, 0xff, 1, 2, 3]))
    const before = process.memoryUsage().arrayBuffers
    assert.equal(splitter.next(), null)
    assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
    assert.equal(splitter.pendingBytes, 7)
  })
})
