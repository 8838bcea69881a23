import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Call } from '../../support/history/events.ts'
import { AwaitedMessages } from './awaited-messages.ts'

const queue = 'queue://orders'
const topic = 'topic://prices'

/** One client that does one thing after the other. */
class Script {
  readonly awaited = new AwaitedMessages()
  #op = 0

  call(call: Call, outcome: 'ok' | 'fail' | 'unknown' = 'ok'): this {
    const who = { atMs: 0, client: 'a', op: ++this.#op }
    this.awaited.see({ kind: 'invoke', ...who, call })
    this.awaited.see({ kind: outcome, ...who })
    return this
  }

  send(message: string, outcome?: 'ok' | 'unknown'): this {
    return this.call({ type: 'send', message, destination: queue }, outcome)
  }

  receive(message: string, more: { tx?: string; subscription?: string } = {}): this {
    const destination = more.subscription === undefined ? queue : topic
    const where = { client: 'a', consumer: 'a', message, destination, redelivered: false }
    this.awaited.see({ kind: 'receive', atMs: 0, ...where, ...more })
    return this
  }

  get size(): number {
    return this.awaited.size
  }
}

describe('awaited messages', () => {
  it('are those confirmed and not received, in whichever order that is told', () => {
    const script = new Script().send('0:1').send('0:2').send('0:3', 'unknown').receive('0:1')
    assert.equal(script.size, 1)
    assert.equal(script.receive('0:4').send('0:4').size, 1)
    assert.equal(script.receive('0:2').size, 0)
  })

  it('are awaited from a transaction when it is committed, and only then', () => {
    const inTx = (message: string, tx: string): Call => ({
      type: 'send',
      message,
      destination: queue,
      tx,
    })
    const script = new Script().call(inTx('0:1', 't1')).call(inTx('0:2', 't2'))
    assert.equal(script.size, 0)
    assert.equal(script.call({ type: 'commit', tx: 't1' }).size, 1)
    assert.equal(script.call({ type: 'rollback', tx: 't2' }).size, 1)
  })

  it('are still awaited when the transaction that received them did not happen', () => {
    const script = new Script().send('0:1').receive('0:1', { tx: 't1' })
    assert.equal(script.size, 1)
    assert.equal(script.call({ type: 'rollback', tx: 't1' }).size, 1)
    script.receive('0:1', { tx: 't2' })
    assert.equal(script.call({ type: 'commit', tx: 't2' }).size, 0)
  })

  it('are awaited by every durable subscription of their topic', () => {
    const script = new Script()
    for (const subscription of ['a/all', 'b/all']) {
      script.call({ type: 'subscribe', subscription, destination: topic })
    }
    script.call({ type: 'send', message: '0:1', destination: topic })
    assert.equal(script.size, 2)
    assert.equal(script.receive('0:1', { subscription: 'a/all' }).size, 1)
    assert.equal(script.receive('0:1', { subscription: 'b/all' }).size, 0)
  })
})
