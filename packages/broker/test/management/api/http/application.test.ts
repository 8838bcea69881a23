import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { silentLog } from '@quorate/core/base/log'
import { ManualClock } from '@quorate/core/base/manual-clock'
import fc from 'fast-check'
import { Gate } from '../../../../src/management/api/access/gate.ts'
import { ClusterElections } from '../../../../src/management/api/cluster/cluster-elections.ts'
import { ClusterReports } from '../../../../src/management/api/cluster/cluster-reports.ts'
import { EventStreams } from '../../../../src/management/api/events/event-streams.ts'
import { createApplication } from '../../../../src/management/api/http/application.ts'
import {
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  REQUEST_TIMEOUT_MS,
} from '../../../../src/management/api/http/limits.ts'
import { allRoutes } from '../../../../src/management/api/routes/all-routes.ts'
import { sampleStatus } from '../../sample-status.ts'
import { LeadingBroker } from '../leading-broker.ts'
import { listeningApi } from '../listening-api.ts'

/** What a server answers to these very bytes; the connection is closed then. */
async function rawAnswer(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.end(bytes)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

const statusIn = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)

describe('the HTTP application', () => {
  it('waits for no request for ever, neither for its headers nor for its body', async () => {
    const clock = new ManualClock()
    const broker = { status: () => sampleStatus(), elections: () => [], administration: () => null }
    const app = await createApplication({
      routes: allRoutes,
      broker,
      clock,
      gate: new Gate([], { clock, log: silentLog }),
      streams: new EventStreams(broker, clock),
      reports: new ClusterReports(broker, clock),
      elections: new ClusterElections(broker, clock),
      log: silentLog,
    })
    const { headersTimeout, requestTimeout, keepAliveTimeout } = app.server
    assert.deepEqual(
      [headersTimeout, requestTimeout, keepAliveTimeout],
      [HEADERS_TIMEOUT_MS, REQUEST_TIMEOUT_MS, KEEP_ALIVE_TIMEOUT_MS],
    )
    await app.close()
  })

  it('refuses what is no HTTP, and headers without end', async () => {
    const api = await listeningApi(() => sampleStatus())
    try {
      assert.equal(statusIn(await rawAnswer(api.url, 'HELLO\r\n\r\n')), 400)
      const long = `GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`
      assert.equal(statusIn(await rawAnswer(api.url, long)), 431)
      const smuggled =
        'POST /healthz HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\n' +
        'transfer-encoding: chunked\r\n\r\n0\r\n\r\n'
      assert.equal(statusIn(await rawAnswer(api.url, smuggled)), 400)
      assert.equal(statusIn(await rawAnswer(api.url, 'CONNECT evil:1 HTTP/1.1\r\n\r\n')), 0)
    } finally {
      await api.stop()
    }
  })

  it('never fails on any path and query, and finds nothing but what is there', async () => {
    const broker = new LeadingBroker()
    const api = await broker.api()
    const piece = fc.oneof(
      fc.constantFrom('/', '..', '%2e%2e', '%2F', '%5c', '%00', '?', '&', '=', '%', '%zz', '%ff'),
      fc.constantFrom('api', 'v1', 'destinations', 'queue', 'messages', 'limit', 'after', 'filter'),
      fc.string({ unit: fc.constantFrom(...'abz09-_.~!$()*+,;:@[]|^`{}"<>\\') }),
    )
    const roots = ['/', '/api/v1/destinations', '/api/v1/destinations/queue/', '/api/v1/consumers?']
    try {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...roots), fc.array(piece), async (root, pieces) => {
          const path = root + pieces.join('')
          const head = `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`
          const status = statusIn(await rawAnswer(api.url, head))
          assert.ok([200, 302, 400, 404].includes(status), `${status} ${path}`)
        }),
        { numRuns: 200 },
      )
      assert.deepEqual([...broker.engine.destinations()], [])
    } finally {
      await api.stop()
    }
  })
})
