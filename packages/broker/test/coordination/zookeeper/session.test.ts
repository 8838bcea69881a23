import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteReader } from '@quorate/core/base/byte-reader'
import { ConnectRequest } from '../../../src/coordination/zookeeper/protocol.ts'
import { sessionLimits } from '../../../src/coordination/zookeeper/session.ts'
import { Desk, kinds, oneHost, password, replyFrame, sent } from './session-desk.ts'

describe('ZooKeeper session - connecting', () => {
  it('asks for a new session, and comes back with its id, password and last zxid', () => {
    const desk = new Desk()
    assert.deepEqual(kinds(desk.step({ type: 'start' })), ['connect'])
    const first = desk.goLive()
    assert.deepEqual(
      [first.sessionId, first.lastZxidSeen, first.timeoutMs, first.readOnly],
      [0n, 0n, 9_000, false],
    )
    assert.deepEqual(kinds(desk.effects), ['connected'])
    assert.equal(desk.session.sessionId, 77n)
    desk.ask(1)
    desk.reply(1, { zxid: 123n })
    desk.nowMs += 5_000
    desk.step({ type: 'lost', why: 'reset' })
    assert.deepEqual(kinds(desk.effects), ['disconnected', 'connect'])
    const second = desk.goLive()
    assert.deepEqual([second.sessionId, second.lastZxidSeen], [77n, 123n])
    assert.deepEqual(second.password, password)
  })
  it('tries every host before it waits', () => {
    const hosts = ['a', 'b', 'c'].map((host) => ({ host, port: 1 }))
    const desk = new Desk(hosts)
    const tried = [desk.step({ type: 'start' })]
    for (let i = 0; i < 2; i++) tried.push(desk.step({ type: 'lost', why: 'refused' }))
    assert.deepEqual(
      tried.map(([effect]) => effect?.type === 'connect' && effect.to.host),
      ['b', 'c', 'a'],
    )
    assert.deepEqual(desk.step({ type: 'lost', why: 'refused' }), [])
    assert.deepEqual(kinds(desk.pass(100)), ['connect'])
  })
  it('gives a host up that accepts and says nothing', () => {
    const desk = new Desk(oneHost, 2_000)
    desk.step({ type: 'start' })
    desk.step({ type: 'opened' })
    assert.deepEqual(kinds(desk.pass(1_900)), [])
    assert.deepEqual(kinds(desk.pass(300)).slice(0, 2), ['disconnect', 'connect'])
  })
  it('does not try in a tight loop when sessions end as soon as they stand', () => {
    const desk = new Desk()
    desk.step({ type: 'start' })
    let connects = 0
    for (let i = 0; i < 100; i++) {
      if (desk.effects.some(({ type }) => type === 'connect')) {
        connects++
        desk.goLive()
        desk.step({ type: 'lost', why: 'kicked' })
      } else {
        desk.pass(100)
      }
    }
    assert.ok(connects < 20, String(connects))
  })
  it('stops claiming its last zxid when every server turned it away for a session timeout', () => {
    // An ensemble that came back from a backup knows less than we have seen (W10).
    const desk = new Desk()
    desk.goLive()
    desk.ask(1)
    desk.reply(1, { zxid: 1_000n })
    desk.nowMs += 5_000
    desk.step({ type: 'lost', why: 'restored' })
    const claims: bigint[] = []
    for (let i = 0; i < 200; i++) {
      if (desk.effects.some(({ type }) => type === 'connect')) {
        const [hello] = desk.step({ type: 'opened' })
        assert.ok(hello?.type === 'send')
        claims.push(ConnectRequest.read(new ByteReader(hello.bytes, 4)).lastZxidSeen)
        desk.step({ type: 'lost', why: 'turned away' })
      } else {
        desk.pass(100)
      }
    }
    assert.equal(claims[0], 1_000n)
    assert.equal(claims.at(-1), 0n)
    assert.deepEqual(
      [...claims].sort((a, b) => Number(b - a)),
      claims,
    )
  })
  it('is over when the server says that the session expired, and only then', () => {
    const desk = new Desk()
    desk.goLive()
    desk.step({ type: 'lost', why: 'cut' })
    desk.pass(100_000)
    assert.ok(!kinds(desk.effects).includes('expired'))
    while (!desk.effects.some(({ type }) => type === 'connect')) desk.pass(100)
    desk.goLive({ timeoutMs: 0, sessionId: 0n })
    assert.deepEqual(kinds(desk.effects), ['disconnect', 'expired'])
    assert.deepEqual(kinds(desk.ask(1)), ['reject 1 COORDINATION_LOST'])
    assert.deepEqual(desk.pass(1_000), [])
  })
})

