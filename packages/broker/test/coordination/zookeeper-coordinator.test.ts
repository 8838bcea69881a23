import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { silentLog } from '@quorate/core/base/log'
import type { CoordinatorEvent, Member } from '../../src/coordination/coordinator.ts'
import { ZooKeeperCoordinator } from '../../src/coordination/zookeeper-coordinator.ts'
import type { ZooKeeperCoordinatorOptions } from '../../src/coordination/zookeeper-coordinator.ts'
import { operations } from '../../src/coordination/zookeeper/protocol.ts'
import { InMemoryEnsemble, settle } from './in-memory-ensemble.ts'
import { sampleHint, sampleMember } from './sample-member.ts'

function join(
  ensemble: InMemoryEnsemble,
  nodeId: string,
  options: Partial<ZooKeeperCoordinatorOptions> & { readonly self?: Partial<Member> } = {},
) {
  const nonces = { count: 0 }
  const coordinator = new ZooKeeperCoordinator({
    connectString: 'ensemble:2181',
    zkPath: '/stores',
    brokerName: 'orders',
    zkPassword: null,
    clock: ensemble.clock,
    log: silentLog,
    random: () => 0.5,
    nonce: () => `${nodeId}${nonces.count++}`,
    connect: ensemble.connect,
    ...options,
  })
  const events: CoordinatorEvent[] = []
  coordinator.start(sampleMember(nodeId, options.self), (event) => events.push(event))
  const states = () => events.flatMap((event) => (event.type === 'session' ? event.state : []))
  return { coordinator, events, states }
}

function textAt(ensemble: InMemoryEnsemble, path: string): string | undefined {
  return ensemble.tree.node(path)?.data?.toString()
}

function compatibleNodes(ensemble: InMemoryEnsemble): string[] {
  return [...(ensemble.tree.node('/stores')?.children ?? [])]
}

/** Whether a frame asks for this operation. */
const asks =
  (name: keyof typeof operations, path = '') =>
  (frame: Buffer) =>
    frame.readInt32BE(4) === operations[name].code && frame.includes(path)

