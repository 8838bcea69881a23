import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { silentLog } from '@quorate/core/base/log'
import type { BrokerStatus } from '../../src/management/broker-status.ts'
import { ManagementApi, answerTo } from '../../src/management/management-api.ts'
import type { ManagementAnswer } from '../../src/management/management-api.ts'
import { fetchStatus } from '../../src/management/status-client.ts'
import { sampleStatus } from './sample-status.ts'

function listen(status: () => BrokerStatus, port = 0): Promise<ManagementApi> {
  return ManagementApi.start({ host: '127.0.0.1', port, status, log: silentLog })
}

function ask(url: string, facts: Partial<BrokerStatus> = {}): ManagementAnswer {
  return answerTo({ method: 'GET', url }, () => sampleStatus(facts), silentLog)
}

describe('management API', () => {
  it('answers the status of the broker in every role', () => {
    for (const role of ['leader', 'follower', 'starting', 'halted'] as const) {
      assert.deepEqual(ask('/api/v1/status', { role }), { code: 200, body: sampleStatus({ role }) })
    }
  })

  it('is alive whatever the role', () => {
    assert.equal(ask('/healthz', { role: 'halted' }).code, 200)
  })

  it('is ready without a quorum, but not while starting or halted', () => {
    const expected = {
      starting: 503,
      halted: 503,
      leader: 200,
      follower: 200,
      candidate: 200,
      learner: 200,
    } satisfies Record<BrokerStatus['role'], number>
    for (const [role, code] of Object.entries(expected) as [BrokerStatus['role'], number][]) {
      assert.equal(ask('/readyz?wait=no', { role, leader: null }).code, code, role)
    }
  })

  it('says that it knows no other path and allows no change', () => {
    assert.equal(ask('/nowhere').code, 404)
    const post = { method: 'POST', url: '/api/v1/status' }
    assert.equal(answerTo(post, sampleStatus, silentLog).code, 404)
  })

  it('answers 500 without details and logs when the status cannot be told', () => {
    const logged: string[] = []
    const log = { ...silentLog, error: (message: string) => void logged.push(message) }
    const secretive = (): BrokerStatus => {
      throw new Error('a private detail')
    }
    const answer = answerTo({ method: 'GET', url: '/api/v1/status' }, secretive, log)
    assert.equal(answer.code, 500)
    assert.ok(!JSON.stringify(answer).includes('private'))
    assert.deepEqual(logged, ['HTTP request failed'])
  })

  it('is JSON that nobody keeps, and leaves a connection after a body that it did not read', async () => {
    const api = await listen(() => sampleStatus())
    try {
      const answer = await fetch(`${api.url}/healthz`)
      assert.equal(answer.headers.get('cache-control'), 'no-store')
      assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
      assert.deepEqual(await answer.json(), { status: 'alive' })
      const head = await fetch(`${api.url}/healthz`, { method: 'HEAD' })
      assert.deepEqual([head.status, await head.text()], [200, ''])
      const post = await fetch(`${api.url}/healthz`, { method: 'POST', body: 'x'.repeat(9_000) })
      assert.deepEqual([post.status, post.headers.get('connection')], [404, 'close'])
    } finally {
      await api.stop()
    }
  })

  it('cuts off who is still connected when it stops', async () => {
    const api = await listen(() => sampleStatus())
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

  it('listens on a free port and tells its address', async () => {
    const api = await listen(() => sampleStatus({ nodeId: 'node07' }))
    try {
      assert.match(api.url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
      assert.equal((await fetchStatus(api.url, 2000)).nodeId, 'node07')
    } finally {
      await api.stop()
    }
  })

  it('reports a taken port as ADDRESS_IN_USE and names the setting', async () => {
    const api = await listen(() => sampleStatus())
    try {
      const { port } = new URL(api.url)
      await assert.rejects(
        listen(() => sampleStatus(), Number(port)),
        {
          code: 'ADDRESS_IN_USE',
          message: `console port 127.0.0.1:${port} (consolePort) is taken by another process`,
        },
      )
    } finally {
      await api.stop()
    }
  })
})

describe('status client', () => {
  it('reports a closed port as CONNECTION_LOST', async () => {
    const api = await listen(() => sampleStatus())
    await api.stop()
    await assert.rejects(fetchStatus(api.url, 2000), { code: 'CONNECTION_LOST' })
  })

  it('takes a broker that tells of no losses for one without', async () => {
    const { possibleLosses: _, ...older } = sampleStatus()
    const api = await listen(() => older as BrokerStatus)
    try {
      assert.deepEqual((await fetchStatus(api.url, 2000)).possibleLosses, [])
    } finally {
      await api.stop()
    }
  })

  it('reports an answer of another kind as PROTOCOL_VIOLATION', async () => {
    const answers: readonly [object, RegExp][] = [
      [[sampleStatus()], /no object/],
      [{ hello: 'world' }, /nodeId is missing or wrong/],
      [{ ...sampleStatus(), epoch: '7' }, /epoch is missing or wrong/],
      [{ ...sampleStatus(), members: [null] }, /members is missing or wrong/],
      [{ ...sampleStatus(), possibleLosses: 8 }, /possibleLosses is missing or wrong/],
    ]
    for (const [answer, message] of answers) {
      const api = await listen(() => answer as BrokerStatus)
      try {
        const asked = fetchStatus(api.url, 2000)
        await assert.rejects(asked, { code: 'PROTOCOL_VIOLATION', message })
      } finally {
        await api.stop()
      }
    }
  })
})
