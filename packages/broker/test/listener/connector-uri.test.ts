import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseConnectorUri } from '../../src/listener/connector-uri.ts'
import { defaultOpenWireOptions } from '../../src/protocol/openwire/openwire-options.ts'

describe('connector uri', () => {
  it('fills in the defaults', () => {
    assert.deepEqual(parseConnectorUri('tcp://localhost'), {
      host: 'localhost',
      port: 61616,
      maximumConnections: 1000,
      backlog: 5000,
      openwire: defaultOpenWireOptions,
    })
  })

  it('takes the options of the stock configuration', () => {
    const uri =
      'tcp://0.0.0.0:61617?maximumConnections=50&wireFormat.maxFrameSize=2048' +
      '&wireFormat.maxInactivityDuration=0&wireFormat.cacheEnabled=false'
    const parsed = parseConnectorUri(uri)
    assert.equal(parsed.port, 61617)
    assert.equal(parsed.maximumConnections, 50)
    assert.equal(parsed.openwire.maxFrameSizeBytes, 2048)
    assert.equal(parsed.openwire.maxInactivityDurationMs, 0)
    assert.equal(parsed.openwire.cacheEnabled, false)
  })

  it('takes an IPv6 address without its brackets', () => {
    const { host, port } = parseConnectorUri('nio://[::1]:0')
    assert.deepEqual([host, port], ['::1', 0])
  })

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['nonsense', /is not a URI/],
    ['stomp://localhost:61613', /transport 'stomp' is not supported/],
    ['tcp://:61616', /is not a URI|names no host/],
    ['tcp://localhost:99999', /is not a URI/],
    ['tcp://localhost?maxConnections=5', /'maxConnections' .* is not an option/],
    ['tcp://localhost?maximumConnections=0', /from 1 to 1000000, not '0'/],
    ['tcp://localhost?wireFormat.version=13', /from 1 to 12, not '13'/],
    ['tcp://localhost?wireFormat.cacheEnabled=yes', /true or false, not 'yes'/],
  ]
  for (const [uri, message] of wrong) {
    it(`refuses ${uri}`, () => {
      assert.throws(() => parseConnectorUri(uri), { code: 'CONFIG_INVALID', message })
    })
  }
})
