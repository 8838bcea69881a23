import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '@quorate/core/base/manual-clock'
import { ELECTIONS_MAX, ElectionHistory } from '../../src/replication/election-history.ts'
import type { ReplicaEvent } from '../../src/replication/replica/events.ts'

const tick: ReplicaEvent = { type: 'tick' }
const linkDown: ReplicaEvent = { type: 'linkDown', peer: 'b', refused: true }
const handover = { type: 'abdicate', epoch: 1, target: 'c' } as const
const abdicate: ReplicaEvent = { type: 'frame', from: 'b', frame: handover }
const nobody = { leader: null, epoch: 0 }

/** The history of node a, which hears b in epoch 1. */
function following(): { history: ElectionHistory; clock: ManualClock } {
  const clock = new ManualClock()
  const history = new ElectionHistory('a', clock)
  clock.advance(30)
  history.stepped(tick, { leader: 'b', epoch: 1 })
  return { history, clock }
}

describe('the history of elections', () => {
  it('begins with the first leader that the node hears', () => {
    const { history } = following()
    assert.deepEqual(history.elections, [
      { epoch: 1, leader: 'b', cause: 'start', noticedMs: 1_700_000_000_000, durationMs: 30 },
    ])
  })

  it('tells the one that is under way', () => {
    const { history, clock } = following()
    clock.advance(70)
    history.stepped(linkDown, nobody)
    clock.advance(5)
    history.stepped(tick, nobody)
    assert.deepEqual(history.elections.slice(1), [
      { epoch: 0, leader: null, cause: 'gone', noticedMs: 1_700_000_000_100, durationMs: null },
    ])
  })

  it('says by what the leader was lost, and how long nobody was heard', () => {
    for (const [event, cause] of [
      [tick, 'silent'],
      [linkDown, 'gone'],
      [abdicate, 'resigned'],
      [{ type: 'quiesced' }, 'outvoted'],
    ] as const) {
      const { history, clock } = following()
      history.stepped(event, nobody)
      clock.advance(120)
      history.stepped(tick, { leader: 'c', epoch: 2 })
      const { cause: told, leader, epoch, durationMs } = history.elections[1] ?? {}
      assert.deepEqual(
        { told, leader, epoch, durationMs },
        {
          told: cause,
          leader: 'c',
          epoch: 2,
          durationMs: 120,
        },
      )
    }
  })

  it('tells a leader that resigns from one that may not lead any longer', () => {
    for (const [event, cause] of [
      [{ type: 'abdicate' }, 'resigned'],
      [tick, 'deposed'],
    ] as const) {
      const history = new ElectionHistory('a', new ManualClock())
      history.stepped(tick, { leader: 'a', epoch: 1 })
      history.stepped(event, nobody)
      assert.equal(history.elections[1]?.cause, cause)
    }
  })

  it('leaves out a leader that was suspected and is heard again', () => {
    const { history } = following()
    history.stepped(tick, nobody)
    history.stepped(tick, { leader: 'b', epoch: 1 })
    assert.equal(history.elections.length, 1)
  })

  it('counts a new epoch of the same leader, and one that nobody saw coming', () => {
    const { history } = following()
    history.stepped(tick, { leader: 'b', epoch: 2 })
    const { epoch, cause, durationMs } = history.elections[1] ?? {}
    assert.deepEqual([epoch, cause, durationMs], [2, 'outvoted', 0])
  })

  it('remembers the newest', () => {
    const { history } = following()
    for (let epoch = 2; epoch <= ELECTIONS_MAX + 10; epoch++) {
      history.stepped(tick, { leader: 'b', epoch })
    }
    assert.equal(history.elections.length, ELECTIONS_MAX)
    assert.equal(history.elections.at(-1)?.epoch, ELECTIONS_MAX + 10)
  })
})
