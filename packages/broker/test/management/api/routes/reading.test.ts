import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { BrokerStatus } from '../../../../src/management/broker-status.ts'
import { allRoutes } from '../../../../src/management/api/routes/all-routes.ts'
import { sampleStatus } from '../../sample-status.ts'
import { LeadingBroker } from '../leading-broker.ts'
import { listeningApi } from '../listening-api.ts'

interface Listed {
  readonly items: readonly Record<string, unknown>[]
  readonly total: number
  readonly next: string | null
}

/** Sends the path as it is: `fetch` takes dots out of it, however they are written. */
async function rawGet(url: string, path: string): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(url)
  const [response] = (await once(request({ hostname, port, path }).end(), 'response')) as [
    IncomingMessage,
  ]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }
}

async function withLeader(
  work: (broker: LeadingBroker, get: (path: string) => Promise<Response>) => Promise<void>,
): Promise<void> {
  const broker = new LeadingBroker()
  const api = await broker.api()
  try {
    await work(broker, (path) => fetch(api.url + path))
  } finally {
    await api.stop()
  }
}

describe('reading through the API', () => {
  it('tells destinations with their counters, a page at a time', () =>
    withLeader(async (broker, get) => {
      const client = broker.connect()
      for (const name of ['A', 'B', 'C']) broker.send(client, name, 'hello')
      broker.send(client, 'B', 'again')
      broker.send(client, 'topic://A', 'news')
      await broker.settled()
      const first = (await (await get('/api/v1/destinations?limit=3')).json()) as Listed
      assert.deepEqual(
        first.items.map(({ destination }) => destination),
        ['queue://A', 'topic://A', 'queue://B'],
      )
      assert.equal(first.total, 4)
      const rest = (await (
        await get(`/api/v1/destinations?limit=3&after=${first.next}`)
      ).json()) as Listed
      assert.deepEqual([rest.items.length, rest.next], [1, null])
      const deepest = '/api/v1/destinations?kind=queue&sort=pending&order=descending&limit=1'
      const [fullest] = ((await (await get(deepest)).json()) as Listed).items
      assert.deepEqual([fullest?.name, fullest?.pending, fullest?.enqueued], ['B', 2, 2])
    }))

  it('finds a destination by any name, decoded once', async () => {
    const broker = new LeadingBroker()
    const api = await broker.api()
    const get = (path: string) => rawGet(api.url, `/api/v1/destinations/${path}`)
    try {
      const client = broker.connect()
      const names = ['a/b', '..', '../../etc/passwd', 'a b', '%2F', 'größe', '?x=1#y', '.', '%2e']
      for (const name of names) broker.send(client, name, 'hello')
      await broker.settled()
      for (const name of names) {
        const encoded = encodeURIComponent(name).replaceAll('.', '%2e')
        const { status, body } = await get(`queue/${encoded}`)
        assert.equal(status, 200, name)
        assert.equal((JSON.parse(body) as { name: string }).name, name)
      }
      const refused: readonly [string, number][] = [
        ['queue/a/b', 404],
        ['queue/../queue/..', 404],
        ['queue/nothing', 404],
        ['heap/A', 400],
        ['queue/%ff', 400],
        ['queue/%zz', 400],
        [`queue/${'x'.repeat(4097)}`, 400],
        ['queue/', 400],
      ]
      for (const [path, status] of refused) assert.equal((await get(path)).status, status, path)
    } finally {
      await api.stop()
    }
  })

  it('tells connections, consumers and durable subscriptions', () =>
    withLeader(async (broker, get) => {
      const client = broker.connect('billing')
      broker.consume(client, 'topic://PRICES', 10, 'nightly')
      const other = broker.connect()
      broker.consume(other, 'queue://ORDERS')
      broker.send(other, 'topic://PRICES', '7')
      await broker.settled()
      const connections = (await (await get('/api/v1/connections')).json()) as Listed
      assert.deepEqual(
        connections.items.map(({ clientId, consumers }) => [clientId, consumers]),
        [
          ['billing', 1],
          ['', 1],
        ],
      )
      const consumers = (await (await get('/api/v1/consumers?filter=prices')).json()) as Listed
      assert.equal(consumers.items[0]?.durableName, 'nightly')
      const ofQueue = await get('/api/v1/destinations/queue/ORDERS/consumers')
      assert.equal(((await ofQueue.json()) as Listed).items[0]?.prefetch, 10)
      const subscriptions = (await (await get('/api/v1/subscriptions')).json()) as Listed
      const [nightly] = subscriptions.items
      assert.deepEqual(
        [nightly?.topic, nightly?.active, nightly?.pending],
        ['topic://PRICES', true, 1],
      )
    }))

  it('names parameters that do not fit', () =>
    withLeader(async (_broker, get) => {
      for (const query of [
        'limit=0',
        'limit=501',
        'limit=x',
        'sort=age',
        'what=1',
        'limit=1&limit=2',
      ]) {
        const answer = await get(`/api/v1/destinations?${query}`)
        assert.equal(answer.status, 400, query)
        assert.match(((await answer.json()) as { detail: string }).detail, /^query\./)
      }
    }))

  it('is sent to the leader where this node is none, or told to wait where nobody is', async () => {
    let leader: string | null = 'node01'
    const api = await listeningApi(() => sampleStatus({ leader }))
    try {
      const answer = await fetch(`${api.url}/api/v1/destinations`)
      assert.equal(answer.status, 421)
      const problem = (await answer.json()) as Record<string, unknown>
      assert.equal(problem.code, 'NOT_LEADER')
      assert.equal(problem.leader, 'node01')
      assert.equal(problem.leaderUrl, 'http://127.0.0.1:8161')
      leader = null
      const waiting = await fetch(`${api.url}/api/v1/connections`)
      assert.deepEqual([waiting.status, waiting.headers.get('retry-after')], [503, '1'])
      const cluster = await fetch(`${api.url}/api/v1/cluster`)
      assert.equal(cluster.status, 200)
      const { announced } = (await cluster.json()) as Record<string, unknown>
      assert.deepEqual(announced, sampleStatus().announced)
      const brokers = (await (await fetch(`${api.url}/api/v1/brokers`)).json()) as Listed
      assert.equal(brokers.items.length, 3)
    } finally {
      await api.stop()
    }
  })

  it('counts how many may fail, and does not know where there is no quorum', async () => {
    const follower = (connected: boolean) => ({
      ...({ nodeId: 'node02', state: 'voter', connected, catchUp: null } as const),
      ...{ ackedIndex: 1, lagRecords: 0, lagBytes: 0, isShortOfSpace: false, silentMs: 1 },
    })
    let status = sampleStatus()
    const api = await listeningApi(() => status)
    try {
      const margin = async () => {
        const answer = await fetch(`${api.url}/api/v1/cluster`)
        const { inStep, mayFail } = (await answer.json()) as Record<string, unknown>
        return [inStep, mayFail]
      }
      assert.deepEqual(await margin(), [null, null])
      for (const [connected, expected] of [
        [
          [true, true],
          [3, 1],
        ],
        [
          [true, false],
          [2, 0],
        ],
        [
          [false, false],
          [1, null],
        ],
      ] as const) {
        status = sampleStatus({ role: 'leader', followers: connected.map(follower) })
        assert.deepEqual(await margin(), expected)
      }
    } finally {
      await api.stop()
    }
  })

  it('tells strangers nothing of the machine, nor of the destinations', async () => {
    const destination = 'queue://SALARIES'
    const full = { destination, memoryUsedBytes: 1, memoryLimitBytes: 0, spilledBytes: 0 }
    const flow: BrokerStatus['flow'] = {
      ...{ memoryUsedBytes: 1, memoryLimitBytes: 2, temporary: null, shortages: [] },
      ...{ waitingSends: {}, pausedConnections: 0, discardedMessages: 0, fullest: [full] },
    }
    const users = [{ name: 'user', password: 'secret', roles: ['user'], where: '' }]
    const api = await listeningApi(() => sampleStatus({ flow }), { users })
    try {
      const asked = async (headers: Record<string, string>): Promise<BrokerStatus> => {
        // Not by a name of this machine, as if through a proxy.
        const asking = request(`${api.url}/api/v1/status`, {
          headers: { ...headers, host: 'broker.example' },
        })
        asking.end()
        const [answer] = (await once(asking, 'response')) as [IncomingMessage]
        const chunks = (await answer.toArray()) as Buffer[]
        return JSON.parse(Buffer.concat(chunks).toString()) as BrokerStatus
      }
      const told = await asked({})
      const kept = [told.pid, told.dataDirectory, told.announced, told.flow?.fullest]
      assert.deepEqual(kept, [null, null, null, null])
      assert.equal(told.flow?.memoryLimitBytes, 2)
      const authorization = `Basic ${Buffer.from('user:secret').toString('base64')}`
      assert.deepEqual(await asked({ authorization }), sampleStatus({ flow }))
    } finally {
      await api.stop()
    }
  })

  it('tells the elections that a node has seen, whatever it is now', async () => {
    const elections = [
      {
        ...({ epoch: 2, leader: 'node02', cause: 'gone', durationMs: 150 } as const),
        noticedAt: '2026-01-02T03:04:05.000Z',
        servingAt: '2026-01-02T03:04:05.150Z',
      },
    ]
    const broker = {
      status: () => sampleStatus({ members: [] }),
      elections: () => elections,
      administration: () => null,
    }
    const api = await listeningApi(broker.status, { broker })
    try {
      const answer = await fetch(`${api.url}/api/v1/cluster/elections`)
      const expected = elections.map((election) => ({ ...election, seenBy: 'node02' }))
      assert.deepEqual(await answer.json(), { elections: expected })
    } finally {
      await api.stop()
    }
  })

  it('answers a page of 100,000 destinations without holding up the event loop', () =>
    withLeader(async (broker, get) => {
      const { engine } = broker
      const client = broker.connect()
      for (let i = 0; i < 99_999; i++) {
        client.addDestination({ kind: 'queue', name: `Q.${i}` }, -1)
      }
      broker.commit()
      assert.equal([...engine.destinations()].length, 99_999)
      for (const query of ['limit=500', 'sort=pending&order=descending', 'filter=.9999']) {
        // Of the processor, not of the day: tests run beside each other.
        const costs: number[] = []
        for (let i = 0; i < 3; i++) {
          const before = process.cpuUsage()
          const body = (await (await get(`/api/v1/destinations?${query}`)).json()) as Listed
          assert.ok(body.items.length > 0)
          const { user, system } = process.cpuUsage(before)
          costs.push((user + system) / 1000)
        }
        const best = Math.min(...costs)
        assert.ok(best < 500, `${query} took ${best} ms`)
      }
    }))
})

