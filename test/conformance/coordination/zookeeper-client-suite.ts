import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ZooKeeperClient, openAcl, refusalOf } from '@quorate/broker/coordination/zookeeper/client'
import type { ClientEvent } from '@quorate/broker/coordination/zookeeper/client'
import { permissions } from '@quorate/broker/coordination/zookeeper/protocol'
import { systemClock } from '@quorate/core/base/clock'
import { BrokerError } from '@quorate/core/base/errors'
import { silentLog } from '@quorate/core/base/log'
import { Waiting } from './waiting.ts'
import { Cable } from './zookeeper-harness.ts'

export interface ClientHarness {
  readonly connectString: string
  readonly sessionTimeoutMs: number
  stop(): Promise<void>
}

/** A client with a cable of its own and everything that it was told. */
export class TestedClient {
  readonly client: ZooKeeperClient
  readonly cable = new Cable()
  readonly heard: string[] = []
  readonly #waiting = new Waiting()

  constructor(connectString: string, sessionTimeoutMs: number) {
    this.client = new ZooKeeperClient({
      connectString,
      sessionTimeoutMs,
      clock: systemClock,
      log: silentLog,
      random: Math.random,
      listener: (event) => this.#hear(event),
      connect: this.cable.connect,
    })
  }

  static async connected(connectString: string, sessionTimeoutMs: number): Promise<TestedClient> {
    const tested = new TestedClient(connectString, sessionTimeoutMs)
    tested.client.start()
    await tested.until('connected')
    return tested
  }

  /** Waits until this was heard, at all or so many times. */
  until(event: string, times = 1): Promise<void> {
    const holds = () => this.heard.filter((heard) => heard === event).length >= times
    return this.#waiting.until(holds, () => `for ${event}: heard ${this.heard.join(', ')}`)
  }

  #hear(event: ClientEvent): void {
    this.heard.push(
      event.type === 'session' ? event.news : `${event.event.type} ${event.event.path}`,
    )
    this.#waiting.heard()
  }
}

/** What our client promises, whoever serves it. */
export function zookeeperClientSuite(name: string, open: () => Promise<ClientHarness>): void {
  describe(`ZooKeeper client: ${name}`, () => {
    const house: { harness?: ClientHarness; roots: number } = { roots: 0 }
    before(async () => {
      house.harness = await open()
    })
    after(async () => {
      await house.harness?.stop()
    })
    /** Runs a test with clients whose paths are below a root of the test's own. */
    const room: Room = (work) => async () => {
      const { harness } = house
      assert.ok(harness !== undefined)
      const { connectString, sessionTimeoutMs } = harness
      const root = `/suite-${name.replaceAll(/\W/g, '-')}-${house.roots++}`
      const maker = await TestedClient.connected(connectString, sessionTimeoutMs)
      await maker.client.create(root, null)
      await maker.client.close()
      const clients: TestedClient[] = []
      const join = async () => {
        const client = await TestedClient.connected(connectString + root, sessionTimeoutMs)
        clients.push(client)
        return client
      }
      try {
        await work(join, harness)
      } finally {
        for (const client of clients) client.cable.heal()
        await Promise.all(clients.map(({ client }) => client.close()))
      }
    }
    nodes(room)
    refusals(room)
    watches(room)
    sessions(room)
    identities(room)
  })
}

type Room = (
  work: (join: () => Promise<TestedClient>, harness: ClientHarness) => Promise<void>,
) => () => Promise<void>

