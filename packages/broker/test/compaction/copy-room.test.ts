import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { copyRoomOf } from '../../src/compaction/copy-room.ts'

describe('the room for copies', () => {
  it('ends with the disk while nobody lacks space, as it does for who is short', () => {
    const roomAt = (freeBytes: number | null) =>
      copyRoomOf({ freeBytes, headRoomBytes: 100, isShort: false }, false)
    assert.deepEqual([roomAt(500), roomAt(101)], [450, 51])
    assert.equal(roomAt(null), Infinity, 'a disk that says nothing')
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
    const roomAt = (freeBytes: number | null) =>
      copyRoomOf({ freeBytes, headRoomBytes: 100, isShort: false }, true)
    // The last one is short as well, and nobody has looked since.
    assert.deepEqual([roomAt(900), roomAt(null), roomAt(100), roomAt(80)], [50, 50, 50, 30])
  })
})
