import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BrokerError } from '../../src/base/errors.ts'
import { LARGE_BYTES } from '../../src/base/roomy-memory.ts'
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
    const splitter = new FrameSplitter(0x7fff_ffff, () => false)
    for (const size of [0x7fff_ffff, LARGE_BYTES - 1]) {
      const prefix = Buffer.alloc(4)
      prefix.writeInt32BE(size)
      splitter.push(Buffer.concat([prefix, Buffer.from([1, 2, 3])]))
      const before = process.memoryUsage().arrayBuffers
      assert.equal(splitter.next(), null)
      assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
      assert.equal(splitter.pendingBytes, 7)
      splitter.skip(splitter.peek().length)
    }
  })

  it('asks before it takes in a large frame, and waits while that is declined', () => {
    const frames = [LARGE_BYTES, 10, LARGE_BYTES + 7, 3].map((size, i) => Buffer.alloc(size, i + 1))
    const bytes = Buffer.concat(frames.map(prefixed))
    for (const length of [1 << 16, LARGE_BYTES - 3, LARGE_BYTES + 3]) {
      const asked: number[] = []
      const state = { admits: false }
      const splitter = new FrameSplitter(2 * LARGE_BYTES, (size) => {
        asked.push(size)
        return state.admits
      })
      const found: Buffer[] = []
      for (const chunk of chunks(bytes, [length])) {
        state.admits = false
        splitter.push(chunk)
        found.push(...drain(splitter))
        state.admits = true
        found.push(...drain(splitter))
      }
      assert.ok(found.length === 4 && found.every((frame, i) => frame.equals(frames[i] ?? frame)))
      assert.equal(splitter.pendingBytes, 0)
      assert.deepEqual(new Set(asked), new Set([LARGE_BYTES, LARGE_BYTES + 7]))
    }
  })

  it('gathers a large frame in memory of its own, wherever its size is cut', () => {
    for (const cut of [1, 2, 3, 4, 5]) {
      const frame = Buffer.alloc(LARGE_BYTES, 7)
      const bytes = prefixed(frame)
      const splitter = new FrameSplitter(LARGE_BYTES)
      splitter.push(bytes.subarray(0, cut))
      assert.equal(splitter.next(), null)
      splitter.push(bytes.subarray(cut))
      const found = splitter.next()
      assert.ok(found?.equals(frame))
      assert.equal(splitter.next(), null)
    }
  })
})
