import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addressOf, placeIn } from '../../src/pages/addresses.ts'

describe('addresses of the console', () => {
  it('name a page, a destination and a message, whatever they are called', () => {
    const name = 'A/b %?#中'
    assert.deepEqual(placeIn(addressOf('queues', name, '7-1')), {
      page: 'queues',
      name,
      message: '7-1',
    })
  })

  it('can be made of names that no address can have', () => {
    assert.equal(addressOf('queues', 'half \ud83d'), '#/queues/half%20%EF%BF%BD')
  })

  it('lead home from where there is nothing', () => {
    const home = { page: 'home', name: null, message: null }
    for (const hash of ['', '#', '#/', '#/nowhere']) assert.deepEqual(placeIn(hash), home)
    assert.equal(placeIn('#/queues/%zz').name, '%zz')
  })
})
