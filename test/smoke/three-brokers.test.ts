import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Cluster } from '../support/cluster.ts'
import { withCluster } from '../support/cluster.ts'
import { assertIdenticalLogs } from '../support/log-comparison.ts'
import { OpenWireClient } from '../support/openwire-client.ts'

const DEADLINE_MS = 55_000
const MESSAGES = 50
const QUEUE = 'smoke'

async function sendAll(client: OpenWireClient, about: string): Promise<string[]> {
  const texts = Array.from({ length: MESSAGES }, (_, n) => `${n} ${about}`)
  await Promise.all(texts.map((text) => client.send(QUEUE, text)))
  return texts
}

/** Receives each of the texts; again only what is flagged as redelivered. */
async function receiveAll(client: OpenWireClient, texts: readonly string[]): Promise<void> {
  const missing = new Set(texts)
  while (missing.size > 0) {
    const message = await client.receive()
    assert(message !== null, `not received: ${[...missing].join(', ')}`)
    const isNew = missing.delete(message.text)
    assert(isNew || message.redelivered, `received again, and not flagged: ${message.text}`)
  }
}

async function killTheLeader(cluster: Cluster, client: OpenWireClient): Promise<void> {
  await receiveAll(client, await sendAll(client, 'before the kill'))

  const leader = await cluster.leader()
  const unconfirmed = sendAll(client, 'during the kill')
  await leader.kill9()
  const texts = [...(await unconfirmed), ...(await sendAll(client, 'after the kill'))]
  assert.notEqual(await cluster.leader(), leader)
  await receiveAll(client, texts)

  leader.start()
  await cluster.waitUntilWhole()
  await receiveAll(client, await sendAll(client, 'after the rejoin'))
  await assertIdenticalLogs(cluster)
}

describe('three brokers and the embedded coordination, on Node alone', () => {
  it('everything that was confirmed is received, across kill -9 of the leader', () =>
    withCluster({ deadlineMs: DEADLINE_MS }, async (cluster) => {
      const client = new OpenWireClient(cluster.nodes.map((node) => node.ports.client))
      try {
        await client.open()
        await client.consume(QUEUE)
        await killTheLeader(cluster, client)
      } finally {
        client.close()
      }
    }))
})
