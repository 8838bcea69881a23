import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseBrokerUri } from '../../src/cli/openwire/broker-uri.ts'
import { Reconnection } from '../../src/cli/openwire/reconnection.ts'

const list = 'failover:(tcp://a:1,tcp://b:2,tcp://c:3)'

describe('a broker URI', () => {
  it('is one broker, or a list of them in all of the forms of ActiveMQ', () => {
    const of = (text: string): string =>
      parseBrokerUri(text)
        .addresses.map(({ host, port }) => `${host} ${port}`)
        .join(', ')
    assert.equal(of('tcp://a:61616'), 'a 61616')
    assert.equal(of('failover://tcp://localhost:61616'), 'localhost 61616')
    assert.equal(of('failover:tcp://a:1,nio://[::1]:2'), 'a 1, ::1 2')
    const inner = 'tcp://a:1?wireFormat.maxInactivityDuration=0'
    assert.equal(of(`failover:(${inner},tcp://b:2)?randomize=false`), 'a 1, b 2')
  })

  it('has the options of failover with their defaults', () => {
    const { options } = parseBrokerUri(`${list}?randomize=false&maxReconnectAttempts=3`)
    assert.deepEqual([options.randomize, options.maxReconnectAttempts], [false, 3])
    assert.equal(options.initialReconnectDelay, 10)
    assert.equal(parseBrokerUri('tcp://a:1').options.maxReconnectAttempts, 0)
  })

  it('that is none is refused with the reason', () => {
    const refusals = [
      ['tcp://me:secret@a:1', 'no login in it; give --user and --password-file instead'],
      ['a:1', '"a:1" is no tcp://host:port'],
      ['failover:()', 'failover:() names no broker'],
      ['failover:(tcp://a:1', 'failover:(tcp://a:1: a ) is missing'],
      [`${list}?backup=true`, 'backup is not supported: there is one connection at a time'],
      [`${list}?randomize=yes`, 'randomize=yes: it is no true or false'],
      ['tcp://a:1?trace=true', '"trace" of tcp://a:1 is not an option we know'],
    ] as const
    for (const [text, why] of refusals) {
      const code = 'INVALID_ARGUMENT'
      assert.throws(() => parseBrokerUri(text), { code, message: `--brokerUrl: ${why}` })
    }
  })
})

describe('reconnecting', () => {
  function reconnection(query: string): Reconnection {
    const { addresses, options } = parseBrokerUri(list + query)
    return new Reconnection(addresses, options, () => 0.99)
  }

  it('tries one broker after the other, in rounds with growing pauses', () => {
    const tried = reconnection('?randomize=false&maxReconnectDelay=30')
    const attempts = Array.from({ length: 12 }, () => tried.next())
    assert.deepEqual(
      attempts.map((attempt) => `${attempt?.address.host} ${attempt?.delayMs}`),
      [
        ...['a 0', 'b 0', 'c 0', 'a 10', 'b 0', 'c 0'],
        ...['a 20', 'b 0', 'c 0', 'a 30', 'b 0', 'c 0'],
      ],
    )
  })

  it('tries the broker that was lost last', () => {
    const tried = reconnection('?randomize=false')
    const first = tried.next()
    tried.connected()
    if (first !== null) tried.lost(first.address)
    const hosts = Array.from({ length: 3 }, () => tried.next()?.address.host)
    assert.deepEqual(hosts, ['b', 'c', 'a'])
  })

  it('gives up after as many rounds as it may', () => {
    const few = reconnection('?maxReconnectAttempts=2&startupMaxReconnectAttempts=1')
    for (let i = 0; i < 3; i++) assert.ok(few.next() !== null, 'the first round')
    assert.equal(few.next(), null)
    const served = reconnection('?maxReconnectAttempts=2&startupMaxReconnectAttempts=1')
    served.next()
    served.connected()
    for (let i = 0; i < 6; i++) assert.ok(served.next() !== null, 'two rounds')
    assert.equal(served.next(), null)
    const never = reconnection('?maxReconnectAttempts=0')
    never.next()
    never.connected()
    assert.equal(never.next(), null)
  })
})
