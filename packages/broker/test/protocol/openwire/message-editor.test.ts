import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeCanonical, encodeCanonical } from '@quorate/core/openwire/canonical-message'
import { decodePrimitiveMap, encodePrimitiveMap } from '@quorate/core/openwire/primitive-map'
import type { Primitive } from '@quorate/core/openwire/primitive-map'
import { messageEditor } from '../../../src/protocol/openwire/message-editor.ts'
import { textMessage } from './scripted-client.ts'

const copy = {
  from: { kind: 'queue', name: 'ORDERS' },
  to: { kind: 'queue', name: 'ActiveMQ.DLQ' },
  cause: 'java.lang.Throwable: too often',
} as const

function edited(change: Partial<ReturnType<typeof textMessage>>) {
  const message = Object.assign(textMessage(4), change)
  const result = decodeCanonical(messageEditor.deadLetter(encodeCanonical(message), copy))
  const properties = decodePrimitiveMap(result.marshalledProperties ?? Buffer.alloc(0))
  return { result, properties }
}

describe('message editor', () => {
  it('makes a dead letter that says where it comes from and why', () => {
    const original = new Map<string, Primitive>([['colour', { kind: 'string', value: 'red' }]])
    const { result, properties } = edited({
      marshalledProperties: encodePrimitiveMap(original),
      redeliveryCounter: 6,
    })
    assert.deepEqual(result.messageId, textMessage(4).messageId)
    assert.equal(result.destination?.physicalName, 'ActiveMQ.DLQ')
    assert.equal(result.originalDestination?.physicalName, 'ORDERS')
    assert.equal(result.redeliveryCounter, 0)
    assert.equal(result.content?.toString('hex'), '000000026869')
    assert.equal(properties?.get('colour')?.value, 'red')
    assert.equal(properties?.get('dlqDeliveryFailureCause')?.value, copy.cause)
    assert.equal(properties?.has('originalExpiration'), false)
  })

  it('keeps the expiration as a property, so that the dead letter stays', () => {
    const { result, properties } = edited({ expiration: 1234 })
    assert.equal(result.expiration, 0)
    assert.deepEqual(properties?.get('originalExpiration'), { kind: 'long', value: 1234 })
  })

  it('survives properties that cannot be read, and a cause without end', () => {
    const body = encodeCanonical({
      ...textMessage(4),
      marshalledProperties: Buffer.from('nonsense'),
    })
    const cause = 'x'.repeat(1_000_000)
    const result = decodeCanonical(messageEditor.deadLetter(body, { ...copy, cause }))
    const properties = decodePrimitiveMap(result.marshalledProperties ?? Buffer.alloc(0))
    const kept = properties?.get('dlqDeliveryFailureCause')?.value as string
    assert.equal(kept.length, 4096)
  })
})
