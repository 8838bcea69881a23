import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  formatHostPort,
  isLoopback,
  isWildcard,
  parseHostPort,
  parseTransportUri,
} from '../../src/config/host-port.ts'

describe('addresses', () => {
  it('are a host and a port, in brackets where the host is an IPv6 address', () => {
    assert.deepEqual(parseHostPort('node01.example.org:61616'), {
      host: 'node01.example.org',
      port: 61_616,
    })
    assert.deepEqual(parseHostPort('[::1]:2181'), { host: '::1', port: 2181 })
    for (const wrong of ['', 'host', 'host:', ':1', 'host:65536', '::1:2181', 'a b:1', 'h:1/x']) {
      assert.equal(parseHostPort(wrong), undefined, wrong)
    }
  })

  it('are written as they are read', () => {
    for (const text of ['127.0.0.1:1', '[::1]:2181']) {
      const parsed = parseHostPort(text)
      assert.equal(parsed === undefined ? '' : formatHostPort(parsed), text)
    }
  })

  it('of transports have a scheme and perhaps options', () => {
    assert.deepEqual(parseTransportUri('tcp://0.0.0.0:61616?a=1&b=2'), {
      scheme: 'tcp',
      host: '0.0.0.0',
      port: 61_616,
      query: 'a=1&b=2',
    })
    assert.equal(parseTransportUri('tcp://h:1/')?.port, 1)
    for (const wrong of ['tcp:h:1', 'tcp://h', 'tcp://h:1/path', 'tcp://h:1#x', '//h:1']) {
      assert.equal(parseTransportUri(wrong), undefined, wrong)
    }
  })

  it('tell everywhere from here', () => {
    assert.ok(isWildcard('0.0.0.0') && isWildcard('::') && !isWildcard('127.0.0.1'))
    assert.ok(isLoopback('127.0.0.1') && isLoopback('::1') && !isLoopback('0.0.0.0'))
  })
})
