import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SpaceLimits } from '../../../src/store/journal/store-space.ts'
import { HEAD_ROOM_BYTES, StoreSpace, headRoomOf } from '../../../src/store/journal/store-space.ts'

const MB = 1024 ** 2
const GB = 1024 * MB

/** A disk of 10,000 bytes with a head-room of 1,000, and a log that may take 5,000. */
function smallSpace(limits: Partial<SpaceLimits> = {}): {
  space: StoreSpace
  look: (freeBytes: number, usedBytes?: number, preparedBytes?: number) => boolean
} {
  const given = { limitBytes: 5_000, headRoomBytes: 1_000, ...limits }
  const space = new StoreSpace(given, 100, { freeBytes: 10_000, totalBytes: 10_000 })
  return {
    space,
    look: (freeBytes, usedBytes = 0, preparedBytes = 0) =>
      space.look({ freeBytes, totalBytes: 10_000, usedBytes, preparedBytes }),
  }
}

describe('store space', () => {
  it('keeps two segments or 256 MiB free, and of a small disk an eighth', () => {
    const limits = { limitBytes: GB, headRoomBytes: null }
    assert.equal(headRoomOf(limits, 100 * MB, 1000 * GB), HEAD_ROOM_BYTES)
    assert.equal(headRoomOf(limits, GB, 1000 * GB), 2 * GB)
    assert.equal(headRoomOf(limits, 100 * MB, 64 * MB), 8 * MB)
    assert.equal(headRoomOf({ ...limits, headRoomBytes: 7 }, 100 * MB, 64 * MB), 7)
    assert.equal(headRoomOf(limits, 100 * MB, Infinity), HEAD_ROOM_BYTES)
  })

  it('is short once the head-room is touched, and until there is a margin above it', () => {
    const { space, look } = smallSpace()
    assert.equal(look(1_001), false)
    assert.equal(space.isShort, false)
    assert.equal(look(1_000), true)
    assert.equal(space.isShort, true)
    assert.equal(look(1_249), false)
    assert.equal(space.isShort, true)
    assert.equal(look(1_250), true)
    assert.equal(space.isShort, false)
    assert.equal(look(1_001), false)
    assert.equal(space.isShort, false)
  })

  it('counts what is prepared for records as free', () => {
    const { space, look } = smallSpace()
    look(200, 0, 801)
    assert.equal(space.isShort, false)
    look(200, 0, 800)
    assert.equal(space.isShort, true)
  })

  it('is short once the log has its limit, and until it is well below', () => {
    const { space, look } = smallSpace()
    assert.equal(look(9_000, 4_999), false)
    assert.equal(look(9_000, 5_000), true)
    assert.equal(look(9_000, 4_751), false)
    assert.equal(space.isShort, true)
    assert.equal(look(9_000, 4_750), true)
    assert.equal(space.isShort, false)
  })

  it('is short as long as either is', () => {
    const { space, look } = smallSpace()
    look(1_000, 5_000)
    look(9_000, 5_000)
    assert.equal(space.isShort, true)
    look(1_000, 100)
    assert.equal(space.isShort, true)
    look(9_000, 100)
    assert.equal(space.isShort, false)
  })

  it('counts the growth of the log between two looks', () => {
    const { space, look } = smallSpace()
    look(1_500, 300)
    assert.equal(space.isShortAt(799), false)
    assert.equal(space.isShortAt(800), true)
    assert.equal(space.viewAt(800).freeBytes, 1_000)
    assert.equal(space.viewAt(800).isShort, true)
    // The disk says otherwise: something was deleted meanwhile.
    look(2_000, 800)
    assert.equal(space.isShortAt(800), false)
  })

  it('lets segments be prepared from what is free above the head-room only', () => {
    const { space, look } = smallSpace()
    look(1_500, 0, 400)
    assert.equal(space.mayPrepare(500), true)
    assert.equal(space.mayPrepare(501), false)
  })

  it('shows the limit that the disk allows, which grows again with the disk', () => {
    const { space, look } = smallSpace()
    look(9_000, 300)
    assert.equal(space.viewAt(300).limitBytes, 5_000)
    look(1_700, 300)
    assert.equal(space.viewAt(300).limitBytes, 1_000)
    look(500, 300)
    assert.equal(space.viewAt(300).limitBytes, 300)
    look(9_000, 6_000)
    assert.equal(space.viewAt(6_000).limitBytes, 5_000)
  })

  it('knows only the limit of a disk that does not tell how full it is', () => {
    const limits = { limitBytes: 5_000, headRoomBytes: null }
    const disk = { freeBytes: Infinity, totalBytes: Infinity }
    const space = new StoreSpace(limits, 100, disk)
    assert.equal(space.isShortAt(4_999), false)
    assert.equal(space.isShortAt(5_000), true)
    assert.equal(space.mayPrepare(GB), true)
    assert.deepEqual(space.viewAt(10), {
      usedBytes: 10,
      limitBytes: 5_000,
      freeBytes: null,
      headRoomBytes: HEAD_ROOM_BYTES,
      isShort: false,
    })
  })
})
