import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import type { BrokerStatus } from '../../src/management/broker-status.ts'
import { fetchStatus } from '../../src/management/status-client.ts'
import { listeningApi } from './api/listening-api.ts'
import { sampleStatus } from './sample-status.ts'

describe('status client', () => {
  it('reports a closed port as CONNECTION_LOST', async () => {
    const api = await listeningApi(() => sampleStatus())
    await api.stop()
    await assert.rejects(fetchStatus(api.url, 2000), { code: 'CONNECTION_LOST' })
  })

  it('takes a broker that tells of no losses and links for one without', async () => {
    const { possibleLosses: _losses, links: _links, ...older } = sampleStatus()
    const api = await listeningApi(() => older as BrokerStatus)
    try {
      const { possibleLosses, links } = await fetchStatus(api.url, 2000)
      assert.deepEqual([possibleLosses, links], [[], []])
    } finally {
      await api.stop()
    }
  })

  it('reports an answer of another kind as PROTOCOL_VIOLATION', async () => {
    const answers: readonly [object, RegExp][] = [
      [[sampleStatus()], /no object/],
      [{ hello: 'world' }, /nodeId is missing or wrong/],
      [{ ...sampleStatus(), epoch: '7' }, /epoch is missing or wrong/],
      [{ ...sampleStatus(), role: 'emperor' }, /role is missing or wrong/],
      [{ ...sampleStatus(), build: undefined }, /build is missing or wrong/],
      [{ ...sampleStatus(), uptimeMs: null }, /uptimeMs is missing or wrong/],
      [{ ...sampleStatus(), seats: [{}] }, /seats is missing or wrong/],
      [{ ...sampleStatus(), log: { index: 1 } }, /log\.epoch is missing or wrong/],
      [{ ...sampleStatus(), coordination: {} }, /coordination\.address is missing or wrong/],
      [{ ...sampleStatus(), followers: [{}] }, /followers\[0\]\.nodeId is missing or wrong/],
      [{ ...sampleStatus(), members: [null] }, /members is missing or wrong/],
      [{ ...sampleStatus(), possibleLosses: 8 }, /possibleLosses is missing or wrong/],
    ]
    for (const [answer, message] of answers) {
      const api = await listeningApi(() => answer as BrokerStatus)
      try {
        const asked = fetchStatus(api.url, 2000)
        await assert.rejects(asked, { code: 'PROTOCOL_VIOLATION', message })
      } finally {
        await api.stop()
      }
    }
  })
})
