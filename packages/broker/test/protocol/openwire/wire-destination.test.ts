import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { create } from '@quorate/core/openwire/commands'
import {
  destinationName,
  isComposite,
  wireDestination,
} from '../../../src/protocol/openwire/wire-destination.ts'

describe('wire destination', () => {
  it('translates both ways, each to one object', () => {
    const wire = create('ActiveMQTempTopic', { physicalName: 'ID:x:1' })
    const name = destinationName(wire)
    assert.deepEqual(name, { kind: 'temp-topic', name: 'ID:x:1' })
    assert.equal(destinationName(wire), name)
    assert.deepEqual(wireDestination(name), wire)
    assert.equal(wireDestination(name), wireDestination(name))
  })

  it('refuses nothing and empty names', () => {
    assert.throws(() => destinationName(null), { code: 'INVALID_DESTINATION' })
    for (const physicalName of [null, '']) {
      const wire = create('ActiveMQQueue', { physicalName })
      assert.throws(() => destinationName(wire), { code: 'INVALID_DESTINATION' })
    }
  })

  it('knows composites', () => {
    assert.equal(isComposite(create('ActiveMQQueue', { physicalName: 'A,topic://B' })), true)
    assert.equal(isComposite(create('ActiveMQQueue', { physicalName: 'A.B' })), false)
    assert.equal(isComposite(null), false)
  })
})
