import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SpaceLimits } from '../../../src/store/journal/store-space.ts'
import {
  HEAD_ROOM_BYTES,
  StoreSpace,
  headRoomOf,
  limitOn,
  storeLimitOn,
} from '../../../src/store/journal/store-space.ts'

const MB = 1024 ** 2
const GB = 1024 * MB

/** A disk of 10,000 bytes with a head-room of 1,000, and a log that may take 5,000. */
function smallSpace(limits: Partial<SpaceLimits> = {}): {
  space: StoreSpace
  look: (freeBytes: number, usedBytes?: number, preparedBytes?: number) => boolean
} {
  const given = { limitBytes: 5_000, limitPercent: null, headRoomBytes: 1_000, ...limits }
  const space = new StoreSpace(given, 100, { freeBytes: 10_000, totalBytes: 10_000 })
  return {
    space,
    look: (freeBytes, usedBytes = 0, preparedBytes = 0) =>
      space.look({ freeBytes, totalBytes: 10_000, usedBytes, preparedBytes }),
  }
}

/** A log that may take this share of a disk, which has room for all of it; else 5 MB. */
function shareOf(
  limitPercent: number,
  totalBytes: number,
): {
  space: StoreSpace
  look: (look: { totalBytes: number; usedBytes: number }) => boolean
} {
  const limits = { limitBytes: 5 * MB, limitPercent, headRoomBytes: MB }
  const space = new StoreSpace(limits, 100, { freeBytes: GB, totalBytes })
  return { space, look: (look) => space.look({ freeBytes: GB, preparedBytes: 0, ...look }) }
}

describe('store space', () => {
  it('keeps two segments or 256 MiB free, and of a small disk an eighth', () => {
    const limits = { limitBytes: GB, limitPercent: null, headRoomBytes: null }
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
    const limits = { limitBytes: 5_000, limitPercent: null, headRoomBytes: null }
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

  it('has a share of the disk for its limit, whatever the limit in bytes', () => {
    const { space, look } = shareOf(25, 100 * MB)
    assert.equal(space.limitBytes, 25 * MB)
    assert.equal(look({ totalBytes: 100 * MB, usedBytes: 25 * MB - 1 }), false)
    assert.equal(space.viewAt(25 * MB - 1).limitBytes, 25 * MB)
    assert.equal(look({ totalBytes: 100 * MB, usedBytes: 25 * MB }), true)
    assert.equal(space.isShort, true)
  })

  it('finds room again when the disk grows of which the limit is a share', () => {
    const { space, look } = shareOf(25, 100 * MB)
    look({ totalBytes: 100 * MB, usedBytes: 25 * MB })
    assert.equal(space.isShort, true)
    assert.equal(look({ totalBytes: 200 * MB, usedBytes: 25 * MB }), true)
    assert.equal(space.isShort, false)
    assert.equal(space.limitBytes, 50 * MB)
    assert.equal(space.isShortAt(50 * MB), true)
  })

  it('keeps its share of the last known size while the disk does not tell it', () => {
    const { space, look } = shareOf(25, 100 * MB)
    for (const totalBytes of [Infinity, 0]) {
      look({ totalBytes, usedBytes: 0 })
      assert.equal(space.limitBytes, 25 * MB)
    }
    assert.equal(space.diskBytes, 100 * MB)
  })

  it('has its limit in bytes until the disk has told its size once', () => {
    const { space, look } = shareOf(25, Infinity)
    assert.deepEqual([space.limitBytes, space.diskBytes], [5 * MB, null])
    look({ totalBytes: 100 * MB, usedBytes: 0 })
    assert.equal(space.limitBytes, 25 * MB)
  })

  it('has the least limit that there is where the share of a small disk is less', () => {
    const limits = { limitBytes: 5 * MB, limitPercent: 1 }
    assert.deepEqual([storeLimitOn(limits, 64 * MB), limitOn(limits, 64 * MB)], [MB, 671_088])
  })
})
