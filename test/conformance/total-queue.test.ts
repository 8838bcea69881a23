import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { QueueEvent } from '../support/total-queue.ts'
import { checkTotalQueue, violations } from '../support/total-queue.ts'

/** Events a second apart, so that no grace period blurs an example. */
function history(...lines: readonly string[]): QueueEvent[] {
  return lines.map((line, index) => {
    const [kind, who = '0', what = '0', flag] = line.split(' ')
    const atMs = index * 1000
    const [producer = 0, n = 0] = what.split(':').map(Number)
    switch (kind) {
      case 'invoke':
      case 'ok':
      case 'fail':
        return { kind, atMs, producer: Number(who), n: Number(what) }
      case 'receive':
        return {
          kind,
          atMs,
          consumer: Number(who),
          producer,
          n,
          redelivered: flag === 'redelivered',
        }
      case 'interrupted':
      case 'resumed':
        return { kind, atMs, party: who }
      default:
        throw new Error(`no such event: ${line}`)
    }
  })
}

function judge(...lines: readonly string[]): string[] {
  return violations(checkTotalQueue(history(...lines)))
}

describe('total-queue checker', () => {
  it('accepts a history where each confirmed message is received once', () => {
    const events = history('invoke 0 1', 'ok 0 1', 'invoke 0 2', 'receive 0 0:1', 'ok 0 2')
    const verdict = checkTotalQueue([...events, ...history('receive 1 0:2')])
    assert.deepEqual(violations(verdict), [])
    assert.equal(verdict.confirmed, 2)
    assert.equal(verdict.received, 2)
  })

  it('reports a confirmed message that nobody received', () => {
    assert.deepEqual(judge('invoke 0 1', 'ok 0 1', 'invoke 0 2', 'ok 0 2', 'receive 0 0:2'), [
      'lost (1): 0:1',
    ])
  })

  it('accepts that a message of unknown outcome is absent, or present', () => {
    assert.deepEqual(judge('invoke 0 1', 'fail 0 1'), [])
    assert.deepEqual(judge('invoke 0 1', 'fail 0 1', 'receive 0 0:1'), [])
    assert.deepEqual(judge('invoke 0 1'), [])
    assert.equal(checkTotalQueue(history('invoke 0 1', 'fail 0 1', 'invoke 0 2')).unknown, 2)
  })

  it('reports a message that nobody sent', () => {
    assert.deepEqual(judge('receive 0 3:7'), ['unexpected (1): 3:7'])
  })

  it('reports a message that is received before it is sent', () => {
    assert.deepEqual(judge('receive 0 0:1', 'invoke 0 1', 'ok 0 1'), ['unexpected (1): 0:1'])
  })

  it('accepts a second receipt that is flagged after a lost connection', () => {
    const lines = ['invoke 0 1', 'ok 0 1', 'receive 0 0:1', 'interrupted consumer-0']
    assert.deepEqual(judge(...lines, 'receive 1 0:1 redelivered'), [])
  })

  it('accepts that a delivery just before a lost connection is told after the redelivery', () => {
    const lines = ['invoke 0 1', 'ok 0 1', 'receive 1 0:1 redelivered']
    assert.deepEqual(judge(...lines, 'interrupted consumer-0', 'receive 0 0:1'), [])
    assert.deepEqual(
      judge(...lines, 'interrupted consumer-0', 'receive 0 0:1', 'receive 0 0:1').length,
      1,
    )
  })

  it('reports a second receipt without the redelivered flag', () => {
    const lines = ['invoke 0 1', 'ok 0 1', 'receive 0 0:1', 'interrupted consumer-0']
    assert.deepEqual(judge(...lines, 'receive 1 0:1'), [
      'received more often than explained (1): 0:1 receipt 2: not flagged redelivered',
    ])
  })

  it('reports a flagged second receipt when no connection was lost in between', () => {
    const lines = ['interrupted consumer-0', 'invoke 0 1', 'ok 0 1', 'receive 0 0:1']
    assert.deepEqual(judge(...lines, 'receive 0 0:1 redelivered'), [
      'received more often than explained (1): 0:1 receipt 2: no connection was lost since',
    ])
  })

  it('reports a third receipt when one lost connection explains only two', () => {
    const lines = ['invoke 0 1', 'ok 0 1', 'receive 0 0:1', 'interrupted consumer-0']
    const verdict = checkTotalQueue(
      history(...lines, 'receive 0 0:1 redelivered', 'receive 0 0:1 redelivered'),
    )
    assert.equal(verdict.redeliveries, 1)
    assert.equal(verdict.unexplained.length, 1)
  })

  it('counts apart the second copy of a send that was repeated over a new connection', () => {
    const lines = ['invoke 0 1', 'interrupted producer-0', 'ok 0 1', 'receive 0 0:1']
    const verdict = checkTotalQueue(history(...lines, 'receive 1 0:1'))
    assert.equal(verdict.resends, 1)
    assert.deepEqual(verdict.unexplained, [])
    assert.deepEqual(violations(verdict), ['stored twice: 1 repeated sends'])
  })

  it('explains one copy by a repeated send, and not two', () => {
    const lines = ['invoke 0 1', 'interrupted producer-0', 'ok 0 1', 'receive 0 0:1']
    const verdict = checkTotalQueue(history(...lines, 'receive 1 0:1', 'receive 1 0:1'))
    assert.equal(verdict.unexplained.length, 1)
  })

  it('does not take the loss of one connection for a repeated send of another producer', () => {
    const lines = ['invoke 0 1', 'interrupted producer-1', 'ok 0 1', 'receive 0 0:1']
    assert.equal(checkTotalQueue(history(...lines, 'receive 1 0:1')).unexplained.length, 1)
  })

  it('reports first deliveries to one consumer in another order than they were sent', () => {
    const sends = ['invoke 0 1', 'ok 0 1', 'invoke 0 2', 'ok 0 2']
    assert.deepEqual(judge(...sends, 'receive 0 0:2', 'receive 0 0:1'), [
      'out of order (1): consumer 0 saw 0:1 after number 2',
    ])
    assert.deepEqual(judge(...sends, 'receive 0 0:2', 'receive 1 0:1'), [])
  })

  it('lets a redelivered message come late', () => {
    const sends = ['invoke 0 1', 'ok 0 1', 'invoke 0 2', 'ok 0 2']
    assert.deepEqual(judge(...sends, 'receive 0 0:2', 'receive 0 0:1 redelivered'), [])
  })

  it('finds whichever receipt is taken out of, doubled in or swapped in a sound history', () => {
    const shape = fc.record({
      messages: fc.integer({ min: 2, max: 40 }),
      victim: fc.nat(),
      damage: fc.constantFrom('drop', 'double', 'swap'),
    })
    fc.assert(
      fc.property(shape, ({ messages, victim, damage }) => {
        const sends = Array.from({ length: messages }, (_, n) => [`invoke 0 ${n}`, `ok 0 ${n}`])
        const receipts = Array.from({ length: messages }, (_, n) => `receive 0 0:${n}`)
        assert.deepEqual(judge(...sends.flat(), ...receipts), [])
        const at = victim % (messages - 1)
        const [first = '', second = ''] = receipts.slice(at, at + 2)
        const broken = { drop: [second], double: [first, first, second], swap: [second, first] }
        receipts.splice(at, 2, ...broken[damage])
        assert.equal(judge(...sends.flat(), ...receipts).length, 1)
      }),
    )
  })
})
