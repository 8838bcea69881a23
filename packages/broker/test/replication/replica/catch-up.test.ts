import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CATCH_UP_BYTES, CatchUp } from '../../../src/replication/replica/catch-up.ts'

const MB = 1024 ** 2

describe('the way of a follower to the end of its leader’s log', () => {
  it('is no topic while no more is missing than may be on its way', () => {
    const catchUp = new CatchUp()
    const look = { atMs: 0, had: 5, end: 5 + CATCH_UP_BYTES }
    catchUp.look(look)
    assert.equal(catchUp.picture(look), null)
    assert.notEqual(catchUp.picture({ ...look, end: look.end + 1 }), null)
  })

  it('has no rate before there are two looks', () => {
    const catchUp = new CatchUp()
    const look = { atMs: 0, had: 0, end: 100 * MB }
    assert.equal(catchUp.picture(look)?.bytesPerSecond, null)
    catchUp.look(look)
    assert.deepEqual(catchUp.picture(look), {
      begin: 0,
      had: 0,
      end: 100 * MB,
      bytesPerSecond: null,
      remainingMs: null,
    })
  })

  it('lasts as long as the distance needs to shrink, though the leader goes on', () => {
    const catchUp = new CatchUp()
    catchUp.look({ atMs: 0, had: 0, end: 100 * MB })
    const picture = catchUp.picture({ atMs: 2_000, had: 40 * MB, end: 120 * MB })
    assert.equal(picture?.bytesPerSecond, 20 * MB)
    assert.equal(picture?.remainingMs, 8_000)
  })

  it('has no end while the leader is faster', () => {
    const catchUp = new CatchUp()
    catchUp.look({ atMs: 0, had: 0, end: 100 * MB })
    const picture = catchUp.picture({ atMs: 1_000, had: MB, end: 110 * MB })
    assert.equal(picture?.bytesPerSecond, MB)
    assert.equal(picture?.remainingMs, null)
  })

  it('goes by the last seconds, however often somebody looks', () => {
    const catchUp = new CatchUp()
    let had = 0
    const end = 10_000 * MB
    for (let atMs = 0; atMs <= 60_000; atMs += 100) {
      catchUp.look({ atMs, had, end })
      had += (atMs < 30_000 ? 1 : 3) * MB
    }
    assert.equal(catchUp.picture({ atMs: 60_100, had, end })?.bytesPerSecond, 30 * MB)
  })

  it('is told from where it began, wherever the logs begin meanwhile', () => {
    const catchUp = new CatchUp()
    catchUp.look({ atMs: 0, had: 30 * MB, end: 100 * MB })
    // Behind the start by now, it goes on there.
    catchUp.look({ atMs: 2_000, had: 60 * MB, end: 110 * MB })
    const picture = catchUp.picture({ atMs: 3_000, had: 70 * MB, end: 120 * MB })
    assert.equal(picture?.begin, 30 * MB)
    catchUp.look({ atMs: 9_000, had: 130 * MB, end: 130 * MB })
    assert.equal(catchUp.picture({ atMs: 10_000, had: 130 * MB, end: 200 * MB })?.begin, 130 * MB)
  })

  it('begins anew when it is behind again', () => {
    const catchUp = new CatchUp()
    catchUp.look({ atMs: 0, had: 0, end: 100 * MB })
    catchUp.look({ atMs: 9_000, had: 100 * MB, end: 100 * MB })
    const look = { atMs: 99_000, had: 100 * MB, end: 200 * MB }
    catchUp.look(look)
    assert.equal(catchUp.picture(look)?.bytesPerSecond, null)
  })
})
