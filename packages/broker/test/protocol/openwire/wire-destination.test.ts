import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { create } from '@quorate/core/openwire/commands'
import {
  COMPOSITE_MAX,
  destinationNames,
  singleDestination,
  wireDestination,
} from '../../../src/protocol/openwire/wire-destination.ts'

describe('wire destination', () => {
  it('translates both ways, each to one object', () => {
    const wire = create('ActiveMQTempTopic', { physicalName: 'ID:x:1' })
    const [name] = destinationNames(wire)
    assert.deepEqual(name, { kind: 'temp-topic', name: 'ID:x:1' })
    assert.equal(destinationNames(wire)[0], name)
    assert.ok(name !== undefined)
    assert.deepEqual(wireDestination(name), wire)
    assert.equal(wireDestination(name), wireDestination(name))
  })

  it('takes a composite name apart', () => {
    const wire = create('ActiveMQQueue', { physicalName: 'A, topic://B ,temp-queue://ID:1' })
    assert.deepEqual(destinationNames(wire), [
      { kind: 'queue', name: 'A' },
      { kind: 'topic', name: 'B' },
      { kind: 'temp-queue', name: 'ID:1' },
    ])
    assert.throws(() => singleDestination(wire), { code: 'INVALID_DESTINATION' })
  })

  it('refuses nothing, empty names and too many', () => {
    assert.throws(() => destinationNames(null), { code: 'INVALID_DESTINATION' })
    for (const physicalName of [null, '', ',', 'A,', 'queue://']) {
      const wire = create('ActiveMQQueue', { physicalName })
      assert.throws(() => destinationNames(wire), { code: 'INVALID_DESTINATION' })
    }
    const many = create('ActiveMQQueue', { physicalName: 'A,'.repeat(COMPOSITE_MAX) + 'A' })
    assert.throws(() => destinationNames(many), { code: 'RESOURCE_LIMIT' })
  })
})
