import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { CoordinationServer } from '@quorate/broker/coordination/server/coordination-server'
import { refusalOf } from '@quorate/broker/coordination/zookeeper/client'
import type { Acl, MultiOperation, Stat } from '@quorate/broker/coordination/zookeeper/protocol'
import { systemClock } from '@quorate/core/base/clock'
import { BrokerError } from '@quorate/core/base/errors'
import { silentLog } from '@quorate/core/base/log'
import { TestedClient } from '../../conformance/coordination/zookeeper-client-suite.ts'
import { startZooKeeperEnsemble, withoutZookeeper } from '../../support/zookeeper.ts'

/**
 * The same random histories of two clients on our server and on Apache ZooKeeper: every answer,
 * every refusal, every version, every sequential name and every watch event must be the same.
 */

type Who = 0 | 1

type Step =
  | {
      readonly do: 'create'
      readonly who: Who
      readonly path: string
      readonly data: Data
      readonly acl: readonly Acl[]
      readonly mode: number
    }
  | { readonly do: 'delete'; readonly who: Who; readonly path: string; readonly version: number }
  | {
      readonly do: 'setData'
      readonly who: Who
      readonly path: string
      readonly data: Data
      readonly version: number
    }
  | {
      readonly do: 'setAcl'
      readonly who: Who
      readonly path: string
      readonly acl: readonly Acl[]
      readonly version: number
    }
  | {
      readonly do: 'exists' | 'getData' | 'getChildren2'
      readonly who: Who
      readonly path: string
      readonly watch: boolean
    }
  | { readonly do: 'getAcl'; readonly who: Who; readonly path: string }
  | { readonly do: 'multi'; readonly who: Who; readonly parts: readonly MultiOperation[] }
  | { readonly do: 'authenticate' | 'reconnect' | 'replace'; readonly who: Who }

type Data = Buffer | null

const sessionTimeoutMs = 4_000
const entry = (permissions: number, scheme: string, id: string): Acl => ({
  permissions,
  id: { scheme, id },
})
const openList = [entry(31, 'world', 'anyone')]

const who = fc.constantFrom<Who>(0, 1)
const path = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('/a', '/b', '/a/x', '/a/y', '/b/x', '/a/x/z', '/') },
  { weight: 2, arbitrary: fc.constantFrom('/a/s-', '/s-', '/a/x/s-') },
  { weight: 1, arbitrary: fc.constantFrom('/a/.', '/..', '/a//b', '/a/', '/\u0001', '/\ue000') },
)
const data = fc.option(
  fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  { freq: 4 },
)
const version = fc.oneof({ weight: 3, arbitrary: fc.constant(-1) }, fc.integer({ min: 0, max: 2 }))
const mode = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(0, 0, 1, 2, 3) },
  fc.constantFrom(7, -1),
)
const acl = fc.oneof(
  { weight: 8, arbitrary: fc.constant<readonly Acl[]>(openList) },
  fc.constantFrom<readonly Acl[]>(
    [],
    [entry(31, 'auth', '')],
    [entry(1, 'world', 'anyone'), entry(31, 'auth', '')],
    [entry(1, 'world', 'anyone')],
    [entry(6, 'world', 'anyone'), entry(6, 'world', 'anyone')],
    [entry(31, 'digest', 'nobody:hash')],
    [entry(31, 'digest', 'nonsense')],
    [entry(31, 'world', 'somebody')],
    [entry(31, 'unknown', 'x')],
  ),
)

const part: fc.Arbitrary<MultiOperation> = fc.oneof(
  fc.record({
    type: fc.constantFrom('create' as const, 'create2' as const),
    request: fc.record({ path, data, acl, mode }),
  }),
  fc.record({ type: fc.constant('delete' as const), request: fc.record({ path, version }) }),
  fc.record({ type: fc.constant('setData' as const), request: fc.record({ path, data, version }) }),
  fc.record({ type: fc.constant('check' as const), request: fc.record({ path, version }) }),
)

const read = fc.constantFrom('exists' as const, 'getData' as const, 'getChildren2' as const)
const change = fc.constantFrom('authenticate' as const, 'reconnect' as const, 'replace' as const)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('create' as const), who, path, data, acl, mode }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), who, path, version }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('setData' as const), who, path, data, version }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('setAcl' as const), who, path, acl, version }),
  },
  { weight: 8, arbitrary: fc.record({ do: read, who, path, watch: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('getAcl' as const), who, path }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('multi' as const),
      who,
      parts: fc.array(part, { maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: change, who }) },
)

/** Something to work on, so that not everything is refused. */
const prelude: readonly Step[] = ['/a', '/b', '/a/x'].map((made) => {
  return { do: 'create', who: 0, path: made, data: null, acl: openList, mode: 0 }
})

const history = fc
  .tuple(fc.constantFrom([], prelude), fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }))
  .map(([begin, steps]) => [...begin, ...steps])

/** Somebody watches for what he may not read (CVE-2024-23944). */
const unreadable: readonly Step[] = [
  ...prelude,
  { do: 'exists', who: 0, path: '/a/y', watch: true },
  { do: 'getChildren2', who: 1, path: '/a', watch: true },
  {
    do: 'create',
    who: 1,
    path: '/a/y',
    data: null,
    acl: [entry(31, 'digest', 'nobody:hash')],
    mode: 0,
  },
]

/** One of the two services, and two clients of it in a room of their own. */
class Side {
  readonly #connectString: string
  readonly #clients: TestedClient[] = []

