import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FrameOf } from '../../../src/replication/frames.ts'
import { TIMINGS } from '../world/fake-node.ts'
import { DATA } from '../world/ledger.ts'
import { CATCH_UP_BYTES } from '../../../src/replication/replica/catch-up.ts'
import { PACE_BYTES_PER_SECOND } from '../../../src/replication/replica/feed-pace.ts'
import { EMPTY_LOG } from '../../../src/store/journal/log-batch.ts'
import { SEATS, SoloReplica } from '../world/solo-replica.ts'

/** Leads, and knows b and c to have the log up to its epoch start. */
function leader(options: ConstructorParameters<typeof SoloReplica>[0] = {}) {
  const solo = new SoloReplica(options).up('b').up('c')
  const epoch = solo.win()
  const sessions = new Map(solo.sent('sessionStart').map(({ to, session }) => [to, session]))
  return { solo, epoch, session: (of: string) => sessions.get(of) ?? 0 }
}

type Leader = ReturnType<typeof leader>

function tail({ solo, epoch, session }: Leader, from: string, index: number): void {
  const point = { index, epoch: index === 0 ? 0 : 1, chain: 0, position: 0 }
  solo.hear(from, { type: 'tail', epoch, session: session(from), point })
}

function ack(led: Leader, from: string, change: Partial<FrameOf<'ack'>> = {}): void {
  const { solo, epoch, session } = led
  const index = solo.log.tail.index
  solo.hear(from, {
    type: 'ack',
    epoch,
    session: session(from),
    written: index,
    synced: index,
    suspect: false,
    sentUs: 0,
    short: false,
    ...change,
  })
}

/** The follower's log is matched, and it has been sent everything. */
function stream(led: Leader, from: string, index = 0): void {
  const { solo, session } = led
  tail(led, from, index)
  while (solo.wanted('read').some(({ peer }) => peer === from)) {
    const { from: next } = solo.wanted('read').find(({ peer }) => peer === from) ?? { from: 0 }
    solo.effects = solo.effects.filter((e) => !(e.type === 'read' && e.peer === from))
    const batch = solo.log.read(next, 1)
    solo.step({ type: 'batchRead', peer: from, session: session(from), batch })
  }
}

function propose(solo: SoloReplica, epoch: number): number {
  const batch = solo.log.make(epoch, DATA, Buffer.from('x'))
  solo.log.append(batch)
  solo.step({ type: 'appended', batch, configs: [] }).advance()
  return batch.lastIndex
}

