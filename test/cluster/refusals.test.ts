import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { BrokerNode } from '../support/broker-node.ts'
import { withCluster } from '../support/cluster.ts'
import { freePorts } from '../support/free-ports.ts'
import { waitUntil } from '../support/wait-until.ts'

const DEADLINE_MS = 90_000
const EXIT_CONFIG_INVALID = 2
/** In which a broker with the right token would have joined many times over. */
const LONG_ENOUGH_MS = 5000

describe('brokers that must not serve', () => {
  it('a broker with an unknown sync word does not start, and names the word', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'quorate-refusal-'))
    const [client = 0, replication = 0, console = 0] = await freePorts(3)
    const node = new BrokerNode({
      name: 'node01',
      ports: { client, replication, console },
      directory,
      settings: { replicas: 1, sync: 'quorum_disc' },
    })
    try {
      node.start()
      const exit = await node.exited()
      assert.equal(exit.code, EXIT_CONFIG_INVALID)
      assert.match(node.logTail(), /quorum_disc/)
    } finally {
      await node.dispose()
      rmSync(directory, { recursive: true, force: true })
    }
  })

  it('a broker with other replicas ends, and one with another name waits: both say why', () =>
    withCluster({ deadlineMs: DEADLINE_MS }, async (cluster) => {
      const [outsider] = await cluster.followers()
      assert(outsider !== undefined)
      await outsider.stop()
      outsider.wipe()
      outsider.change({ replicas: 5 })
      outsider.start()
      assert.equal((await outsider.exited()).code, EXIT_CONFIG_INVALID)
      const reason = 'error replicas is 5 here, but the cluster was founded with 3'
      assert.equal(outsider.logTail(1), reason)

      outsider.wipe()
      outsider.change({ replicas: 3, brokerName: 'quorate-tset' })
      outsider.start()
      const trouble = await waitUntil(async () => (await outsider.status())?.trouble ?? undefined, {
        what: 'the broker to say what it waits for',
        timeoutMs: DEADLINE_MS,
      })
      assert.match(trouble, /^waiting for 3 nodes to found the cluster "quorate-tset", [01] here$/)
    }))

  it('a broker with another securityToken cannot join, and joins with the right one', () =>
    withCluster(
      { settings: { securityToken: 'the right one' }, deadlineMs: DEADLINE_MS },
      async (cluster) => {
        const leader = await cluster.leader()
        const [outsider] = await cluster.followers()
        assert(outsider !== undefined)
        await outsider.stop()
        outsider.change({ securityToken: 'a guess' })
        outsider.start()
        await delay(LONG_ENOUGH_MS)
        const seen = (await leader.status())?.followers.find(
          (follower) => follower.nodeId === outsider.name,
        )
        assert.notEqual(seen?.connected, true)
        assert.equal(await cluster.leader(), leader, 'it does not disturb the others either')

        await outsider.stop()
        outsider.change({ securityToken: 'the right one' })
        outsider.start()
        await cluster.waitUntilWhole()
      },
    ))
})
