import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Outbox } from '../../../src/coordination/server/outbox.ts'

function outbox() {
  const sent: string[] = []
  const box = new Outbox<string>(10n, (peer, frame) => sent.push(`${peer} ${frame.toString()}`))
  return {
    sent,
    push: (peer: string, text: string, zxid: bigint) => box.push(peer, Buffer.from(text), zxid),
    box,
  }
}

describe('outbox', () => {
  it('sends at once what tells of durable state', () => {
    const { sent, push } = outbox()
    push('p', 'a', 9n)
    push('p', 'b', 10n)
    assert.deepEqual(sent, ['p a', 'p b'])
  })
  it('holds the rest, and everything after it, until the disk has it', () => {
    const { sent, push, box } = outbox()
    push('p', 'a', 11n)
    push('q', 'b', 12n)
    push('p', 'c', 10n)
    assert.deepEqual([sent, box.countOf('p')], [[], 2])
    box.release(11n)
    assert.deepEqual(sent, ['p a'])
    box.release(12n)
    assert.deepEqual(sent, ['p a', 'q b', 'p c'])
    push('q', 'd', 12n)
    assert.equal(sent.at(-1), 'q d')
  })
  it('drops what is held for a peer that is gone', () => {
    const { sent, push, box } = outbox()
    push('p', 'a', 11n)
    push('q', 'b', 11n)
    box.forget('p')
    box.release(11n)
    assert.deepEqual(sent, ['q b'])
  })
})