function nodes(room: Room): void {
  it(
    'creates, reads, writes, lists and deletes',
    room(async (join) => {
      const { client } = await join()
      assert.equal(await client.create('/a', Buffer.from('one')), '/a')
      const read = await client.get('/a')
      assert.equal(read.data.toString(), 'one')
      assert.equal(read.stat.version, 0)
      const stat = await client.set('/a', Buffer.from('three'), 0)
      assert.deepEqual([stat.version, stat.dataLength], [1, 5])
      await client.create('/a/b', null)
      await client.create('/a/c', null)
      const { children, stat: listed } = await client.children('/a')
      assert.deepEqual([...children].sort(), ['b', 'c'])
      assert.deepEqual([listed.numChildren, listed.cversion], [2, 2])
      await client.delete('/a/b')
      assert.equal(await client.exists('/a/b'), null)
      assert.equal((await client.exists('/a'))?.cversion, 3)
      await client.sync('/a')
    }),
  )
  it(
    'numbers sequential nodes by the creations below their parent',
    room(async (join) => {
      const { client } = await join()
      const options = { sequential: true }
      assert.equal(await client.create('/s-', null, options), '/s-0000000000')
      assert.equal(await client.create('/t-', null, options), '/t-0000000001')
      await client.delete('/s-0000000000')
      assert.equal(await client.create('/s-', null, options), '/s-0000000002')
    }),
  )
  it(
    'keeps the largest node, and nothing larger',
    room(async (join) => {
      const { client } = await join()
      const large = Buffer.alloc(1000 * 1000, 7)
      await client.create('/large', large)
      assert.ok((await client.get('/large')).data.equals(large))
      await assert.rejects(client.set('/large', Buffer.alloc(2 * 1024 * 1024)), {
        code: 'INVALID_ARGUMENT',
      })
    }),
  )
  it(
    'carries a multi out wholly or not at all',
    room(async (join) => {
      const { client } = await join()
      await client.create('/m', Buffer.from('0'))
      const create = (path: string) =>
        ({ type: 'create', request: { path, data: null, acl: openAcl, mode: 0 } }) as const
      const done = await client.multi([
        { type: 'check', request: { path: '/m', version: 0 } },
        create('/m/a'),
        { type: 'setData', request: { path: '/m', data: Buffer.from('1'), version: 0 } },
        { type: 'delete', request: { path: '/m/a', version: -1 } },
        create('/m/a'),
      ])
      assert.deepEqual(
        done.map(({ type }) => type),
        ['check', 'create', 'setData', 'delete', 'create'],
      )
      const failed = client.multi([
        create('/m/b'),
        { type: 'setData', request: { path: '/m', data: null, version: -1 } },
        { type: 'check', request: { path: '/m', version: 7 } },
        create('/m/c'),
      ])
      await assert.rejects(failed, (error) => {
        assert.ok(error instanceof BrokerError)
        assert.deepEqual([refusalOf(error), error.details['part']], ['BadVersion', 2])
        return true
      })
      assert.deepEqual((await client.children('/m')).children, ['a'])
      const { data, stat } = await client.get('/m')
      assert.deepEqual([data.toString(), stat.version], ['1', 1])
    }),
  )
}

function refusals(room: Room): void {
  it(
    'names why the server refused',
    room(async (join) => {
      const { client } = await join()
      const refusal = async (work: Promise<unknown>) => {
        try {
          await work
        } catch (error) {
          return refusalOf(error)
        }
        return 'nothing'
      }
      await client.create('/r', null)
      await client.create('/r/e', null, { ephemeral: true })
      assert.equal(await refusal(client.create('/r', null)), 'NodeExists')
      assert.equal(await refusal(client.create('/no/way', null)), 'NoNode')
      assert.equal(await refusal(client.create('/r/e/f', null)), 'NoChildrenForEphemerals')
      assert.equal(await refusal(client.create('/r/.', null)), 'BadArguments')
      assert.equal(await refusal(client.create('/r/x', null, { acl: [] })), 'InvalidAcl')
      assert.equal(await refusal(client.delete('/r')), 'NotEmpty')
      assert.equal(await refusal(client.delete('/r/e', 3)), 'BadVersion')
      assert.equal(await refusal(client.set('/r', null, 9)), 'BadVersion')
      assert.equal(await refusal(client.get('/none')), 'NoNode')
      assert.equal(await refusal(client.children('/none')), 'NoNode')
    }),
  )
}

function watches(room: Room): void {
  it(
    'hears once of what it watches',
    room(async (join) => {
      const one = await join()
      const other = await join()
      await one.client.exists('/w', { watch: true })
      await other.client.create('/w', null)
      await one.until('created /w')
      await one.client.get('/w', { watch: true })
      await other.client.set('/w', Buffer.from('x'))
      await one.until('dataChanged /w')
      await one.client.children('/w', { watch: true })
      await other.client.create('/w/c', null)
      await one.until('childrenChanged /w')
      await other.client.delete('/w/c')
      await one.client.get('/w', { watch: true })
      await one.client.children('/w', { watch: true })
      await other.client.delete('/w')
      await one.until('deleted /w')
      await one.client.sync('/')
      const told = one.heard.filter((event) => event.includes('/w'))
      assert.deepEqual(told, ['created /w', 'dataChanged /w', 'childrenChanged /w', 'deleted /w'])
    }),
  )
  it(
    'hears of everything it watched that changed while it was away, and goes on watching the rest',
    room(async (join) => {
      const one = await join()
      const other = await join()
      for (const path of ['/changed', '/gone', '/parent', '/same']) {
        await other.client.create(path, null)
        await one.client.sync(path)
        await one.client.get(path, { watch: path !== '/parent' })
      }
      await one.client.children('/parent', { watch: true })
      await one.client.exists('/born', { watch: true })
      one.cable.cut()
      await one.until('disconnected')
      await other.client.set('/changed', null)
      await other.client.delete('/gone')
      await other.client.create('/parent/child', null)
      await other.client.create('/born', null)
      one.cable.heal()
      await one.until('connected', 2)
      await one.until('dataChanged /changed')
      await one.until('deleted /gone')
      await one.until('childrenChanged /parent')
      await one.until('created /born')
      assert.ok(!one.heard.includes('dataChanged /same'))
      await other.client.set('/same', null)
      await one.until('dataChanged /same')
    }),
  )
}

