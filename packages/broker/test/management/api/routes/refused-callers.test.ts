import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { silentLog } from '@quorate/core/base/log'
import { ManualClock } from '@quorate/core/base/manual-clock'
import type { ConsoleUser } from '../../../../src/config/console-user.ts'
import { Gate } from '../../../../src/management/api/access/gate.ts'
import { roles } from '../../../../src/management/api/access/role.ts'
import { ClusterElections } from '../../../../src/management/api/cluster/cluster-elections.ts'
import { ClusterReports } from '../../../../src/management/api/cluster/cluster-reports.ts'
import { ConsoleFiles } from '../../../../src/management/api/console/console-files.ts'
import { consoleRoutes } from '../../../../src/management/api/console/console-routes.ts'
import { EventStreams } from '../../../../src/management/api/events/event-streams.ts'
import { createApplication } from '../../../../src/management/api/http/application.ts'
import { isChange } from '../../../../src/management/api/http/route.ts'
import type { Method, Route } from '../../../../src/management/api/http/route.ts'
import { allRoutes } from '../../../../src/management/api/routes/all-routes.ts'
import { sampleStatus } from '../../sample-status.ts'

const ELSEWHERE = '10.0.0.7'
const HERE = '127.0.0.1'

/** One user of each role, whose name is that of the role. */
const users = roles.map((role) => ({ name: role, password: 'secret', roles: [role], where: '' }))

const routes = [...consoleRoutes(new ConsoleFiles('/nowhere')), ...allRoutes]
const guarded = routes.filter(({ role }) => role !== 'anybody' && role !== 'stranger')
const changing = routes.filter(({ method }) => isChange(method))

const basic = (name: string): string => `Basic ${Buffer.from(`${name}:secret`).toString('base64')}`

interface Visitor {
  readonly from?: string
  readonly headers?: Readonly<Record<string, string>>
}

interface Asked {
  readonly method: Method | 'HEAD'
  readonly path: string
}

type Ask = (asked: Asked, visitor: Visitor) => Promise<number>

/** Asks routes of a node; what comes from elsewhere is only said to, and nothing is connected. */
async function withRoutes(
  known: readonly ConsoleUser[],
  work: (ask: Ask) => Promise<void>,
): Promise<void> {
  const clock = new ManualClock()
  const broker = {
    status: () => sampleStatus(),
    elections: () => [],
    administration: () => null,
  }
  const app = await createApplication({
    routes,
    broker,
    clock,
    gate: new Gate(known, { clock, log: silentLog }),
    streams: new EventStreams(broker, clock),
    reports: new ClusterReports(broker, clock),
    elections: new ClusterElections(broker, clock),
    log: silentLog,
  })
  try {
    await work(async ({ method, path }, { from = HERE, headers = {} }) => {
      const { statusCode } = await app.inject({
        method,
        url: path.replaceAll(/\{\w+\}/g, 'x'),
        remoteAddress: from,
        headers: { ...headers, ...(isChange(method) && { 'content-type': 'application/json' }) },
        ...(isChange(method) && { payload: '{}' }),
      })
      return statusCode
    })
  } finally {
    await app.close()
  }
}

/** What each of these routes answers to the visitor, by method and path. */
async function answers(ask: Ask, asked: readonly Route[], visitor: Visitor) {
  const found: Record<string, number> = {}
  for (const one of asked) found[`${one.method} ${one.path}`] = await ask(one, visitor)
  return found
}

function all(asked: readonly Route[], status: number): Record<string, number> {
  return Object.fromEntries(asked.map(({ method, path }) => [`${method} ${path}`, status]))
}

describe('every route', () => {
  it('takes a login, but for the few that are meant for everybody', () => {
    const open = routes.filter((one) => !guarded.includes(one)).map(({ path }) => path)
    assert.deepEqual(open.sort(), [
      '/',
      '/api/v1/cluster/elections/seen',
      '/api/v1/openapi.json',
      '/api/v1/status',
      '/console',
      '/healthz',
      '/readyz',
    ])
  })

  it('that changes something takes more than a viewer', () => {
    const lax = changing.filter(({ role }) => role !== 'operator' && role !== 'admin')
    assert.deepEqual(lax, [])
  })

  it('refuses who has no login, or a wrong one, wherever he comes from', () =>
    withRoutes(users, async (ask) => {
      for (const from of [HERE, ELSEWHERE]) {
        assert.deepEqual(await answers(ask, guarded, { from }), all(guarded, 401))
      }
      const headers = { authorization: basic('nobody') }
      for (const [at, one] of guarded.entries()) {
        // Each from an address of its own: one that guesses too often is answered otherwise.
        assert.equal(await ask(one, { from: `10.0.1.${at}`, headers }), 401, one.path)
      }
    }))

  it('refuses each role that is less than its own', () =>
    withRoutes(users, async (ask) => {
      for (const [at, role] of roles.entries()) {
        const above = guarded.filter((one) => roles.slice(at + 1).some((each) => each === one.role))
        for (const from of [HERE, ELSEWHERE]) {
          const headers = { authorization: basic(role) }
          assert.deepEqual(await answers(ask, above, { from, headers }), all(above, 403), role)
        }
      }
    }))

  it('refuses who comes from elsewhere where there are no users', () =>
    withRoutes([], async (ask) => {
      const headers = { authorization: basic('admin') }
      assert.deepEqual(await answers(ask, guarded, { from: ELSEWHERE }), all(guarded, 403))
      assert.deepEqual(await answers(ask, guarded, { from: ELSEWHERE, headers }), all(guarded, 403))
      const rebound = { headers: { host: 'rebound.example' } }
      assert.deepEqual(await answers(ask, guarded, rebound), all(guarded, 403))
    }))

  it('that changes something changes nothing where there are no users', () =>
    withRoutes([], async (ask) => {
      assert.deepEqual(await answers(ask, changing, {}), all(changing, 403))
    }))

  it('that changes something refuses pages of other sites, whoever is logged in', () =>
    withRoutes(users, async (ask) => {
      const sites: readonly Readonly<Record<string, string>>[] = [
        { origin: 'http://evil.example' },
        { origin: 'http://localhost:8162' },
        { origin: 'null' },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { origin: 'http://localhost:80', 'sec-fetch-site': 'cross-site' },
      ]
      for (const site of sites) {
        const headers = { authorization: basic('admin'), host: 'localhost:80', ...site }
        const found = await answers(ask, changing, { headers })
        assert.deepEqual(found, all(changing, 403), JSON.stringify(site))
      }
      const own = { origin: 'http://localhost:80', 'sec-fetch-site': 'same-origin' }
      const headers = { authorization: basic('admin'), host: 'localhost:80', ...own }
      const admitted = Object.values(await answers(ask, changing, { headers }))
      assert.ok(!admitted.includes(403))
    }))

  it('is looked at by HEAD under the same conditions', () =>
    withRoutes(users, async (ask) => {
      const reading = guarded.filter((one) => one.method === 'GET' && !('open' in one))
      for (const { path } of reading) assert.equal(await ask({ method: 'HEAD', path }, {}), 401)
    }))
})
