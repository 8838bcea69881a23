import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CONFIG,
  EPOCH_START,
  configsIn,
  encodeConfigRecord,
  encodeEpochStart,
} from '../../../src/replication/log-records.ts'
import type { LogBatch } from '../../../src/store/journal/log-batch.ts'
import { EMPTY_LOG, parseBatch } from '../../../src/store/journal/log-batch.ts'
import { FakeLog } from '../world/fake-log.ts'
import { DATA } from '../world/ledger.ts'
import { TIMINGS } from '../world/fake-node.ts'
import { SEATS, SoloReplica } from '../world/solo-replica.ts'

/** What a leader has: records of these epochs. */
function leaderLog(epochs: readonly number[], payload = 'x'): FakeLog {
  const log = new FakeLog()
  for (const epoch of epochs) log.append(log.make(epoch, DATA, Buffer.from(payload)))
  return log
}

function records(log: FakeLog, index: number, of: { session?: number; commit?: number } = {}) {
  const { batch } = log.records[index - 1] as { batch: LogBatch }
  const { session = 1, commit = 0 } = of
  return { type: 'records', from: 'b', epoch: 3, session, commit, batch, configs: [] } as const
}

describe('following', () => {
  it('tells where its log ends, and cuts what the leader does not have (R14)', () => {
    const solo = new SoloReplica({ log: [1, 1, 2, 2] }).up('b')
    const session = { epoch: 3, session: 1 }
    solo.hear('b', { type: 'sessionStart', ...session, nonce: 'n' })
    assert.deepEqual(solo.sent('tail')[0]?.point.index, 4)
    solo.forget().hear('b', { type: 'truncateTo', ...session, lastEpoch: 1, index: 5 })
    assert.deepEqual(solo.wanted('truncate'), [{ type: 'truncate', after: 2 }])
    assert.deepEqual(solo.sent('tail')[0]?.point.index, 2)
  })

  it('acknowledges nothing before its log is known to be a prefix (R17)', () => {
    const solo = new SoloReplica({ log: [1, 1] }).up('b')
    const session = { epoch: 3, session: 1 }
    solo.hear('b', { type: 'sessionStart', ...session, nonce: 'n' })
    solo.hear('b', { type: 'heartbeat', ...session, commit: 2, sentUs: 7 })
    assert.deepEqual(
      solo.sent('ack').map(({ written, synced, sentUs }) => [written, synced, sentUs]),
      [[0, 0, 7]],
    )
    assert.equal(solo.replica.commitIndex, 0)
    solo.forget().hear('b', { type: 'matched', ...session, joinEnd: 2, regressed: false })
    assert.deepEqual(solo.sent('ack')[0]?.synced, 2)
  })

  it('knows its way to the end of the log when its leader told that it is far behind', () => {
    const solo = new SoloReplica({ log: [1, 1] }).up('b')
    const session = { epoch: 3, session: 1 }
    solo.hear('b', { type: 'sessionStart', ...session, nonce: 'n' })
    solo.hear('b', { type: 'catchUp', ...session, end: 1e9 })
    assert.equal(solo.replica.catchUpAt(solo.nowMs), null, 'not matched yet')
    solo.hear('b', { type: 'matched', ...session, joinEnd: 9, regressed: false })
    assert.equal(solo.replica.catchUpAt(solo.nowMs), null)
    solo.hear('b', { type: 'catchUp', ...session, end: 1e9 })
    const way = solo.replica.catchUpAt(solo.nowMs)
    assert.deepEqual([way?.had, way?.end], [solo.log.tail.position, 1e9])
    solo.hear('b', { type: 'catchUp', ...session, end: solo.log.tail.position + 1 })
    assert.equal(solo.replica.catchUpAt(solo.nowMs), null, 'nearly there')
  })

  it('begins its log again where its leader has its start, once its disk knows (R38)', () => {
    const solo = new SoloReplica({ log: [1, 1], manual: ['persist'] }).up('b')
    const session = { epoch: 3, session: 1 }
    solo.hear('b', { type: 'sessionStart', ...session, nonce: 'n' })
    for (const { generation } of solo.wanted('persist')) {
      solo.step({ type: 'persisted', generation })
    }
    const origin = { index: 40, epoch: 2, chain: 7, position: 9000 }
    solo.forget().hear('b', { type: 'startAt', ...session, origin })
    assert.deepEqual(solo.wanted('restart'), [])
    const [mark] = solo.wanted('persist')
    assert.equal(mark?.meta.incomplete, true)
    solo.step({ type: 'persisted', generation: mark?.generation ?? 0 })
    assert.deepEqual(solo.wanted('restart'), [{ type: 'restart', origin }])
    assert.deepEqual(solo.sent('tail').at(-1)?.point, origin)
    assert.equal(solo.replica.commitIndex, 40)
    solo.forget().hear('b', { type: 'matched', ...session, joinEnd: 60, regressed: false })
    assert.equal(solo.sent('ack')[0]?.suspect, true)
  })

  it('helps to elect while it fetches its log, and neither counts nor stands itself (R38)', () => {
    const solo = new SoloReplica({ log: [1, 1] }).up('b').up('c')
    const session = { epoch: 3, session: 1 }
    solo.hear('b', { type: 'sessionStart', ...session, nonce: 'n' })
    const origin = { index: 40, epoch: 2, chain: 7, position: 9000 }
    solo.hear('b', { type: 'startAt', ...session, origin })
    solo.wait(5_000)
    assert.equal(solo.replica.role, 'follower')
    assert.deepEqual(solo.sent('preVote'), [])
    solo.forget().hear('c', { type: 'fence', epoch: 4, nonce: 'm', last: { epoch: 2, index: 39 } })
    const [reply] = solo.sent('fenceReply')
    assert.deepEqual(
      [reply?.grants, reply?.suspect, reply?.last],
      [true, false, { epoch: 0, index: 0 }],
    )
  })

  it('is whole again with everything that its leader had when it joined (R35, R38)', () => {
    const solo = new SoloReplica({ log: [1, 1], meta: { incomplete: true } }).up('b')
    const session = { epoch: 3, session: 1 }
    solo.hear('b', { type: 'sessionStart', ...session, nonce: 'n' })
    solo.hear('b', { type: 'matched', ...session, joinEnd: 3, regressed: false })
    assert.equal(solo.replica.isIncomplete, true)
    solo.extendLog(3)
    solo.step({ type: 'journalAdvanced' })
    assert.equal(solo.replica.isIncomplete, false)
    assert.equal(solo.sent('ack').at(-1)?.suspect, false)
  })

  it('drops a log that goes beyond that start, but in older epochs (R38)', () => {
    const solo = new SoloReplica({ log: [1, 1, 1] }).up('b')
    const session = { epoch: 3, session: 1 }
    solo.hear('b', { type: 'sessionStart', ...session, nonce: 'n' }).forget()
    const origin = { index: 2, epoch: 2, chain: 7, position: 900 }
    solo.hear('b', { type: 'startAt', ...session, origin })
    assert.deepEqual(solo.wanted('restart'), [{ type: 'restart', origin }])
  })

  it('halts when the start of its leader lies before what it knows to be committed (R15)', () => {
    const meta = { commitHint: 3 }
    const solo = new SoloReplica({ log: [1, 1, 1], meta }).up('b')
    const session = { epoch: 3, session: 1 }
    solo.hear('b', { type: 'sessionStart', ...session, nonce: 'n' }).forget()
    const origin = { index: 2, epoch: 2, chain: 7, position: 900 }
    solo.hear('b', { type: 'startAt', ...session, origin })
    assert.match(solo.wanted('halt')[0]?.reason ?? '', /begins at 2/)
  })

  it('keeps a log that reaches the start of its leader (R38)', () => {
    const solo = new SoloReplica({ log: [1, 1] }).up('b')
    const session = { epoch: 3, session: 1 }
    solo.hear('b', { type: 'sessionStart', ...session, nonce: 'n' }).forget()
    const origin = solo.log.tail
    solo.hear('b', { type: 'startAt', ...session, origin })
    assert.deepEqual(solo.effects, [])
  })

  it('goes on only with the newest session of its leader, whatever arrives late', () => {
    const solo = new SoloReplica().up('b').follow('b', 3, 2).forget()
    solo.hear('b', { type: 'sessionStart', epoch: 3, nonce: 'b-3', session: 1 })
    assert.deepEqual(solo.sent('tail'), [])
    solo.step(records(leaderLog([3]), 1, { session: 1 }))
    assert.deepEqual(solo.wanted('append'), [])
    solo.step(records(leaderLog([3]), 1, { session: 2 }))
    assert.equal(solo.wanted('append').length, 1)
    solo.hear('b', { type: 'sessionStart', epoch: 3, nonce: 'b-3', session: 3 })
    assert.equal(solo.sent('tail').length, 1)
  })

  it('ignores what it has already, and asks for what is missing in between', () => {
    const log = leaderLog([3, 3, 3])
    const solo = new SoloReplica().up('b').follow('b', 3)
    solo.step(records(log, 1)).step(records(log, 1))
    assert.deepEqual(solo.sent('nack'), [])
    assert.equal(solo.wanted('append').length, 1)
    solo.step(records(log, 3))
    assert.equal(solo.sent('nack')[0]?.next, 2)
  })

  it('halts when the same place holds other bytes (S3)', () => {
    const solo = new SoloReplica({ log: [2] }).up('b').follow('b', 3)
    solo.step(records(leaderLog([2, 3], 'other'), 2))
    assert.match(solo.wanted('halt')[0]?.reason ?? '', /differs/)
    assert.equal(solo.replica.role, 'halted')
    assert.deepEqual(solo.forget().wait(5_000).effects, [])
  })

  it('halts rather than cut what it knows to be committed (R15)', () => {
    const solo = new SoloReplica({ log: [1, 1, 1], meta: { commitHint: 2 } }).up('b')
    solo.hear('b', { type: 'sessionStart', epoch: 3, nonce: 'n', session: 1 })
    solo.hear('b', { type: 'truncateTo', epoch: 3, session: 1, lastEpoch: 1, index: 1 })
    assert.match(solo.wanted('halt')[0]?.reason ?? '', /below the committed record 2/)
    assert.deepEqual(solo.wanted('truncate'), [])
  })

  it('commits no further than its own log reaches', () => {
    const solo = new SoloReplica({ log: [1, 1] }).up('b').follow('b', 3)
    solo.hear('b', { type: 'heartbeat', epoch: 3, session: 1, commit: 50, sentUs: 1 })
    assert.equal(solo.replica.commitIndex, 2)
  })

  it('refuses a leader of an older epoch, and tells it why (R13, R25)', () => {
    const solo = new SoloReplica().up('b').up('c').follow('b', 3).forget()
    solo.hear('c', { type: 'sessionStart', epoch: 2, nonce: 'n', session: 9 })
    solo.hear('c', { type: 'sessionStart', epoch: 3, nonce: 'n', session: 9 })
    assert.deepEqual(
      solo.sent('reject').map(({ to, promised }) => [to, promised]),
      [
        ['c', 3],
        ['c', 3],
      ],
    )
    assert.equal(solo.replica.leader, 'b')
  })

  it('goes back to the configuration before the cut, in the middle of a batch too (R39)', () => {
    const log = new FakeLog()
    for (const version of [2, 3]) {
      const config = { version, seats: SEATS.seats.with(2, null) }
      log.append(log.make(3, CONFIG, encodeConfigRecord(config)))
    }
    const both = Buffer.concat(log.records.flatMap(({ batch }) => batch.chunks))
    const batch = parseBatch(both, EMPTY_LOG)
    const solo = new SoloReplica().up('b').up('c').follow('b', 3)
    solo.step({ ...records(log, 1), batch, configs: configsIn(batch) })
    assert.equal(solo.replica.meta.configs.at(-1)?.config.version, 3)
    solo.hear('c', { type: 'sessionStart', epoch: 4, nonce: 'n', session: 1 })
    solo.hear('c', { type: 'truncateTo', epoch: 4, session: 1, lastEpoch: 3, index: 1 })
    assert.deepEqual(
      solo.replica.meta.configs.map(({ config }) => config.version),
      [1, 2],
    )
  })

  it('notes in one write what a batch says of its voters and of a loss (R10, R39)', () => {
    const config = { version: 2, seats: SEATS.seats.with(2, null) }
    const start = { epoch: 3, leader: 'b', possibleLoss: true, config, wonAtMs: null }
    const log = new FakeLog()
    log.append(log.make(3, EPOCH_START, encodeEpochStart(start)))
    const first = records(log, 1)
    const solo = new SoloReplica().up('b').follow('b', 3).forget()
    solo.step({ ...first, configs: configsIn(first.batch) })
    const [note, ...others] = solo.wanted('persist')
    assert.deepEqual(note?.meta.configs.at(-1)?.config, config)
    assert.deepEqual(note.meta.losses, [{ index: 1, epoch: 3, leader: 'b', wonAtMs: null }])
    assert.deepEqual(others, [])
  })

  it('follows who has won its epoch, although it had promised it to another (R6, R13)', () => {
    const last = { epoch: 0, index: 0 }
    const solo = new SoloReplica({ manual: [] }).up('b').up('c').wait(1_000)
    solo.hear('c', { type: 'fence', epoch: 8, nonce: 'c', last })
    assert.equal(solo.replica.meta.promised.candidate, 'c')
    solo.follow('b', 8)
    assert.equal(solo.replica.leader, 'b')
    assert.equal(solo.replica.meta.promised.candidate, 'b')
    solo.forget().hear('c', { type: 'fence', epoch: 8, nonce: 'c', last })
    assert.equal(solo.sent('fenceReply')[0]?.promises, false)
  })

  it('takes no records before it belongs to a cluster, and all of them then (R2)', () => {
    const solo = new SoloReplica({ meta: { clusterId: null, configs: [] } }).up('b')
    solo.hear('b', { type: 'sessionStart', epoch: 3, nonce: 'n', session: 1 })
    assert.deepEqual(solo.sent('tail'), [])
    solo.step({ type: 'joined', clusterId: 'c', config: null })
    assert.equal(solo.sent('tail')[0]?.session, 1)
  })

  it('is suspect until it has on disk what the leader had when it joined (R35)', () => {
    const log = leaderLog([1, 3, 3])
    const suspect = { meta: { suspect: 'a power cut' }, log: [1], manual: ['persist'] } as const
    const solo = new SoloReplica(suspect).up('b')
    const promise = () => {
      for (const { generation } of solo.wanted('persist').slice(-1)) {
        solo.step({ type: 'persisted', generation })
      }
    }
    solo.hear('b', { type: 'sessionStart', epoch: 3, nonce: 'n', session: 1 })
    promise()
    solo.hear('b', { type: 'matched', epoch: 3, session: 1, joinEnd: 3, regressed: false })
    solo.step(records(log, 2))
    assert.ok(solo.sent('ack').every((ack) => ack.suspect))
    solo.step(records(log, 3))
    assert.equal(solo.wanted('persist').at(-1)?.meta.suspect, null)
    assert.ok(solo.sent('ack').every((ack) => ack.suspect))
    promise()
    assert.equal(solo.sent('ack').at(-1)?.suspect, false)
  })

  it('in a disk mode acknowledges nothing that only its memory has, whoever counts (R17, R33)', () => {
    for (const [sync, written] of [
      ['quorum_disk', 0],
      ['remote_disk', 0],
      ['local_disk', 1],
      ['quorum_mem', 1],
    ] as const) {
      const solo = new SoloReplica({ sync }).up('b').follow('b', 3)
      solo.log.append(leaderLog([3]).records[0]?.batch as LogBatch)
      solo.log.writtenIndex = 1
      solo.forget().hear('b', { type: 'heartbeat', epoch: 3, session: 1, commit: 0, sentUs: 1 })
      const [ack] = solo.sent('ack')
      assert.deepEqual([ack?.written, ack?.synced], [written, 0], sync)
    }
  })

  it('has on its disk what it was counted for as a leader, when it has caught up (R33, R35)', () => {
    const solo = new SoloReplica({ sync: 'remote_disk', log: [1] }).up('b').up('c')
    assert.equal(solo.replica.meta.inMemory, false)
    const epoch = solo.win()
    const promised = solo.wanted('persist').filter(({ meta }) => meta.promised.epoch > 0)
    assert.deepEqual(
      promised.map(({ meta }) => meta.inMemory),
      [true],
    )
    const session = { epoch: epoch + 1, session: 1 }
    solo.hear('b', { type: 'sessionStart', ...session, nonce: 'n' })
    const { index } = solo.log.tail
    solo.hear('b', { type: 'matched', ...session, joinEnd: index + 1, regressed: false })
    assert.equal(solo.replica.meta.inMemory, true)
    const log = leaderLog([1])
    log.records = [...solo.log.records]
    log.append(log.make(epoch + 1, DATA, Buffer.from('x')))
    solo.step({ ...records(log, index + 1), epoch: epoch + 1 })
    assert.equal(solo.replica.meta.inMemory, false)
  })

  it('becomes suspect when it lost what it had acknowledged (R36)', () => {
    const solo = new SoloReplica().up('b')
    solo.hear('b', { type: 'sessionStart', epoch: 3, nonce: 'n', session: 1 })
    solo.hear('b', { type: 'matched', epoch: 3, session: 1, joinEnd: 5, regressed: true })
    assert.equal(solo.replica.suspect, 'lost records it had acknowledged')
  })

  it('hears its leader by the bytes of a large frame, and tells it so (R24)', () => {
    const solo = new SoloReplica().up('b').up('c').follow('b', 3).forget()
    for (let waitedMs = 0; waitedMs < 3 * TIMINGS.stickyMs; waitedMs += 100) {
      solo.wait(100).step({ type: 'arriving', from: 'b' })
    }
    assert.deepEqual(solo.sent('preVote'), [])
    assert.equal(solo.sent('ack').at(-1)?.sentUs, 0)
    // It gives no lease: nothing says when they were sent. Nor do bytes of others count.
    solo.forget().hear('c', { type: 'preVote', round: 1, last: { epoch: 3, index: 9 } })
    assert.equal(solo.sent('preVoteReply')[0]?.leaderAlive, false)
    for (let waitedMs = 0; waitedMs < 2 * TIMINGS.stickyMs; waitedMs += 100) {
      solo.wait(100).step({ type: 'arriving', from: 'c' })
    }
    assert.ok(solo.sent('preVote').length > 0)
  })
})
