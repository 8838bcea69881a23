import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  DECLARED_DESTINATIONS_MAX,
  declaredDestinations,
  objectionsToDestinations,
} from '../../src/config/declared-destinations.ts'
import { loadBrokerOptions } from '../../src/config/load.ts'

describe('destinations that are there from the start', () => {
  it('are queues unless they say otherwise, each once', () => {
    assert.deepEqual(declaredDestinations(' ORDERS, topic://PRICES,queue://ORDERS,, PRICES '), [
      { kind: 'queue', name: 'ORDERS' },
      { kind: 'topic', name: 'PRICES' },
      { kind: 'queue', name: 'PRICES' },
    ])
    assert.deepEqual(declaredDestinations(''), [])
  })

  it('have names of their own: no patterns, no temporary ones', () => {
    assert.deepEqual(objectionsToDestinations('A.>, topic://, temp-queue://X, B'), [
      '"A.>" is a pattern: it names no single destination',
      '"topic://" has no name',
      '"temp-queue://X" is neither queue://NAME nor topic://NAME',
    ])
    const many = Array.from({ length: DECLARED_DESTINATIONS_MAX + 1 }, (_, i) => `Q${i}`).join()
    assert.deepEqual(objectionsToDestinations(many), [
      'names 1001 destinations, at most 1000 may be',
    ])
  })

  it('stop the start when they are wrong, with the place', () => {
    const load = () => loadBrokerOptions({ flags: { destinations: 'topic://A.*' } })
    assert.throws(load, /--destinations: destinations: "topic:\/\/A\.\*" is a pattern/)
    const { options } = loadBrokerOptions({ flags: { destinations: 'A' } })
    assert.deepEqual(options.destinations, [{ kind: 'queue', name: 'A' }])
  })
})
