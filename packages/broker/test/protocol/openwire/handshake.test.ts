import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TypeId, create } from '@quorate/core/openwire/commands'
import { encodeOffer, defaultOffer } from '@quorate/core/openwire/wire-format'
import { Fixture } from './fixture.ts'
import { connectionInfo, settle, textMessage } from './scripted-client.ts'

describe('openwire handshake', () => {
  it('sends WireFormatInfo without waiting, and BrokerInfo when formats are agreed', async () => {
    const client = new Fixture().dial()
    await settle()
    assert.deepEqual(client.received, [])
    await client.greet()
    const [info] = client.all('BrokerInfo')
    assert.equal(info?.brokerName, 'cluster')
    assert.equal(info?.brokerId?.value, 'ID:node01')
    assert.equal(info?.brokerURL, 'tcp://node01:61616')
  })

  for (const version of [1, 3, 6, 9, 10, 11, 12]) {
    for (const tightEncodingEnabled of [true, false]) {
      const encoding = tightEncodingEnabled ? 'tight' : 'loose'
      it(`serves a client of version ${version}, ${encoding}`, async () => {
        const fixture = new Fixture()
        const client = await fixture.connect({ version, tightEncodingEnabled })
        await client.succeed(textMessage(1))
        assert.equal(fixture.engine.client.sent[0]?.producerSequence, 1)
      })
    }
  }

  it('serves a client without caches, and one without size prefixes', async () => {
    const options = { sizePrefixDisabled: true, cacheEnabled: false }
    const client = await new Fixture(options).connect({ ...options })
    await client.succeed(textMessage(1))
  })

  it('closes when the first command is another', async () => {
    const fixture = new Fixture()
    const client = fixture.dial()
    // A KeepAliveInfo in loose encoding.
    client.write(Buffer.from([0, 0, 0, 6, TypeId.KeepAliveInfo, 0, 0, 0, 0, 0]))
    await settle()
    assert.ok(client.closed)
    assert.match(fixture.logged.join(), /PROTOCOL_VIOLATION/)
  })

  it('closes on a second WireFormatInfo', async () => {
    const fixture = new Fixture()
    const client = await fixture.dial().greet()
    client.queue(encodeOffer(defaultOffer))
    await settle()
    assert.ok(client.closed)
  })

  it('closes on another protocol', async () => {
    const fixture = new Fixture()
    const client = fixture.dial()
    client.write(Buffer.from('CONNECT\naccept-version:1.2\n\n\0'))
    await settle()
    assert.ok(client.closed)
    assert.equal(fixture.logged.length, 1)
    assert.equal(fixture.adapter.connections, 0)
  })

  it('closes when no WireFormatInfo comes in time', async () => {
    const fixture = new Fixture({ connectionTimeoutMs: 5000 })
    const client = fixture.dial()
    fixture.clock.advance(4900)
    await settle()
    assert.ok(!client.closed)
    fixture.clock.advance(200)
    await settle()
    assert.ok(client.closed)
    assert.match(fixture.logged.join(), /INACTIVITY_TIMEOUT/)
  })

  it('lets a client wait between WireFormatInfo and ConnectionInfo, as spare connections do', async () => {
    const fixture = new Fixture({ connectionTimeoutMs: 5000, maxInactivityDurationMs: 0 })
    const client = await fixture.dial().greet()
    fixture.clock.advance(3_600_000)
    await client.succeed(connectionInfo())
  })

  it('closes a connection whose frame is larger than agreed', async () => {
    const fixture = new Fixture({ maxFrameSizeBytes: 4096 })
    const client = await fixture.connect()
    const size = Buffer.alloc(4)
    size.writeInt32BE(4097)
    client.write(size)
    await settle()
    assert.ok(client.closed)
    assert.match(fixture.logged.join(), /FRAME_TOO_LARGE/)
    assert.ok(fixture.engine.client.closed)
  })
})

describe('openwire inactivity', () => {
  const offer = { maxInactivityMs: 30_000, inactivityInitialDelayMs: 10_000 }

  it('says that we are alive when nothing else is to be said', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect(offer)
    for (let second = 0; second < 25; second++) {
      fixture.clock.advance(1000)
      await client.send(create('KeepAliveInfo'))
    }
    assert.ok(!client.closed)
    assert.ok(client.all('KeepAliveInfo').length >= 1)
  })

  it('gives up a peer that says nothing', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect(offer)
    fixture.clock.advance(120_000)
    await settle()
    assert.ok(client.closed)
    assert.match(fixture.logged.join(), /INACTIVITY_TIMEOUT/)
    assert.ok(fixture.engine.client.closed)
  })

  it('waits for ever when a side says so', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect({ maxInactivityMs: 0 })
    fixture.clock.advance(3_600_000)
    await settle()
    assert.ok(!client.closed)
  })

  it('does not take a peer for silent that it keeps from sending', async () => {
    const fixture = new Fixture()
    const client = await fixture.connect(offer)
    fixture.engine.client.options.sink.pause()
    fixture.clock.advance(120_000)
    await settle()
    assert.ok(!client.closed)
  })

  it('echoes a keep-alive that wants an answer, and no Response', async () => {
    const client = await new Fixture().connect()
    const answers = await client.request(create('KeepAliveInfo', { commandId: 77 }))
    assert.deepEqual(answers, [])
    const [echo] = client.all('KeepAliveInfo')
    assert.equal(echo?.commandId, 77)
    assert.equal(echo?.responseRequired, false)
  })
})