  constructor(connectString: string) {
    this.#connectString = connectString
  }

  async enter(root: string): Promise<void> {
    const maker = await TestedClient.connected(this.#connectString, sessionTimeoutMs)
    await maker.client.create(root, null)
    await maker.client.close()
    for (const at of [0, 1]) this.#clients[at] = await this.#join(root)
  }

  async leave(): Promise<void> {
    await Promise.all(this.#clients.map(({ client }) => client.close()))
  }

  /** What both clients saw of one step, in a form that does not depend on the service. */
  async take(root: string, taken: Step): Promise<unknown> {
    const before = this.#clients.map(({ heard }) => heard.length)
    const outcome = await this.#carryOut(root, taken)
    // A reply comes after every event that came before it.
    for (const { client } of this.#clients) await client.request('sync', { path: '/' })
    const events = this.#clients.map(({ heard }, at) => {
      const news = taken.do === 'replace' && taken.who === at ? heard : heard.slice(before[at])
      return news.filter((event) => event.includes('/')).sort()
    })
    return { outcome, events }
  }

  #join(root: string): Promise<TestedClient> {
    return TestedClient.connected(this.#connectString + root, sessionTimeoutMs)
  }

  async #carryOut(root: string, taken: Step): Promise<unknown> {
    const tested = this.#clients[taken.who]
    assert.ok(tested !== undefined)
    const { client, cable } = tested
    switch (taken.do) {
      case 'reconnect': {
        const times = tested.heard.filter((event) => event === 'connected').length
        cable.cut()
        await tested.until('disconnected', times)
        cable.heal()
        await tested.until('connected', times + 1)
        return 'reconnected'
      }
      case 'replace':
        await client.close()
        this.#clients[taken.who] = await this.#join(root)
        return 'replaced'
      case 'authenticate':
        client.addAuth('digest', Buffer.from('alice:secret'))
        return 'authenticated'
      default:
        return this.#outcome(this.#request(tested, taken))
    }
  }

  #request({ client }: TestedClient, taken: Step): Promise<unknown> {
    switch (taken.do) {
      case 'create':
        return client.request('create2', taken)
      case 'delete':
        return client.request('delete', taken)
      case 'setData':
        return client.request('setData', taken)
      case 'setAcl':
        return client.request('setAcl', taken)
      case 'exists':
        return client.request('exists', taken, 'exists')
      case 'getData':
        return client.request('getData', taken, 'data')
      case 'getChildren2':
        return client.request('getChildren2', taken, 'children')
      case 'getAcl':
        return client.request('getAcl', taken)
      case 'multi':
        return client.request('multi', taken.parts)
      default:
        throw new Error(taken.do)
    }
  }

  async #outcome(work: Promise<unknown>): Promise<unknown> {
    try {
      return this.#plain(await work)
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal !== undefined) return `refused: ${refusal}`
      if (error instanceof BrokerError) return `refused: ${error.message}`
      throw error
    }
  }

  /** Zxids, times and session ids become what can be compared. */
  #plain(value: unknown): unknown {
    if (Buffer.isBuffer(value)) return value.toString('hex')
    if (Array.isArray(value)) return value.map((item) => this.#plain(item))
    if (typeof value === 'string') return value.replace(/^\/cross-check-\d+/, '')
    if (typeof value !== 'object' || value === null) return value
    if ('czxid' in value) return this.#plainStat(value as Stat)
    const entries = Object.entries(value).map(([name, field]) => {
      if (name === 'children') return [name, [...(field as string[])].sort()]
      return [name, this.#plain(field)]
    })
    return Object.fromEntries(entries)
  }

  #plainStat(stat: Stat): unknown {
    const { czxid, mzxid, pzxid, ctime, mtime, ephemeralOwner, ...versions } = stat
    const owner = this.#clients.findIndex(({ client }) => client.sessionId === ephemeralOwner)
    return {
      ...versions,
      owner: ephemeralOwner === 0n ? 'nobody' : owner,
      order: [mzxid > czxid, pzxid > czxid, pzxid > mzxid, pzxid === mzxid],
      modified: mtime < ctime,
    }
  }
}

describe('our server beside Apache ZooKeeper', { skip: withoutZookeeper() }, () => {
  it('answers every history as ZooKeeper does', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'quorate-cross-check-'))
    const ensemble = await startZooKeeperEnsemble({ nodes: 1, directory })
    const ours = await CoordinationServer.start({
      port: 0,
      directory: join(directory, 'ours'),
      clock: systemClock,
      log: silentLog,
    })
    const rooms = { count: 0 }
    try {
      await fc.assert(
        fc.asyncProperty(history, async (steps) => {
          const root = `/cross-check-${rooms.count++}`
          const sides = [new Side(`127.0.0.1:${ours.port}`), new Side(ensemble.connectString)]
          try {
            await Promise.all(sides.map((side) => side.enter(root)))
            for (const [at, taken] of steps.entries()) {
              const seen = await Promise.all(sides.map((side) => side.take(root, taken)))
              assert.deepEqual(seen[0], seen[1], `step ${at}`)
            }
          } finally {
            await Promise.all(sides.map((side) => side.leave()))
          }
        }),
        // Shrinking would play hundreds more; the seed and path are printed.
        { numRuns: 100, endOnFailure: true, examples: [[unreadable]] },
      )
    } finally {
      await ours.stop()
      await ensemble.kill()
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
