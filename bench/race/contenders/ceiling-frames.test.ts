import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { frameOf, wholeFrames } from './ceiling-frames.ts'

const frames = [10, 0, 300].map((length) => frameOf(Buffer.alloc(length)))

describe('frames of the ceiling', () => {
  it('are counted whatever their lengths', () => {
    const bytes = Buffer.concat(frames)
    assert.deepEqual(wholeFrames(bytes), { frames: 3, bytes: bytes.length })
  })

  it('are whole or wait for their rest', () => {
    const bytes = Buffer.concat(frames)
    assert.deepEqual(wholeFrames(bytes.subarray(0, -1)), { frames: 2, bytes: 18 })
    assert.deepEqual(wholeFrames(bytes.subarray(0, 16)), { frames: 1, bytes: 14 })
    assert.deepEqual(wholeFrames(Buffer.alloc(0)), { frames: 0, bytes: 0 })
  })
})