describe('ZooKeeper coordinator - layout', () => {
  it('puts everything where operators and other brokers look for it', async () => {
    const ensemble = new InMemoryEnsemble()
    const { coordinator } = join(ensemble, 'a', { self: { position: 7, weight: 2 } })
    await settle()
    coordinator.claimLeader(sampleHint(1, 'a'))
    coordinator.publishConfig('{"voters":[]}')
    await settle()
    await coordinator.allocateEpoch(0)
    await coordinator.createBootstrap({ clusterId: 'c', seats: [null] })
    const root = '/stores.quorate/orders'
    assert.equal(textAt(ensemble, `${root}/epoch`), '{"e":1,"owner":"a","nonce":"a0"}')
    assert.equal(textAt(ensemble, `${root}/bootstrap`), '{"clusterId":"c","seats":[null]}')
    assert.equal(textAt(ensemble, `${root}/config`), '{"voters":[]}')
    assert.match(textAt(ensemble, `${root}/leader`) ?? '', /^\{"epoch":1,"nodeId":"a"/)
    assert.match(textAt(ensemble, `${root}/members/a`) ?? '', /"storeUuid":"store-of-a"/)
    assert.equal(textAt(ensemble, `${root}/requests`), '')
    assert.deepEqual(compatibleNodes(ensemble), ['00000000000'])
    assert.equal(
      textAt(ensemble, '/stores/00000000000'),
      '{"id":"orders","container":null,"address":"tcp://a:61619","position":7,"weight":2,"elected":"0000000000"}',
    )
    coordinator.releaseLeader()
    await settle()
    assert.match(textAt(ensemble, '/stores/00000000000') ?? '', /"elected":null/)
    await coordinator.stop()
    assert.deepEqual(compatibleNodes(ensemble), [])
  })
  it('accepts names with any characters, and the root itself as path', async () => {
    const ensemble = new InMemoryEnsemble()
    const names = { zkPath: '/', brokerName: 'a/b', self: {} }
    const { coordinator, events } = join(ensemble, '..', names)
    await settle()
    assert.ok(ensemble.tree.node('/.quorate/a%2Fb/members/%2E%2E') !== undefined)
    assert.ok(ensemble.tree.node('/00000000001') !== undefined)
    assert.ok(events.some((event) => event.type === 'members' && event.members.length === 1))
    await coordinator.stop()
  })
  it('refuses a wrong path or address at once', () => {
    const ensemble = new InMemoryEnsemble()
    const invalid = { code: 'CONFIG_INVALID' }
    assert.throws(() => join(ensemble, 'a', { zkPath: 'stores' }), invalid)
    assert.throws(() => join(ensemble, 'a', { connectString: '' }), invalid)
  })
  it('leaves documents alone that it cannot read', async () => {
    const ensemble = new InMemoryEnsemble()
    const { coordinator, events } = join(ensemble, 'a')
    const other = ensemble.join()
    await settle()
    const root = '/stores.quorate/orders'
    await other.client.create(`${root}/members/b`, Buffer.from('nonsense'))
    await other.client.create(`${root}/leader`, Buffer.from('nonsense'))
    await other.client.create(`${root}/bootstrap`, Buffer.from('nonsense'))
    await other.client.create(`${root}/epoch`, Buffer.from('nonsense'))
    await settle()
    const members = events.filter((event) => event.type === 'members')
    assert.deepEqual(
      members.at(-1)?.members.map(({ nodeId }) => nodeId),
      ['a'],
    )
    await assert.rejects(coordinator.readBootstrap(), { code: 'COORDINATION_REJECTED' })
    // The voters bind epochs anyway (R6): what counts is that the number is a new one for them.
    assert.equal((await coordinator.allocateEpoch(41)).epoch, 42)
    await coordinator.stop()
  })
})

describe('ZooKeeper coordinator - answers lost with the connection', () => {
  it('takes no second epoch when the first was allocated (R5, W20)', async () => {
    const ensemble = new InMemoryEnsemble()
    const { coordinator } = join(ensemble, 'a')
    await settle()
    for (const name of ['create', 'setData'] as const) {
      const before = ensemble.tree.node('/stores.quorate/orders/epoch')?.version ?? -1
      ensemble.cutAfter = asks(name, '/epoch')
      const granted = coordinator.allocateEpoch(0)
      await ensemble.pass(1_000)
      const { epoch, nonce } = await granted
      const register = textAt(ensemble, '/stores.quorate/orders/epoch')
      assert.equal(register, JSON.stringify({ e: epoch, owner: 'a', nonce }))
      assert.equal(ensemble.tree.node('/stores.quorate/orders/epoch')?.version, before + 1)
    }
    await coordinator.stop()
  })
  it('does not take the epoch of another node for its own', async () => {
    const ensemble = new InMemoryEnsemble()
    const a = join(ensemble, 'a')
    const b = join(ensemble, 'b')
    await settle()
    await a.coordinator.allocateEpoch(0)
    ensemble.cutAfter = (frame) => {
      if (!asks('setData', '/epoch')(frame)) return false
      // Both lost their answers, and b comes first.
      ensemble.cutAfter = undefined
      return true
    }
    const granted = [a.coordinator.allocateEpoch(0), b.coordinator.allocateEpoch(0)]
    await ensemble.pass(2_000)
    const epochs = (await Promise.all(granted)).map(({ epoch }) => epoch)
    assert.equal(new Set(epochs).size, 2)
    assert.ok(Math.min(...epochs) > 1)
    await Promise.all([a.coordinator.stop(), b.coordinator.stop()])
  })
  it('finds the first configuration that it created itself', async () => {
    const ensemble = new InMemoryEnsemble()
    const { coordinator } = join(ensemble, 'a')
    await settle()
    ensemble.cutAfter = asks('create', '/bootstrap')
    const created = coordinator.createBootstrap({ clusterId: 'mine', seats: [null] })
    await ensemble.pass(1_000)
    assert.equal((await created).clusterId, 'mine')
    assert.equal((await coordinator.readBootstrap())?.clusterId, 'mine')
    await coordinator.stop()
  })
  it('shows itself once, whichever answer was lost on the way', async () => {
    const frames = { count: 0 }
    for (let lost = 0; lost < 40; lost++) {
      const ensemble = new InMemoryEnsemble()
      frames.count = 0
      ensemble.cutAfter = () => frames.count++ === lost
      const { coordinator } = join(ensemble, 'a')
      coordinator.claimLeader(sampleHint(1, 'a'))
      await ensemble.pass(3_000)
      assert.equal(compatibleNodes(ensemble).length, 1, `after frame ${lost}`)
      const [name = ''] = compatibleNodes(ensemble)
      assert.match(textAt(ensemble, `/stores/${name}`) ?? '', /"elected":"\d{10}"/)
      assert.equal(ensemble.tree.node('/stores.quorate/orders/members')?.children.size, 1)
      assert.match(textAt(ensemble, '/stores.quorate/orders/leader') ?? '', /"epoch":1/)
      await coordinator.stop()
      assert.deepEqual(compatibleNodes(ensemble), [])
    }
  })
})

describe('ZooKeeper coordinator - over time', () => {
  it('asks for nothing when it is disconnected, and reads everything again afterwards (R26)', async () => {
    const ensemble = new InMemoryEnsemble()
    const a = join(ensemble, 'a')
    const b = join(ensemble, 'b')
    await settle()
    const heard = a.events.length
    ensemble.reachable = false
    ensemble.interrupt()
    await settle()
    assert.deepEqual(a.events.slice(heard), [{ type: 'session', state: 'disconnected' }])
    await b.coordinator.stop()
    ensemble.reachable = true
    await ensemble.pass(2_000)
    assert.deepEqual(a.states(), ['connected', 'disconnected', 'connected'])
    await ensemble.pass(8_000)
    const members = a.events.filter((event) => event.type === 'members')
    assert.deepEqual(
      members.at(-1)?.members.map(({ nodeId }) => nodeId),
      ['a'],
    )
    await a.coordinator.stop()
  })
  it('announces progress at most once a second, and a change of state at once', async () => {
    const ensemble = new InMemoryEnsemble()
    const { coordinator } = join(ensemble, 'a')
    await settle()
    const path = '/stores.quorate/orders/members/a'
    const version = () => ensemble.tree.node(path)?.version
    for (let position = 1; position <= 20; position++) {
      coordinator.update(sampleMember('a', { position }))
      await ensemble.pass(50)
    }
    assert.ok((version() ?? 99) <= 1)
    await ensemble.pass(1_000)
    assert.match(textAt(ensemble, path) ?? '', /"position":20,/)
    coordinator.update(sampleMember('a', { position: 21, state: 'LEADER' }))
    await settle()
    assert.match(textAt(ensemble, path) ?? '', /"state":"LEADER".*"position":21,/)
    await coordinator.stop()
  })
  it('puts back what an operator deleted', async () => {
    const ensemble = new InMemoryEnsemble()
    const { coordinator } = join(ensemble, 'a')
    coordinator.claimLeader(sampleHint(1, 'a'))
    const operator = ensemble.join({ sessionTimeoutMs: 60_000 })
    await settle()
    const [view = ''] = compatibleNodes(ensemble)
    const root = '/stores.quorate/orders'
    for (const path of [`${root}/members/a`, `${root}/leader`, `/stores/${view}`]) {
      await operator.client.delete(path)
    }
    await settle()
    coordinator.update(sampleMember('a', { state: 'LEADER' }))
    await ensemble.pass(6_000)
    assert.notEqual(ensemble.tree.node(`${root}/members/a`), undefined)
    assert.notEqual(ensemble.tree.node(`${root}/leader`), undefined)
    assert.equal(compatibleNodes(ensemble).length, 1)
    await coordinator.stop()
  })
  it('puts the whole tree back', async () => {
    const ensemble = new InMemoryEnsemble()
    const { coordinator } = join(ensemble, 'a')
    const operator = ensemble.join({ sessionTimeoutMs: 60_000 })
    await settle()
    const root = '/stores.quorate/orders'
    for (const path of ['/members/a', '/members', '/requests', '']) {
      await operator.client.delete(root + path)
    }
    await ensemble.pass(8_000)
    assert.notEqual(ensemble.tree.node(`${root}/members/a`), undefined)
    await coordinator.stop()
  })
  it('opens a new session when the old one expired, and tells of nothing twice', async () => {
    const ensemble = new InMemoryEnsemble()
    const { coordinator, states, events } = join(ensemble, 'a', { sessionTimeoutMs: 2_000 })
    await settle()
    ensemble.reachable = false
    ensemble.interrupt()
    await ensemble.pass(5_000)
    assert.equal(ensemble.tree.node('/stores.quorate/orders/members/a'), undefined)
    ensemble.reachable = true
    await ensemble.pass(10_000)
    assert.deepEqual(states(), ['connected', 'disconnected', 'expired', 'connected'])
    assert.notEqual(ensemble.tree.node('/stores.quorate/orders/members/a'), undefined)
    assert.equal(events.filter(({ type }) => type === 'members').length, 1)
    await coordinator.stop()
  })
  it('keeps its state to itself when there is a password, and shows the compatible view', async () => {
    const ensemble = new InMemoryEnsemble()
    const { coordinator } = join(ensemble, 'a', { zkPassword: 'wonderland' })
    const stranger = ensemble.join()
    await settle()
    const { client } = stranger
    await assert.rejects(client.get('/stores.quorate/orders/members/a'), /NoAuth/)
    await assert.rejects(client.delete('/stores.quorate/orders/members'), /NoAuth/)
    const { children } = await client.children('/stores')
    assert.match((await client.get(`/stores/${children[0]}`)).data.toString(), /"id":"orders"/)
    await assert.rejects(client.set(`/stores/${children[0]}`, null), /NoAuth/)
    await coordinator.stop()
  })
  it('goes on trying with a password that is not the right one', async () => {
    const ensemble = new InMemoryEnsemble()
    const right = join(ensemble, 'a', { zkPassword: 'right' })
    await settle()
    const wrong = join(ensemble, 'b', { zkPassword: 'wrong' })
    await ensemble.pass(3_000)
    assert.deepEqual(wrong.states(), ['connected'])
    await assert.rejects(wrong.coordinator.allocateEpoch(0), { code: 'COORDINATION_REJECTED' })
    assert.deepEqual(compatibleNodes(ensemble).length, 2, 'the rest is still done')
    await Promise.all([right.coordinator.stop(), wrong.coordinator.stop()])
  })
  it('removes the compatible node of its own killed process', async () => {
    const ensemble = new InMemoryEnsemble()
    const killed = join(ensemble, 'a')
    await settle()
    ensemble.interrupt()
    const again = join(ensemble, 'a')
    await settle()
    assert.deepEqual(compatibleNodes(ensemble), ['00000000001'])
    await Promise.all([killed.coordinator.stop(), again.coordinator.stop()])
  })
})
