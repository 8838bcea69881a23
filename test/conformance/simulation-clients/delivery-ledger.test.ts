import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Call } from '../../support/history/events.ts'
import { DeliveryLedger } from '../../simulation/clients/delivery-ledger.ts'

const WATCH = 'shop/watch'
const subscribe = { type: 'subscribe', subscription: WATCH, destination: 'topic://prices' } as const
const unsubscribe = { type: 'unsubscribe', subscription: WATCH } as const
const send = { type: 'send', message: 'p:1', destination: 'topic://prices' } as const

/** A ledger to which calls are told, each by a client of its own. */
class Told {
  readonly ledger = new DeliveryLedger()
  #at = 0

  invoke(client: string, call: Call): void {
    this.ledger.note({ kind: 'invoke', atMs: this.#at++, client, op: 1, call })
  }

  confirm(client: string): void {
    this.ledger.note({ kind: 'ok', atMs: this.#at++, client, op: 1 })
  }

  call(client: string, call: Call): void {
    this.invoke(client, call)
    this.confirm(client)
  }
}

describe('what a drain waits for', () => {
  it('is what a durable subscription has not received of what was sent after it was made', () => {
    const told = new Told()
    told.call('shop', subscribe)
    told.call('producer', send)
    assert.deepEqual(told.ledger.missing(10), [`${WATCH} p:1`])
  })

  it('is nothing that was sent for a subscription before it was removed and made again', () => {
    const told = new Told()
    told.call('shop', subscribe)
    told.invoke('producer', send)
    told.call('shop', unsubscribe)
    told.call('shop', subscribe)
    told.confirm('producer')
    assert.deepEqual(told.ledger.missing(10), [])
  })

  it('is what was sent before a subscriber came back to the same subscription', () => {
    const told = new Told()
    told.call('shop', subscribe)
    told.invoke('producer', send)
    told.call('shop', subscribe)
    told.confirm('producer')
    assert.deepEqual(told.ledger.missing(10), [`${WATCH} p:1`])
  })
})
