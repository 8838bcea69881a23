import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { create } from '@quorate/core/openwire/commands'
import { NOTICE_MS } from '../../simulation/clients/client-link.ts'
import { ClientTransaction } from '../../simulation/clients/client-transaction.ts'
import { FailoverConnection } from '../../simulation/clients/failover-connection.ts'
import type { Answer } from '../../simulation/clients/failover-connection.ts'
import { OutgoingMessages, wireDestination } from '../../simulation/clients/outgoing-messages.ts'
import { decodePayload, encodePayload } from '../../simulation/clients/payload.ts'
import { SmallWorld } from './small-world.ts'

const queue = 'queue://orders'
const sizes = { smallBytes: 10, largeBytes: 0, largeChance: 0 }

async function connected(
  world: SmallWorld,
  options: { readonly client: string; readonly clientId?: string } = { client: 'one' },
): Promise<FailoverConnection> {
  const connection = new FailoverConnection(world.environment(), options)
  await world.run(50)
  assert.ok(connection.isUp)
  return connection
}

function messagesOf(world: SmallWorld, connection: FailoverConnection): OutgoingMessages {
  const producerId = connection.addProducer()
  const { chance } = world
  return new OutgoingMessages('one', { producerId, destination: queue, sizes, chance })
}

/** Names of what a new consumer is given within a second. */
async function contents(world: SmallWorld): Promise<string[]> {
  const connection = await connected(world, { client: 'reader' })
  const found: string[] = []
  const info = create('ConsumerInfo', {
    consumerId: connection.nextConsumerId(),
    destination: wireDestination(queue),
    prefetchSize: 100,
  })
  void connection.openConsumer(info, ({ message }) => {
    found.push(decodePayload(message?.content ?? null) ?? 'damaged')
  })
  await world.run(1000)
  connection.abort()
  return found
}

/** The answer, once it is there. */
function watch(answer: Promise<Answer>): { kind: string } {
  const watched = { kind: 'none' }
  void answer.then(({ kind }) => (watched.kind = kind))
  return watched
}

describe('a connection that fails over', () => {
  it('finds the broker among addresses where nobody listens', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const world = await SmallWorld.start(seed)
      await connected(world)
      assert.equal(world.broker.adapter.connections, 1)
      await world.broker.stop()
    }
  })

  it('gives up an attempt that nobody answers, and succeeds when they do', async () => {
    const world = await SmallWorld.start(1)
    world.cutOff()
    const connection = new FailoverConnection(world.environment(), { client: 'one' })
    await world.run(3000)
    assert.ok(!connection.isUp)
    world.network.heal()
    await world.run(2000)
    assert.ok(connection.isUp)
    assert.equal(connection.generation, 1)
    await world.broker.stop()
  })

  it('stays while nothing is said but keep-alives', async () => {
    const world = await SmallWorld.start(1)
    const connection = await connected(world)
    await world.run(60_000)
    assert.equal(connection.generation, 1)
    assert.deepEqual(world.events, [])
    await world.broker.stop()
  })

  it('gives up a broker that has grown silent', async () => {
    const world = await SmallWorld.start(1)
    const connection = await connected(world)
    world.cutOff()
    await world.run(NOTICE_MS + 100)
    assert.ok(!connection.isUp)
    assert.deepEqual(
      world.events.map(({ kind }) => kind),
      ['interrupted'],
    )
    await world.broker.stop()
  })

  it('sends what was not answered again, and the broker stores it once', async () => {
    const world = await SmallWorld.start(1)
    const connection = await connected(world)
    const messages = messagesOf(world, connection)
    // The answers do not come through.
    world.network.cut('broker', 'clients')
    const answers = [1, 2, 3].map(() => {
      return watch(connection.request(messages.next().command, 'resend'))
    })
    await world.run(500)
    assert.deepEqual(
      answers.map(({ kind }) => kind),
      ['none', 'none', 'none'],
    )
    world.network.reset('clients')
    world.network.heal()
    await world.run(3000)
    assert.deepEqual(
      answers.map(({ kind }) => kind),
      ['ok', 'ok', 'ok'],
    )
    assert.equal(connection.generation, 2)
    assert.deepEqual(await contents(world), ['one:1', 'one:2', 'one:3'])
    await world.broker.stop()
  })

  it('learns what became of a commit that was not answered', async () => {
    const world = await SmallWorld.start(1)
    const connection = await connected(world)
    const messages = messagesOf(world, connection)
    const committed = new ClientTransaction(connection)
    connection.post(messages.next(committed.id).command)
    world.network.cut('broker', 'clients')
    const commit = watch(committed.commit())
    await world.run(500)
    assert.equal(commit.kind, 'none')
    world.network.reset('clients')
    world.network.heal()
    await world.run(3000)
    assert.equal(commit.kind, 'ok')
    // This one never reaches the broker.
    const lost = new ClientTransaction(connection)
    connection.post(messages.next(lost.id).command)
    world.cutOff()
    const refused = watch(lost.commit())
    world.network.reset('clients')
    world.network.heal()
    await world.run(3000)
    assert.equal(refused.kind, 'refused')
    assert.deepEqual(await contents(world), ['one:1'])
    const ends = world.events.filter(({ kind }) => kind === 'ok' || kind === 'fail')
    assert.deepEqual(
      ends.map(({ kind }) => kind),
      ['ok', 'fail'],
    )
    assert.deepEqual(world.surprises, [])
    await world.broker.stop()
  })

  it('waits for its client id while somebody else has it', async () => {
    const world = await SmallWorld.start(1)
    const first = await connected(world, { client: 'one', clientId: 'shared' })
    const second = new FailoverConnection(world.environment(), {
      client: 'two',
      clientId: 'shared',
    })
    await world.run(2000)
    assert.ok(first.isUp)
    assert.ok(!second.isUp)
    void first.close()
    await world.run(1000)
    assert.ok(second.isUp)
    assert.deepEqual(world.surprises, [])
    await world.broker.stop()
  })

  it('says goodbye when it closes', async () => {
    const world = await SmallWorld.start(1)
    const connection = await connected(world)
    void connection.close()
    await world.run(100)
    assert.ok(connection.isClosed)
    assert.equal(world.broker.adapter.connections, 0)
    assert.deepEqual(world.events, [])
    assert.deepEqual(await connection.request(create('RemoveInfo'), 'resend'), { kind: 'lost' })
    await world.broker.stop()
  })
})

describe('the body of a message', () => {
  it('says which message it is', () => {
    const bytes = encodePayload('producer-0:300', 1000)
    assert.equal(decodePayload(bytes), 'producer-0:300')
  })

  it('shows damage', () => {
    const bytes = encodePayload('producer-0:300', 1000)
    assert.equal(decodePayload(bytes.subarray(0, 999)), null)
    assert.equal(decodePayload(null), null)
    bytes[500] = 0xff
    assert.equal(decodePayload(bytes), null)
  })
})
