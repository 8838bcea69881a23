import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Consumer } from '../../../src/engine/client.ts'
import { Entry } from '../../../src/engine/dispatch/entry.ts'
import { DispatchedMessage } from '../../../src/engine/subscription/dispatched-message.ts'
import { InFlightList } from '../../../src/engine/subscription/in-flight-list.ts'
import { nameOf, testMessage } from '../engine-harness.ts'

const consumer = null as unknown as Consumer

function delivery(id: number): DispatchedMessage {
  const from = { source: null, destination: nameOf('Q') }
  return new DispatchedMessage(id, consumer, from, Entry.ofMessage(testMessage('Q', 'x'), 0, 0))
}

describe('the list of messages in flight', () => {
  it('behaves as an array from which anything can be removed', () => {
    const step = fc.oneof(
      { weight: 2, arbitrary: fc.constant(-1) },
      { weight: 1, arbitrary: fc.constant(-2) },
      { weight: 1, arbitrary: fc.nat(50) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const list = new InFlightList()
        const model: DispatchedMessage[] = []
        let id = 0
        for (const one of steps) {
          if (one === -1) {
            const added = delivery(++id)
            list.push(added)
            model.push(added)
          } else {
            const at = one === -2 ? 0 : one % (model.length + 1)
            const [removed] = model.splice(at, 1)
            if (removed !== undefined) {
              assert.equal(list.remove(removed), true)
              assert.equal(list.remove(removed), false)
            }
          }
          assert.equal(list.length, model.length)
          assert.deepEqual(
            [...list].map((each) => each.id),
            model.map((each) => each.id),
          )
          assert.equal(list.at(model.length - 1), model.at(-1))
        }
        assert.equal(list.at(model.length), undefined)
        assert.equal(list.at(-1), undefined)
      }),
    )
  })

  it('gives its memory back while a window moves through it', () => {
    const list = new InFlightList()
    for (let id = 1; id <= 10_000; id++) {
      list.push(delivery(id))
      const oldest = list.at(0)
      if (list.length > 100 && oldest !== undefined) list.remove(oldest)
    }
    assert.equal(list.length, 100)
    assert.equal(list.at(99)?.id, 10_000)
  })
})