describe('ZooKeeper session - keeping alive', () => {
  it('pings after an eighth of the timeout, and gives up after another one without an answer', () => {
    const desk = new Desk()
    desk.goLive({ timeoutMs: 8_000 })
    assert.deepEqual(desk.pass(900), [])
    assert.deepEqual(sent(desk.pass(100)), [{ xid: -2, name: 'ping', request: {} }])
    assert.deepEqual(kinds(desk.pass(900)), [])
    assert.deepEqual(kinds(desk.pass(100)), ['disconnect', 'disconnected', 'connect'])
  })
  it('stays with a server that answers its pings', () => {
    const desk = new Desk()
    desk.goLive({ timeoutMs: 8_000 })
    for (let i = 0; i < 20; i++) {
      while (desk.pass(100).length === 0);
      assert.deepEqual(
        sent(desk.effects).map(({ name }) => name),
        ['ping'],
      )
      assert.deepEqual(desk.pass(900), [])
      desk.reply(-2)
    }
  })
  it('needs no ping while it asks', () => {
    const desk = new Desk()
    desk.goLive({ timeoutMs: 8_000 })
    for (let id = 1; id <= 10; id++) {
      assert.deepEqual(desk.pass(900), [])
      desk.ask(id)
      desk.reply(id)
    }
  })
  it('gives a server up that lets a request wait, whatever else it says', () => {
    // Cut off from its ensemble, a server still tells of watches, and answers nothing.
    const desk = new Desk()
    desk.goLive({ timeoutMs: 8_000 })
    desk.ask(1)
    desk.pass(500)
    desk.tell(3, '/b')
    assert.deepEqual(kinds(desk.pass(400)), [])
    assert.deepEqual(kinds(desk.pass(100)), [
      'disconnect',
      'reject 1 CONNECTION_LOST',
      'disconnected',
      'connect',
    ])
  })
  it('gives an ensemble that is slow the time that it needs, and forgets that when it is quick', () => {
    const desk = new Desk()
    desk.goLive({ timeoutMs: 8_000 })
    const patiences: number[] = []
    for (let id = 1; id <= 4; id++) {
      desk.ask(id)
      const askedMs = desk.nowMs
      while (desk.pass(100).every(({ type }) => type !== 'disconnect'));
      patiences.push(desk.nowMs - askedMs)
      desk.goLive({ timeoutMs: 8_000 })
    }
    assert.deepEqual(patiences, [1_000, 2_000, 4_000, 4_000])

    desk.ask(5)
    assert.deepEqual(kinds(desk.pass(1_500)), [])
    desk.reply(5)
    desk.ask(6)
    assert.deepEqual(kinds(desk.pass(2_900)), [], 'twice as long as the last answer took')
    desk.reply(6)
    for (let id = 7; id <= 9; id++) {
      desk.ask(id)
      desk.reply(id)
    }
    desk.ask(10)
    assert.ok(kinds(desk.pass(1_000)).includes('disconnect'))
  })
  it('keeps to the timeout that the server granted', () => {
    const desk = new Desk()
    desk.goLive({ timeoutMs: 3_000 })
    assert.equal(desk.session.timeoutMs, 3_000)
    assert.deepEqual(
      sent(desk.pass(400)).map(({ name }) => name),
      ['ping'],
    )
    assert.ok(kinds(desk.pass(400)).includes('disconnect'))
  })
})

describe('ZooKeeper session - requests', () => {
  it('answers in the order of asking', () => {
    const desk = new Desk()
    desk.goLive()
    assert.deepEqual(
      sent([...desk.ask(10), ...desk.ask(11)]).map(({ xid }) => xid),
      [1, 2],
    )
    assert.deepEqual(kinds(desk.reply(1)), ['resolve 10'])
    assert.deepEqual(kinds(desk.reply(2, { err: -101 })), ['reject 11 COORDINATION_REJECTED'])
  })
  it('drops a server that answers out of turn, and leaves the outcomes open', () => {
    const desk = new Desk()
    desk.goLive()
    desk.ask(1)
    desk.ask(2)
    assert.deepEqual(kinds(desk.reply(2)).slice(0, 4), [
      'disconnect',
      'reject 1 CONNECTION_LOST',
      'reject 2 CONNECTION_LOST',
      'disconnected',
    ])
  })
  it('drops a server whose answer does not decode, and answers everything once', () => {
    const desk = new Desk()
    desk.goLive()
    desk.ask(1)
    const cut = replyFrame(1, { err: 0, zxid: 5n }).subarray(0, 30)
    const effects = kinds(desk.step({ type: 'frame', bytes: cut }))
    assert.deepEqual(effects.slice(0, 3), [
      'disconnect',
      'reject 1 CONNECTION_LOST',
      'disconnected',
    ])
  })
  it('does not send what is asked without a connection', () => {
    const desk = new Desk()
    assert.deepEqual(kinds(desk.ask(1)), ['reject 1 COORDINATION_LOST'])
    desk.step({ type: 'start' })
    assert.deepEqual(kinds(desk.ask(2)), ['reject 2 COORDINATION_LOST'])
    desk.step({ type: 'opened' })
    assert.deepEqual(kinds(desk.ask(3)), ['reject 3 COORDINATION_LOST'])
  })
  it('has a limit of requests under way, and of the size of one', () => {
    const desk = new Desk()
    desk.goLive()
    for (let id = 0; id < sessionLimits.inFlightMax; id++) desk.ask(id)
    assert.deepEqual(kinds(desk.ask(9_999)), ['reject 9999 RESOURCE_LIMIT'])
    desk.reply(1)
    assert.deepEqual(kinds(desk.ask(9_999)), ['send'])
    desk.reply(2)
    const data = Buffer.alloc(sessionLimits.requestBytesMax)
    const request = { path: '/a', data, version: -1 }
    const effects = desk.step({
      type: 'submit',
      request: { id: 7_777, operation: 'setData', request },
    })
    assert.deepEqual(kinds(effects), ['reject 7777 INVALID_ARGUMENT'])
  })
})

