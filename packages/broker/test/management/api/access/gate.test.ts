import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { silentLog } from '@quorate/core/base/log'
import { ManualClock } from '@quorate/core/base/manual-clock'
import {
  FAILED_LOGINS_MAX,
  FAILED_LOGINS_TIMEOUT_MS,
} from '../../../../src/management/api/access/failed-logins.ts'
import { Gate } from '../../../../src/management/api/access/gate.ts'
import type { Visit } from '../../../../src/management/api/access/gate.ts'

const users = [
  { name: 'admin', password: 'secret', roles: ['admin'], where: 'realm:1:1' },
  { name: 'ops', password: 'OBF:1v2j1uum1xtv1zej1zer1xtn1uvk1v1v', roles: ['operator'], where: '' },
  { name: 'user', password: 'MD5:5f4dcc3b5aa765d61d8327deb882cf99', roles: ['user'], where: '' },
  { name: 'old', password: 'CRYPT:adpexzg3FUZAk', roles: ['admin'], where: '' },
]

function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
}

function visit(changes: Partial<Visit> = {}): Visit {
  return {
    address: '127.0.0.1',
    host: 'localhost:8161',
    origin: undefined,
    fetchSite: undefined,
    authorization: undefined,
    isChange: false,
    needs: 'viewer',
    ...changes,
  }
}

const statusOf = (gate: Gate, changes: Partial<Visit>): number =>
  gate.admit(visit(changes)).refusal?.status ?? 200

function isStranger(gate: Gate, changes: Partial<Visit>): boolean {
  const { caller, refusal } = gate.admit(visit({ needs: 'stranger', ...changes }))
  assert.equal(refusal, null)
  return caller.role === null
}

describe('gate before what anybody may ask', () => {
  it('tells those who may look from strangers', () => {
    const open = new Gate([], { clock: new ManualClock(), log: silentLog })
    assert.equal(isStranger(open, {}), false)
    assert.equal(isStranger(open, { address: '10.0.0.7' }), true)
    const closed = new Gate(users, { clock: new ManualClock(), log: silentLog })
    assert.equal(isStranger(closed, { address: '10.0.0.7' }), true)
    assert.equal(isStranger(closed, {}), false)
    assert.equal(
      isStranger(closed, { address: '10.0.0.7', authorization: basic('user', 'password') }),
      false,
    )
  })

  it('looks at no password where anybody may ask', () => {
    const gate = new Gate(users, { clock: new ManualClock(), log: silentLog })
    const wrong = { authorization: basic('user', 'guess') }
    for (let i = 0; i < FAILED_LOGINS_MAX; i++) statusOf(gate, { ...wrong, needs: 'anybody' })
    assert.equal(statusOf(gate, { authorization: basic('user', 'password') }), 200)
  })

  it('counts wrong passwords there as well', () => {
    const gate = new Gate(users, { clock: new ManualClock(), log: silentLog })
    const address = '10.0.0.7'
    const wrong = { address, authorization: basic('user', 'guess') }
    for (let i = 0; i < FAILED_LOGINS_MAX; i++) assert.equal(isStranger(gate, wrong), true)
    const right = { address, authorization: basic('user', 'password') }
    assert.equal(isStranger(gate, right), true)
    assert.equal(statusOf(gate, right), 429)
  })
})