describe('leadership', () => {
  it('serves when its epoch start is on a quorum of disks, whatever the mode (R20)', () => {
    for (const sync of ['quorum_disk', 'quorum_mem']) {
      const led = leader({ sync, log: [1] })
      stream(led, 'b', 1)
      ack(led, 'b', { synced: 1 })
      assert.deepEqual(led.solo.wanted('lead'), [], sync)
      ack(led, 'b')
      assert.equal(led.solo.wanted('lead').length, 1, sync)
      assert.equal(led.solo.replica.commitIndex, 2)
    }
  })

  it('counts no copies of older epochs (figure 8, R21)', () => {
    const led = leader({ log: [1, 1, 1] })
    stream(led, 'b')
    ack(led, 'b', { written: 3, synced: 3 })
    assert.equal(led.solo.replica.commitIndex, 0)
    ack(led, 'b', { written: 4, synced: 4 })
    assert.equal(led.solo.replica.commitIndex, 4)
  })

  it('believes only acknowledgements of this epoch and this session (R17)', () => {
    const led = leader()
    stream(led, 'b')
    ack(led, 'b', { session: led.session('b') + 7 })
    ack(led, 'b', { epoch: led.epoch - 1 })
    assert.equal(led.solo.replica.commitIndex, 0)
    ack(led, 'b')
    assert.equal(led.solo.replica.commitIndex, 1)
  })

  it('forgets what a follower acknowledged when its session ends (R17)', () => {
    const led = leader()
    stream(led, 'b')
    ack(led, 'b')
    led.solo.up('b', 'b-1')
    propose(led.solo, led.epoch)
    ack(led, 'b', { written: 2, synced: 2 })
    assert.equal(led.solo.replica.commitIndex, 1)
  })

  it('counts no suspect, no learner and no other store of a seat (R21, S10)', () => {
    const led = leader()
    stream(led, 'b')
    ack(led, 'b', { suspect: true })
    assert.equal(led.solo.replica.commitIndex, 0)
    for (const [nodeId, storeUuid] of [
      ['c', 'c-2'],
      ['d', 'd-1'],
    ] as const) {
      led.solo.forget().up(nodeId, storeUuid)
      const session = led.solo.sent('sessionStart')[0]?.session ?? 0
      const other = { ...led, session: () => session }
      stream(other, nodeId)
      ack(other, nodeId)
      assert.equal(led.solo.replica.commitIndex, 0, nodeId)
    }
  })

  it('in a disk mode counts what is synced, in a mem mode what is written', () => {
    for (const [sync, committed] of [
      ['quorum_disk', 1],
      ['quorum_mem', 2],
      ['remote_disk', 1],
      ['local_mem', 2],
    ] as const) {
      const led = leader({ sync })
      stream(led, 'b')
      ack(led, 'b')
      propose(led.solo, led.epoch)
      ack(led, 'b', { synced: 1 })
      assert.equal(led.solo.replica.commitIndex, committed, sync)
    }
  })

  it('steps down at whatever tells of a higher promise (R25)', () => {
    const last = { epoch: 1, index: 1 }
    const answer = { grants: false, suspect: false, last, promised: 99 }
    const tellers = [
      { type: 'reject', promised: 99 },
      { type: 'preVoteReply', round: 1, leaderAlive: false, ...answer },
      { type: 'fenceReply', epoch: 1, nonce: 'a-1', promises: false, ...answer },
    ] as const
    for (const frame of tellers) {
      const { solo } = leader()
      solo.hear('c', frame)
      assert.equal(solo.wanted('stepDown').length, 1, frame.type)
      assert.equal(solo.replica.leadership, null)
    }
  })

  it('steps down when no quorum answers for Tquorum (R25)', () => {
    const { solo } = leader()
    solo.wait(TIMINGS.quorumTimeoutMs - 100)
    assert.equal(solo.replica.role, 'leader')
    solo.wait(200)
    assert.equal(solo.wanted('stepDown').length, 1)
  })

  it('goes on while a quorum is heard, whatever stands before its heartbeats (R25)', () => {
    const led = leader()
    stream(led, 'b')
    ack(led, 'b')
    led.solo.forget()
    for (let waitedMs = 0; waitedMs < 2 * TIMINGS.quorumTimeoutMs; waitedMs += 100) {
      led.solo.wait(100)
      ack(led, 'b', { sentUs: 0 })
    }
    assert.deepEqual(led.solo.wanted('stepDown'), [])
    // Which heartbeats were answered is all that a lease rests on (R27).
    assert.equal(led.solo.replica.leaseValid(led.solo.nowMs), false)
    led.solo.wait(TIMINGS.quorumTimeoutMs + 100)
    assert.equal(led.solo.wanted('stepDown').length, 1)
  })

  it('holds a lease from when the answered heartbeat was sent, not answered (R27)', () => {
    const led = leader()
    stream(led, 'b')
    ack(led, 'b')
    led.solo.forget().wait(100)
    const [beat] = led.solo.sent('heartbeat')
    const sentMs = (beat?.sentUs ?? 0) / 1000
    led.solo.nowMs = sentMs + TIMINGS.leaseMs - 50
    ack(led, 'b', { sentUs: beat?.sentUs ?? 0 })
    assert.ok(led.solo.replica.leaseValid(sentMs + TIMINGS.leaseMs - 1))
    assert.ok(!led.solo.replica.leaseValid(sentMs + TIMINGS.leaseMs))
  })

  it('alone in its cluster always holds its lease', () => {
    const config = { version: 1, seats: SEATS.seats.slice(0, 1) }
    const solo = new SoloReplica({ meta: { configs: [{ index: 0, epoch: 0, config }] } })
    solo.wait(TIMINGS.stickyMs + 400)
    assert.equal(solo.wanted('lead').length, 1)
    assert.ok(solo.replica.leaseValid(solo.nowMs + 60_000))
  })

  it('tells candidates that a leader is alive as long as it holds its lease (R11, R12)', () => {
    const led = leader()
    const { solo } = led
    stream(led, 'b')
    solo.forget().wait(100)
    ack(led, 'b', { sentUs: solo.sent('heartbeat')[0]?.sentUs ?? 0 })
    const last = { epoch: 9, index: 9 }
    solo.hear('c', { type: 'preVote', round: 1, last })
    assert.equal(solo.sent('preVoteReply')[0]?.leaderAlive, true)
    solo.hear('c', { type: 'fence', epoch: 50, nonce: 'c', last })
    assert.equal(solo.replica.role, 'leader')
    solo.wait(TIMINGS.leaseMs + 40)
    assert.equal(solo.replica.meta.promised.candidate, 'c')
  })

  it('answers a tail once: told again, the follower is streaming already', () => {
    const led = leader({ log: [1, 1] })
    stream(led, 'b', 2)
    led.solo.forget()
    tail(led, 'b', 2)
    assert.deepEqual(led.solo.effects, [])
  })

  it('answers a tail with its own end of that epoch, and matches a prefix (R14)', () => {
    const led = leader({ log: [1, 1] })
    tail(led, 'b', 5)
    const [cut] = led.solo.sent('truncateTo')
    assert.deepEqual([cut?.lastEpoch, cut?.index], [1, 2])
    tail(led, 'b', 1)
    assert.equal(led.solo.sent('matched')[0]?.joinEnd, 3)
  })

  it('tells who ends before its log begins where to begin again (R38)', () => {
    const led = leader({ log: [1, 1] })
    const origin = { ...led.solo.log.tail, index: 2, epoch: 1 }
    led.solo.log.origin = origin
    tail(led, 'b', 1)
    assert.deepEqual(led.solo.sent('startAt')[0]?.origin, origin)
    assert.deepEqual(led.solo.sent('matched'), [])
    tail(led, 'b', 2)
    assert.equal(led.solo.sent('matched')[0]?.joinEnd, 3)
  })

  it('has nothing in common with who goes beyond that, but in older epochs (R38)', () => {
    const led = leader({ log: [1, 1] })
    const origin = { ...led.solo.log.tail, index: 2, epoch: 2 }
    led.solo.log.origin = origin
    tail(led, 'b', 7)
    assert.deepEqual(led.solo.sent('startAt')[0]?.origin, origin)
    assert.deepEqual(led.solo.sent('truncateTo'), [])
  })

  it('begins a new session with whom the start of its log has passed by (R38)', () => {
    const led = leader({ log: [1, 1] })
    tail(led, 'b', 1)
    const session = led.session('b')
    led.solo.forget().log.origin = { ...led.solo.log.tail, index: 2 }
    led.solo.step({ type: 'batchRead', peer: 'b', session, batch: null })
    assert.ok((led.solo.sent('sessionStart')[0]?.session ?? 0) > session)
  })

  it('tells a follower that is far behind where its log ends, and nobody else', () => {
    const led = leader()
    stream(led, 'b')
    ack(led, 'b')
    led.solo.forget().wait(TIMINGS.heartbeatMs)
    assert.deepEqual(led.solo.sent('catchUp'), [])
    led.solo.log.append(led.solo.log.make(led.epoch, DATA, Buffer.alloc(CATCH_UP_BYTES)))
    led.solo.wait(TIMINGS.heartbeatMs)
    const [told, ...others] = led.solo.sent('catchUp')
    assert.deepEqual([told?.to, told?.end, others], ['b', led.solo.log.tail.position, []])
  })

  it('feeds a follower that is far behind at a pace while clients are busy (R30)', () => {
    const solo = new SoloReplica().up('b').up('c')
    // As if much more had been before what the follower is sent here.
    solo.log.origin = { ...EMPTY_LOG, position: 1e9 }
    for (let i = 0; i < 32; i++) solo.log.append(solo.log.make(1, DATA, Buffer.alloc(256 * 1024)))
    const epoch = solo.advance().win()
    const sessions = new Map(solo.sent('sessionStart').map(({ to, session }) => [to, session]))
    const led: Leader = { solo, epoch, session: (of) => sessions.get(of) ?? 0 }
    stream(led, 'c', 32)
    const fed = (ms: number, { isBusy }: { isBusy: boolean }): number => {
      solo.forget()
      for (const endMs = solo.nowMs + ms; solo.nowMs < endMs; solo.wait(20)) {
        for (let i = 0; isBusy && i < 3; i++) propose(solo, epoch)
        ack(led, 'c')
      }
      stream(led, 'b')
      const frames = solo.sent('append').filter(({ to }) => to === 'b')
      return frames.flatMap(({ records }) => records).reduce((sum, { length }) => sum + length, 0)
    }
    fed(600, { isBusy: true })
    let sum = 0
    for (let i = 0; i < 10; i++) sum += fed(20, { isBusy: true })
    const usual = 0.2 * PACE_BYTES_PER_SECOND
    assert.ok(sum > 0.8 * usual && sum < 1.3 * usual, `${sum} bytes in 0.2 s`)
    sum = fed(600, { isBusy: false })
    assert.ok(sum > 0.2 * PACE_BYTES_PER_SECOND, `${sum} bytes when clients are idle`)
  })

  it('raises an alarm when a store lost what it had acknowledged of the commit (R36)', () => {
    const led = leader({ log: [1, 1] })
    stream(led, 'b', 2)
    ack(led, 'b')
    assert.equal(led.solo.replica.commitIndex, 3)
    led.solo.forget().up('b')
    const session = led.solo.sent('sessionStart')[0]?.session ?? 0
    tail({ ...led, session: () => session }, 'b', 1)
    assert.equal(led.solo.sent('matched')[0]?.regressed, true)
    assert.match(led.solo.wanted('alarm')[0]?.message ?? '', /had acknowledged/)
  })

  it('knows a change that it appended even if it lost its leadership meanwhile (R39)', () => {
    const { solo, epoch } = leader()
    const config = { version: 2, seats: [...SEATS.seats.slice(0, 2), null] }
    const batch = solo.log.make(epoch, DATA, Buffer.from('stands for the record'))
    solo.log.append(batch)
    solo.step({ type: 'stepDown', reason: 'test' })
    solo.step({ type: 'appended', batch, configs: [{ index: batch.lastIndex, epoch, config }] })
    assert.deepEqual(solo.replica.meta.configs.at(-1)?.config, config)
  })

  it('asks for one seat change at a time, once its epoch start is committed (R39, R40)', () => {
    const led = leader()
    led.solo.forget().up('c', 'c-2')
    const session = led.solo.sent('sessionStart')[0]?.session ?? 0
    const learner = { ...led, session: () => session }
    stream(learner, 'c')
    ack(learner, 'c')
    led.solo.wait(40)
    assert.deepEqual(led.solo.wanted('appendConfig'), [])
    stream(led, 'b')
    ack(led, 'b')
    led.solo.wait(60)
    const changes = led.solo.wanted('appendConfig').map(({ config }) => config.seats[2])
    assert.deepEqual(changes, [null])
  })
})