describe('the OpenAPI document', () => {
  it('has every route, with what each is given and answers', () =>
    withLeader(async (_broker, get) => {
      const document = (await (await get('/api/v1/openapi.json')).json()) as {
        openapi: string
        paths: Record<string, Record<string, { parameters: { name: string; in: string }[] }>>
      }
      assert.equal(document.openapi, '3.1.0')
      for (const { path, method } of allRoutes) {
        const operation = document.paths[path]?.[method.toLowerCase()]
        assert.ok(operation !== undefined, `${method} ${path}`)
        const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
        const told = operation.parameters.filter((one) => one.in === 'path').map(({ name }) => name)
        assert.deepEqual(told, named)
      }
    }))
})

describe('/metrics', () => {
  it('keeps to the conventions of Prometheus', () =>
    withLeader(async (broker, get) => {
      broker.send(broker.connect(), 'A "quoted"\\name', 'hello')
      await broker.settled()
      const answer = await get('/metrics')
      assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
      const text = await answer.text()
      assert.match(text, /^quorate_node_role\{role="leader"\} 1$/m)
      assert.match(text, /^quorate_queue_pending\{destination="A \\"quoted\\"\\\\name"\} 1$/m)
      const types = new Map<string, string>()
      for (const line of text.trimEnd().split('\n')) {
        const type = /^# TYPE (\w+) (counter|gauge)$/.exec(line)
        if (type !== null) types.set(type[1] ?? '', type[2] ?? '')
        if (line.startsWith('#')) continue
        const sample = /^(quorate_[a-z_]+)(\{.*\})? (-?[\d.e+]+)$/.exec(line)
        assert.ok(sample !== null, line)
        const name = sample[1] ?? ''
        assert.equal(types.get(name), name.endsWith('_total') ? 'counter' : 'gauge', name)
      }
    }))

  it('tells how many destinations it does not name, on every node what the node knows', async () => {
    await withLeader(async (broker, get) => {
      const client = broker.connect()
      for (let i = 0; i < 1003; i++) client.addDestination({ kind: 'queue', name: `Q${i}` }, -1)
      broker.commit()
      const text = await (await get('/metrics')).text()
      assert.match(text, /^quorate_destinations_omitted 3$/m)
      assert.equal(text.match(/^quorate_queue_pending\{/gm)?.length, 1000)
      const some = await (await get('/metrics?filter=Q100')).text()
      assert.equal(some.match(/^quorate_queue_pending\{/gm)?.length, 4)
    })
    const follower = await listeningApi(() => sampleStatus())
    try {
      const text = await (await fetch(`${follower.url}/metrics`)).text()
      assert.match(text, /^quorate_node_role\{role="follower"\} 1$/m)
      assert.ok(!text.includes('quorate_queue_pending'))
    } finally {
      await follower.stop()
    }
  })
})
