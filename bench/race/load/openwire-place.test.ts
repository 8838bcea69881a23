import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OpenWirePlace, portsOf } from './openwire-place.ts'

describe('the place of OpenWire brokers', () => {
  it('is the ports of a failover address, whatever its options', () => {
    const address = 'failover:(tcp://127.0.0.1:20001,tcp://127.0.0.1:20002)?maxReconnectDelay=100'
    assert.deepEqual(portsOf(address), [20_001, 20_002])
  })

  it('is the port of one broker', () => {
    assert.deepEqual(portsOf('tcp://127.0.0.1:61616'), [61_616])
  })

  it('is on this machine only', () => {
    assert.throws(() => portsOf('failover:(tcp://10.0.0.1:61616)'), /no tcp:\/\/127/)
  })

  it('gives each connection a name of its own', () => {
    const place = new OpenWirePlace('tcp://127.0.0.1:61616')
    assert.notEqual(place.next().id, place.next().id)
  })
})