function sessions(room: Room): void {
  it(
    'keeps its session and its ephemeral nodes over a short interruption',
    room(async (join) => {
      const one = await join()
      await one.client.create('/e', null, { ephemeral: true })
      const { sessionId } = one.client
      one.cable.cut()
      await one.until('disconnected')
      await assert.rejects(one.client.get('/e'), { code: 'COORDINATION_LOST' })
      one.cable.heal()
      await one.until('connected', 2)
      assert.equal(one.client.sessionId, sessionId)
      assert.equal((await one.client.get('/e')).stat.ephemeralOwner, sessionId)
    }),
  )
  it(
    'is told by the server that its session expired, and not before',
    room(async (join, harness) => {
      const one = await join()
      const other = await join()
      await one.client.create('/e', null, { ephemeral: true })
      await other.client.sync('/e')
      assert.notEqual(await other.client.exists('/e', { watch: true }), null)
      const cutMs = performance.now()
      one.cable.cut()
      await other.until('deleted /e')
      assert.ok(performance.now() - cutMs > harness.sessionTimeoutMs / 2)
      assert.ok(!one.heard.includes('expired'))
      one.cable.heal()
      await one.until('expired')
      await assert.rejects(one.client.get('/'), { code: 'COORDINATION_LOST' })
    }),
  )
  it(
    'takes its ephemeral nodes away when it closes',
    room(async (join) => {
      const one = await join()
      const other = await join()
      await one.client.create('/e', null, { ephemeral: true })
      await other.client.sync('/e')
      await other.client.exists('/e', { watch: true })
      await one.client.close()
      await other.until('deleted /e')
      assert.equal(one.heard.at(-1), 'closed')
    }),
  )
  it(
    'stays connected while it has nothing to say',
    room(async (join, harness) => {
      const one = await join()
      await new Promise((resolve) => setTimeout(resolve, harness.sessionTimeoutMs * 2))
      assert.deepEqual(one.heard, ['connected'])
      await one.client.get('/')
    }),
  )
  it(
    'leaves the outcome open of what was under way when the connection ended',
    room(async (join) => {
      const one = await join()
      await one.client.create('/n', null)
      const pending = [1, 2, 3].map(() => one.client.set('/n', null))
      one.cable.cut()
      const outcomes = await Promise.allSettled(pending)
      for (const outcome of outcomes) {
        assert.equal(outcome.status, 'rejected')
        assert.equal((outcome.reason as BrokerError).code, 'CONNECTION_LOST')
      }
    }),
  )
}

function identities(room: Room): void {
  it(
    'shows its identity again after every reconnect',
    room(async (join) => {
      const one = await join()
      const stranger = await join()
      one.client.addAuth('digest', Buffer.from('alice:secret'))
      const acl = [{ permissions: permissions.all, id: { scheme: 'auth', id: '' } }]
      await one.client.create('/mine', Buffer.from('x'), { acl })
      await stranger.client.sync('/mine')
      await assert.rejects(stranger.client.get('/mine'), (e) => refusalOf(e) === 'NoAuth')
      await assert.rejects(stranger.client.set('/mine', null), (e) => refusalOf(e) === 'NoAuth')
      await assert.rejects(
        stranger.client.create('/mine/x', null),
        (error) => refusalOf(error) === 'NoAuth',
      )
      one.cable.cut()
      await one.until('disconnected')
      one.cable.heal()
      await one.until('connected', 2)
      assert.equal((await one.client.get('/mine')).data.toString(), 'x')
      stranger.client.addAuth('digest', Buffer.from('alice:secret'))
      assert.equal((await stranger.client.get('/mine')).data.toString(), 'x')
    }),
  )
  it(
    'is told when the server refuses its identity',
    room(async (join) => {
      const one = await join()
      one.client.addAuth('nonsense', Buffer.from('x'))
      await one.until('auth-failed')
      await assert.rejects(one.client.get('/'), { code: 'COORDINATION_LOST' })
    }),
  )
}
