import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { create } from '@quorate/core/openwire/commands'
import type { Command } from '@quorate/core/openwire/commands'
import { Fixture } from './fixture.ts'
import type { ScriptedClient } from './scripted-client.ts'
import {
  connectionId,
  connectionInfo,
  consumerIdOf,
  consumerInfo,
  producerInfo,
  sessionInfo,
  settle,
  textMessage,
  transactionIdOf,
} from './scripted-client.ts'

/** What a failover client says after it has found a new broker, in its order (OpenWire 3.2). */
function replay(): Command[] {
  const transaction = { connectionId, transactionId: transactionIdOf(1), transactionType: 0 }
  const temporary = create('ActiveMQTempQueue', { physicalName: 'ID:test-1:1' })
  const commands = [
    create('ConnectionControl', { faultTolerant: true }),
    { ...connectionInfo(), failoverReconnect: true, faultTolerant: true },
    create('DestinationInfo', { connectionId, destination: temporary }),
    sessionInfo(),
    producerInfo(),
    { ...consumerInfo(1), prefetchSize: 0 },
    create('ConsumerControl', { consumerId: consumerIdOf(1), prefetch: 1000 }),
    create('TransactionInfo', transaction),
    { ...textMessage(1), transactionId: transactionIdOf(1) },
    create('MessagePull', { consumerId: consumerIdOf(1), timeout: -1 }),
    textMessage(2),
  ]
  // The client keeps the command ids that the commands had before.
  commands.forEach((command, at) => {
    command.commandId = 100 + at
    command.responseRequired = at > 0
  })
  return commands
}

async function play(client: ScriptedClient): Promise<void> {
  for (const command of replay()) client.queue(command)
  await settle()
}

describe('openwire failover replay', () => {
  it('is accepted on a new connection, every request answered once', async () => {
    const fixture = new Fixture()
    const client = await fixture.dial().greet()
    await play(client)
    for (let id = 101; id <= 110; id++) {
      assert.deepEqual(
        client.answersTo(id).map((answer) => answer.type),
        [30],
        `command ${id}`,
      )
    }
    assert.equal(fixture.engine.client.options.reconnect, true)
    assert.equal(fixture.engine.client.consumers[0]?.prefetch, 1000)
    assert.deepEqual(client.all('ConnectionError'), [])
  })

  it('may hold answers to requests that were under way, which are passed over', async () => {
    const fixture = new Fixture()
    const client = await fixture.dial().greet()
    for (const command of replay()) client.queue(command)
    // The Java client's trackers are responses: of a consumer that was being opened, for one.
    client.queue({ ...create('Response'), commandId: 105 })
    await settle()
    assert.equal(client.answersTo(105).length, 1)
    assert.deepEqual(client.all('ConnectionError'), [])
    client.queue({ ...textMessage(3), commandId: 120, responseRequired: true })
    await settle()
    assert.equal(client.answersTo(120).length, 1)
  })

  it('is accepted again on the same connection, and opens nothing twice', async () => {
    const fixture = new Fixture()
    const client = await fixture.dial().greet()
    await play(client)
    await play(client)
    for (let id = 101; id <= 110; id++) assert.equal(client.answersTo(id).length, 2)
    assert.equal(fixture.engine.clients.length, 1)
    assert.equal(fixture.engine.client.consumers.length, 1)
  })

  it('is accepted from a second socket while the first is still open', async () => {
    const fixture = new Fixture()
    const first = await fixture.dial().greet()
    await play(first)
    const second = await fixture.dial().greet()
    await play(second)
    assert.equal(fixture.engine.clients.length, 2)
    assert.deepEqual(second.all('ExceptionResponse'), [])
  })
})
