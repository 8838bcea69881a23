import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { silentLog } from '@quorate/core/base/log'
import type { BrokerStatus } from '../../src/management/broker-status.ts'
import { ManagementApi, buildServer } from '../../src/management/management-api.ts'
import { fetchStatus } from '../../src/management/status-client.ts'
import { sampleStatus } from './sample-status.ts'

function listen(status: () => BrokerStatus, port = 0): Promise<ManagementApi> {
  return ManagementApi.start({ host: '127.0.0.1', port, status, log: silentLog })
}

describe('management API', () => {
  it('answers the status of the broker in every role', async () => {
    for (const role of ['leader', 'follower', 'starting', 'halted'] as const) {
      const server = buildServer(() => sampleStatus({ role }), silentLog)
      const answer = await server.inject('/api/v1/status')
      assert.equal(answer.statusCode, 200)
      assert.deepEqual(answer.json(), sampleStatus({ role }))
      assert.equal(answer.headers['cache-control'], 'no-store')
    }
  })

  it('is alive whatever the role', async () => {
    const server = buildServer(() => sampleStatus({ role: 'halted' }), silentLog)
    assert.equal((await server.inject('/healthz')).statusCode, 200)
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
    for (const [role, code] of Object.entries(expected) as [BrokerStatus['role'], number][]) {
      const server = buildServer(() => sampleStatus({ role, leader: null }), silentLog)
      assert.equal((await server.inject('/readyz')).statusCode, code, role)
    }
  })

  it('says that it knows no other path and allows no change', async () => {
    const server = buildServer(() => sampleStatus(), silentLog)
    assert.equal((await server.inject('/nowhere')).statusCode, 404)
    const post = await server.inject({ method: 'POST', url: '/api/v1/status', payload: { a: 1 } })
    assert.equal(post.statusCode, 404)
  })

  it('answers 500 without details and logs when the status cannot be told', async () => {
    const logged: string[] = []
    const log = { ...silentLog, error: (message: string) => void logged.push(message) }
    const server = buildServer(() => {
      throw new Error('a private detail')
    }, log)
    const answer = await server.inject('/api/v1/status')
    assert.equal(answer.statusCode, 500)
    assert.ok(!answer.body.includes('private'))
    assert.deepEqual(logged, ['HTTP request failed'])
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

  it('reports a taken port as ADDRESS_IN_USE', async () => {
    const api = await listen(() => sampleStatus())
    try {
      const { port } = new URL(api.url)
      await assert.rejects(
        listen(() => sampleStatus(), Number(port)),
        { code: 'ADDRESS_IN_USE' },
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
