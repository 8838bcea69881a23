import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerError } from '@quorate/core/base/errors'
import { UNCOMMITTED_BYTES_MAX, UNCOMMITTED_RECORDS_MAX } from '../../src/engine/policy/limits.ts'
import { EngineHarness } from './engine-harness.ts'

const code = (expected: string) => (error: unknown) =>
  error instanceof BrokerError && error.code === expected

describe('a connection', () => {
  it('cannot take a client id that is in use', () => {
    const harness = new EngineHarness()
    const first = harness.connect({ clientId: 'C' })
    assert.throws(() => harness.connect({ clientId: 'C' }), code('INVALID_CLIENT_ID'))
    assert.equal(first.closed, null)
    first.client.close()
    harness.connect({ clientId: 'C' })
  })

  it('takes the place of its own old one after a reconnect', () => {
    const harness = new EngineHarness()
    const old = harness.connect({ connectionId: 'X', clientId: 'C' })
    old.consume('topic://T', { durableName: 'S' })
    const renewed = harness.connect({ connectionId: 'Y', clientId: 'C', reconnect: true })
    assert.equal(old.closed?.code, 'CONNECTION_LOST')
    renewed.consume('topic://T', { durableName: 'S' })
    const again = harness.connect({ connectionId: 'Y', clientId: 'C' })
    assert.equal(renewed.closed?.code, 'CONNECTION_LOST')
    assert.equal(again.closed, null)
    assert.equal(harness.engine.view().clients, 1)
  })

  it('opens the same consumer once, however often it asks', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    const consumer = client.consume('Q', { consumerId: 'same' })
    assert.equal(client.consume('Q', { consumerId: 'same' }), consumer)
    assert.equal(harness.engine.view().consumers, 1)
  })

  it('that is closed does nothing more', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.client.close()
    client.client.close()
    client.send('Q', 'a')
    client.commit('T')
    assert.throws(() => client.consume('Q'), code('ILLEGAL_STATE'))
    harness.settle()
    assert.deepEqual([client.confirmations, client.rejections], [[], []])
    assert.equal(harness.engine.view().clients, 0)
  })
})

describe('step-down', () => {
  it('closes every connection, answers nothing and appends nothing', () => {
    const harness = new EngineHarness()
    const [client, other] = [harness.connect(), harness.connect()]
    client.consume('Q')
    harness.settle()
    const receipt = client.send('Q', 'a')
    harness.engine.stop(new BrokerError('LEADERSHIP_LOST', 'Fenced.'))
    assert.equal(client.closed?.code, 'LEADERSHIP_LOST')
    assert.equal(other.closed?.code, 'LEADERSHIP_LOST')
    const before = harness.log.pending.length
    client.send('Q', 'b')
    client.client.close()
    harness.runTurns()
    assert.equal(harness.log.pending.length, before)
    harness.log.commit()
    assert.equal(client.isConfirmed(receipt), false)
    assert.deepEqual([client.rejections, client.texts], [[], []])
    assert.equal(harness.store.listener, null)
    assert.throws(() => harness.connect(), code('NOT_LEADER'))
  })

  it('follows at once when the log takes no more records', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    harness.log.leads = false
    const receipt = client.send('Q', 'a')
    assert.equal(client.closed?.code, 'LEADERSHIP_LOST')
    assert.equal(client.isConfirmed(receipt), false)
    assert.deepEqual(client.rejections, [])
    assert.equal(harness.engine.isRunning, false)
  })
})

describe('a pull that waits', () => {
  it('ends with the leadership, unanswered', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    client.consume('Q', { prefetch: 0 }).pull(100)
    harness.engine.stop(new BrokerError('LEADERSHIP_LOST', 'Fenced.'))
    harness.clock.advance(1000)
    assert.deepEqual(client.ended, [])
  })
})

describe('back-pressure', () => {
  it('pauses senders while too many records are uncommitted', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    for (let i = 0; i <= UNCOMMITTED_RECORDS_MAX + 1; i++) client.send('Q', 'x')
    assert.equal(client.paused, true)
    harness.log.commit()
    assert.equal(client.paused, false)
  })

  it('pauses senders while too many bytes are uncommitted', () => {
    const harness = new EngineHarness()
    const client = harness.connect()
    const big = 'x'.repeat(1 << 20)
    for (let i = 0; i <= UNCOMMITTED_BYTES_MAX >> 20; i++) client.send('Q', big)
    assert.equal(client.paused, true)
    harness.log.commit()
    assert.equal(client.paused, false)
  })
})
