import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ConnectResponse } from '../../../src/coordination/zookeeper/protocol.ts'
import type { SessionEvent } from '../../../src/coordination/zookeeper/session-table.ts'
import { Desk, body, password, replyFrame } from './session-desk.ts'

describe('ZooKeeper session - any history', () => {
  /** What a shell may report at each moment; the machine asserts that nothing else comes. */
  const choice = fc.record({
    what: fc.constantFrom('good', 'noise', 'lost', 'tick', 'ask', 'watch', 'auth', 'event'),
    bytes: fc.uint8Array({ maxLength: 60 }),
    ms: fc.integer({ min: 0, max: 4_000 }),
  })
  it('answers every request exactly once, and sends only on a connection', () => {
    fc.assert(
      fc.property(fc.array(choice, { maxLength: 80, size: 'max' }), (choices) => {
        const desk = new Desk()
        const open = new Set<number>()
        const link: { is: 'none' | 'opening' | 'open' } = { is: 'none' }
        let xid = 0
        let nextId = 0
        let auths = 0
        const play = (event: SessionEvent) => {
          for (const effect of desk.step(event)) {
            if (effect.type === 'connect') link.is = 'opening'
            if (effect.type === 'disconnect') link.is = 'none'
            if (effect.type === 'send') assert.equal(link.is, 'open')
            if (effect.type === 'resolve' || effect.type === 'reject') {
              assert.ok(open.delete(effect.id))
            }
          }
        }
        play({ type: 'start' })
        for (const { what, bytes, ms } of choices) {
          desk.nowMs += ms
          if (link.is === 'opening' && what !== 'lost' && what !== 'tick') {
            link.is = 'open'
            play({ type: 'opened' })
          } else if (what === 'lost' && link.is !== 'none') {
            link.is = 'none'
            play({ type: 'lost', why: 'cut' })
          } else if (what === 'noise' && link.is === 'open') {
            play({ type: 'frame', bytes: Buffer.from(bytes) })
          } else if (what === 'good' && link.is === 'open') {
            const response = { protocolVersion: 0, timeoutMs: 9_000, sessionId: 1n, password }
            const frame = desk.session.live
              ? replyFrame(++xid, { err: 0, zxid: 1n })
              : body(ConnectResponse, { ...response, readOnly: false })
            play({ type: 'frame', bytes: frame })
          } else if (what === 'ask' || what === 'watch') {
            const id = nextId++
            open.add(id)
            const request = { path: '/a', watch: what === 'watch' }
            const watch = { kind: 'data', path: '/a' } as const
            play({ type: 'submit', request: { id, operation: 'getData', request, watch } })
          } else if (what === 'auth' && auths++ < 8) {
            const authentication = { scheme: 'digest', auth: Buffer.from(bytes) }
            play({ type: 'authenticate', authentication })
          } else {
            play({ type: 'tick' })
          }
        }
        play({ type: 'close' })
        for (let i = 0; i < 20; i++) {
          desk.nowMs += 100
          play({ type: 'tick' })
        }
        assert.equal(open.size, 0)
        assert.deepEqual(desk.pass(1_000), [])
      }),
      { numRuns: 300 },
    )
  })
})