describe('ZooKeeper session - watches and identities', () => {
  it('passes on the events that it waits for, once', () => {
    const desk = new Desk()
    desk.goLive()
    desk.ask(1, '/a', true)
    assert.deepEqual(kinds(desk.tell(3, '/a')), [], 'before the answer nothing is watched')
    desk.reply(1)
    assert.deepEqual(desk.tell(3, '/a'), [
      { type: 'watch', event: { type: 'dataChanged', path: '/a' } },
    ])
    assert.deepEqual(desk.tell(3, '/a'), [])
    assert.deepEqual(desk.tell(99, '/a'), [], 'an event type of a newer server')
  })
  it('sets no watch with a read that was refused', () => {
    const desk = new Desk()
    desk.goLive()
    desk.ask(1, '/a', true)
    desk.reply(1, { err: -101 })
    assert.deepEqual(desk.tell(1, '/a'), [])
  })
  it('sets its watches and shows its identities again before it says that it is connected', () => {
    const desk = new Desk()
    const authentication = { scheme: 'digest', auth: Buffer.from('a:b') }
    desk.step({ type: 'authenticate', authentication })
    desk.goLive()
    assert.deepEqual(
      sent(desk.effects).map(({ name }) => name),
      ['auth'],
    )
    desk.ask(1, '/a', true)
    desk.reply(1, { zxid: 42n })
    desk.nowMs += 2_000
    desk.step({ type: 'lost', why: 'cut' })
    desk.goLive()
    assert.deepEqual(kinds(desk.effects), ['send', 'send', 'connected'])
    const [auth, watches] = sent(desk.effects)
    assert.deepEqual(auth?.request, { type: 0, ...authentication })
    assert.deepEqual(watches, {
      xid: -8,
      name: 'setWatches',
      request: { relativeZxid: 42n, data: ['/a'], exists: [], children: [] },
    })
  })
  it('is over when an identity is refused', () => {
    const desk = new Desk()
    desk.goLive()
    desk.step({
      type: 'authenticate',
      authentication: { scheme: 'digest', auth: Buffer.from('a:b') },
    })
    desk.ask(1)
    assert.deepEqual(kinds(desk.reply(-4, { err: -115 })), [
      'disconnect',
      'reject 1 CONNECTION_LOST',
      'auth-failed',
    ])
  })
})

describe('ZooKeeper session - closing', () => {
  it('says goodbye and waits for the answer', () => {
    const desk = new Desk()
    desk.goLive()
    desk.ask(1)
    assert.deepEqual(
      sent(desk.step({ type: 'close' })).map(({ name }) => name),
      ['closeSession'],
    )
    assert.deepEqual(kinds(desk.ask(2)), ['reject 2 COORDINATION_LOST'])
    assert.deepEqual(kinds(desk.reply(1)), ['resolve 1'])
    assert.deepEqual(
      kinds(desk.step({ type: 'frame', bytes: replyFrame(2, { err: -1, zxid: 6n }) })),
      ['disconnect', 'closed'],
    )
  })
  it('does not wait for ever for the answer', () => {
    const desk = new Desk()
    desk.goLive()
    desk.step({ type: 'close' })
    assert.deepEqual(kinds(desk.pass(sessionLimits.closeTimeoutMs)), ['disconnect', 'closed'])
  })
  it('closes at once without a connection', () => {
    for (const events of [[], ['start'], ['start', 'opened'], ['start', 'lost']] as const) {
      const desk = new Desk()
      for (const type of events) desk.step(type === 'lost' ? { type, why: '' } : { type })
      assert.deepEqual(kinds(desk.step({ type: 'close' })), ['disconnect', 'closed'])
    }
  })
})
