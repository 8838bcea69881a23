import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { silentLog } from '@quorate/core/base/log'
import type { BrokerStatus } from '../../../src/management/broker-status.ts'
import type { ManagementApi } from '../../../src/management/api/management-api.ts'
import { fetchStatus } from '../../../src/management/status-client.ts'
import { sampleStatus } from '../sample-status.ts'
import { listeningApi } from './listening-api.ts'

async function withApi(
  starting: Promise<ManagementApi>,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const api = await starting
  try {
    await work(api.url)
  } finally {
    await api.stop()
  }
}

describe('management API', () => {
  it('answers the status of the broker in every role', async () => {
    let role: BrokerStatus['role'] = 'leader'
    await withApi(
      listeningApi(() => sampleStatus({ role })),
      async (url) => {
        for (role of ['leader', 'follower', 'starting', 'halted'] as const) {
          const answer = await fetch(`${url}/api/v1/status`)
          assert.deepEqual([answer.status, await answer.json()], [200, sampleStatus({ role })])
          assert.equal((await fetch(`${url}/healthz`)).status, 200)
        }
      },
    )
  })

  it('is ready without a quorum, but not while starting or halted', async () => {
    const expected = {
      starting: 503,
      halted: 503,
      leader: 200,
      follower: 200,
      candidate: 200,
      learner: 200,
    } satisfies Record<BrokerStatus['role'], number>
    let role: BrokerStatus['role'] = 'leader'
    await withApi(
      listeningApi(() => sampleStatus({ role, leader: null })),
      async (url) => {
        for (const [name, code] of Object.entries(expected) as [BrokerStatus['role'], number][]) {
          role = name
          const answer = await fetch(`${url}/readyz?wait=no`)
          assert.equal(answer.status, code, role)
          const status = code === 200 ? 'ready' : 'not ready'
          assert.deepEqual(await answer.json(), { status, role, trouble: null })
        }
      },
    )
  })

  it('answers 500 without details and logs when the status cannot be told', async () => {
    const logged: string[] = []
    const log = { ...silentLog, error: (message: string) => void logged.push(message) }
    const secretive = (): BrokerStatus => {
      throw new Error('a private detail')
    }
    await withApi(listeningApi(secretive, { log }), async (url) => {
      const answer = await fetch(`${url}/api/v1/status`)
      assert.equal(answer.status, 500)
      assert.ok(!(await answer.text()).includes('private'))
      assert.deepEqual(logged, ['HTTP request failed'])
    })
  })

  it('is JSON that nobody keeps, frames or runs', () =>
    withApi(
      listeningApi(() => sampleStatus()),
      async (url) => {
        const answer = await fetch(`${url}/healthz`)
        assert.equal(answer.headers.get('cache-control'), 'no-store')
        assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
        assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/)
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
        assert.deepEqual(await answer.json(), { status: 'alive' })
        const head = await fetch(`${url}/healthz`, { method: 'HEAD' })
        assert.deepEqual([head.status, await head.text()], [200, ''])
      },
    ))

  it('names a path that it does not know as a problem, and leaves after a body', () =>
    withApi(
      listeningApi(() => sampleStatus()),
      async (url) => {
        const answer = await fetch(`${url}/nowhere`)
        assert.equal(answer.status, 404)
        assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
        const problem = (await answer.json()) as Record<string, unknown>
        assert.equal(problem.type, 'urn:quorate:problem:not-found')
        const post = await fetch(`${url}/healthz`, { method: 'POST', body: 'x'.repeat(9_000) })
        assert.deepEqual([post.status, post.headers.get('connection')], [404, 'close'])
      },
    ))

  it('cuts off who is still connected when it stops', async () => {
    const api = await listeningApi(() => sampleStatus())
    const { port, hostname } = new URL(api.url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    // A request that never ends.
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n')
    socket.on('error', () => undefined)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await api.stop()
    await closed
  })

  it('listens on a free port and tells its address', () =>
    withApi(
      listeningApi(() => sampleStatus({ nodeId: 'node07' })),
      async (url) => {
        assert.match(url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
        assert.equal((await fetchStatus(url, 2000)).nodeId, 'node07')
      },
    ))

  it('reports a taken port as ADDRESS_IN_USE and names the setting', () =>
    withApi(
      listeningApi(() => sampleStatus()),
      async (url) => {
        const port = Number(new URL(url).port)
        await assert.rejects(
          listeningApi(() => sampleStatus(), { port }),
          {
            code: 'ADDRESS_IN_USE',
            message: `console port 127.0.0.1:${port} (consolePort) is taken by another process`,
          },
        )
      },
    ))
})