describe('gate without users', () => {
  const gate = new Gate([], { clock: new ManualClock(), log: silentLog })

  it('lets everybody on this machine look, by the names of this machine', () => {
    for (const host of ['localhost', '127.0.0.1:8161', '[::1]:8161', 'LOCALHOST:1']) {
      assert.equal(statusOf(gate, { host }), 200, host)
    }
    assert.equal(statusOf(gate, { address: '::1' }), 200)
    assert.equal(statusOf(gate, { address: '::ffff:127.0.0.1' }), 200)
  })

  it('refuses whoever comes from elsewhere, or by a name that somebody else gave us', () => {
    assert.equal(statusOf(gate, { address: '10.0.0.7' }), 403)
    assert.equal(statusOf(gate, { host: 'rebound.example' }), 403)
    assert.equal(statusOf(gate, { host: '127.0.0.1.example' }), 403)
    assert.equal(statusOf(gate, { host: undefined }), 403)
  })

  it('lets nobody change anything, and everybody ask for health', () => {
    assert.equal(statusOf(gate, { needs: 'operator', isChange: true }), 403)
    assert.equal(statusOf(gate, { needs: 'admin', authorization: basic('admin', 'secret') }), 403)
    assert.equal(statusOf(gate, { needs: 'anybody', address: '10.0.0.7', host: 'x' }), 200)
  })
})

describe('gate with users', () => {
  it('asks everybody for a login, wherever he comes from', () => {
    const gate = new Gate(users, { clock: new ManualClock(), log: silentLog })
    assert.equal(statusOf(gate, {}), 401)
    assert.equal(statusOf(gate, { authorization: 'Bearer abc' }), 401)
    assert.equal(statusOf(gate, { authorization: 'Basic !!!' }), 401)
    assert.equal(statusOf(gate, { authorization: basic('admin', 'wrong') }), 401)
    assert.equal(statusOf(gate, { authorization: basic('nobody', '') }), 401)
    assert.equal(statusOf(gate, { authorization: basic('old', 'test') }), 401)
  })

  it('gives each as much as its role may do', () => {
    const gate = new Gate(users, { clock: new ManualClock(), log: silentLog })
    const logins = [basic('user', 'password'), basic('ops', 'password'), basic('admin', 'secret')]
    const allowed = (needs: Visit['needs']) =>
      logins.map((authorization) => statusOf(gate, { needs, authorization, address: '10.0.0.7' }))
    assert.deepEqual(allowed('viewer'), [200, 200, 200])
    assert.deepEqual(allowed('operator'), [403, 200, 200])
    assert.deepEqual(allowed('admin'), [403, 403, 200])
  })

  it('takes no change from a page of another site, whoever is logged in', () => {
    const gate = new Gate(users, { clock: new ManualClock(), log: silentLog })
    const change = {
      isChange: true,
      needs: 'admin',
      authorization: basic('admin', 'secret'),
    } as const
    assert.equal(statusOf(gate, change), 200)
    assert.equal(statusOf(gate, { ...change, origin: 'http://localhost:8161' }), 200)
    assert.equal(statusOf(gate, { ...change, fetchSite: 'same-origin' }), 200)
    for (const origin of ['http://evil.example', 'http://localhost:8162', 'null', 'file://']) {
      assert.equal(statusOf(gate, { ...change, origin }), 403, origin)
    }
    for (const fetchSite of ['cross-site', 'same-site', 'same-origin, cross-site']) {
      assert.equal(statusOf(gate, { ...change, fetchSite }), 403, fetchSite)
    }
  })

  it('asks an address that guesses passwords to wait, and nobody else', () => {
    const clock = new ManualClock()
    const gate = new Gate(users, { clock, log: silentLog })
    const wrong = { authorization: basic('admin', 'guess'), address: '10.0.0.7' }
    const right = { authorization: basic('admin', 'secret'), address: '10.0.0.7' }
    const other = { authorization: basic('ops', 'password'), address: '10.0.0.7' }
    for (let i = 0; i < FAILED_LOGINS_MAX; i++) {
      assert.equal(statusOf(gate, wrong), 401)
      // Whoever has a login of his own gains no guesses by it.
      assert.equal(statusOf(gate, other), 200)
    }
    assert.equal(statusOf(gate, right), 429)
    assert.equal(statusOf(gate, other), 200)
    assert.equal(statusOf(gate, { ...right, address: '10.0.0.8' }), 200)
    clock.advance(FAILED_LOGINS_TIMEOUT_MS)
    assert.equal(statusOf(gate, right), 200)
  })
})
