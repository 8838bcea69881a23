import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BrokerNode } from '../support/broker-node.ts'
import { withCluster } from '../support/cluster.ts'
import { waitUntil } from '../support/wait-until.ts'

interface Told {
  readonly epoch: number
  readonly leader: string | null
  readonly cause: string
  readonly durationMs: number | null
}

async function electionsOf(node: BrokerNode): Promise<readonly Told[]> {
  const answer = await fetch(`http://127.0.0.1:${node.ports.console}/api/v1/cluster/elections`)
  const { elections } = (await answer.json()) as { elections: readonly Told[] }
  return elections
}

/** The last election that this node tells of, once it is over. */
async function lastOf(node: BrokerNode, leader: string): Promise<Told> {
  const ended = async (): Promise<Told | false> => {
    const last = (await electionsOf(node)).at(-1)
    return last?.leader === leader && last
  }
  return waitUntil(ended, { what: `${node.name} to hear ${leader}`, timeoutMs: 20_000 })
}

describe('the elections that the nodes tell of', () => {
  it('have their cause and how long they took', () =>
    withCluster({ deadlineMs: 90_000 }, async (cluster) => {
      const ends = [
        { cause: 'resigned', end: (node: BrokerNode) => node.stop() },
        { cause: 'gone', end: (node: BrokerNode) => node.kill9() },
      ]
      let epoch = 0
      for (const { cause, end } of ends) {
        const leader = await cluster.waitUntilWhole()
        const others = cluster.nodes.filter((node) => node !== leader)
        await end(leader)
        const next = await cluster.leader()
        for (const node of others) {
          const told = await lastOf(node, next.name)
          assert.equal(told.cause, cause, `${node.name}: ${JSON.stringify(told)}`)
          assert.ok(told.epoch > epoch, `epoch ${told.epoch} after ${epoch}`)
          const { durationMs } = told
          assert.ok(durationMs !== null && durationMs < 3000, `took ${durationMs} ms`)
        }
        epoch = (await lastOf(next, next.name)).epoch
        leader.start()
      }
      const leader = await cluster.waitUntilWhole()
      const others = cluster.nodes.filter((node) => node !== leader)
      leader.pause()
      const next = await cluster.leader()
      for (const node of others) assert.equal((await lastOf(node, next.name)).cause, 'silent')
      leader.resume()
      // Each forgets at a restart, and the others tell it: all have the same history.
      const historyOf = async (node: BrokerNode): Promise<string> =>
        JSON.stringify((await electionsOf(node)).map(({ epoch, cause }) => [epoch, cause]))
      const isShared = async (): Promise<boolean> => {
        const [first, ...rest] = await Promise.all(cluster.nodes.map(historyOf))
        return rest.every((history) => history === first)
      }
      await waitUntil(isShared, { what: 'one history on all nodes', timeoutMs: 20_000 })
      const [start, ...later] = await electionsOf(leader)
      assert.equal(start?.cause, 'start')
      const causes = later.map(({ cause }) => cause)
      for (const cause of ['resigned', 'gone', 'silent']) assert.ok(causes.includes(cause), cause)
    }))
})
