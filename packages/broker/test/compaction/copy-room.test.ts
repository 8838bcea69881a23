import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { copyRoomOf } from '../../src/compaction/copy-room.ts'

describe('the room for copies', () => {
  it('has no end while nobody lacks space', () => {
    assert.equal(
      copyRoomOf({ freeBytes: 500, headRoomBytes: 100, isShort: false }, false),
      Infinity,
    )
    assert.equal(
      copyRoomOf({ freeBytes: null, headRoomBytes: 100, isShort: false }, false),
      Infinity,
    )
  })

  it('is what is free above half of the head-room when our disk is short', () => {
    const roomAt = (freeBytes: number) =>
      copyRoomOf({ freeBytes, headRoomBytes: 100, isShort: true }, true)
    assert.deepEqual([roomAt(99), roomAt(60), roomAt(50), roomAt(20)], [49, 10, 0, -30])
  })

  it('is all of the disk but that when only the limit of the log is reached', () => {
    assert.equal(copyRoomOf({ freeBytes: 900, headRoomBytes: 100, isShort: true }, true), 850)
    const untold = { freeBytes: null, headRoomBytes: 100, isShort: true }
    assert.equal(copyRoomOf(untold, true), Infinity)
  })

  it('is half of the head-room when only followers are short', () => {
    assert.equal(copyRoomOf({ freeBytes: 900, headRoomBytes: 100, isShort: false }, true), 50)
  })
})
