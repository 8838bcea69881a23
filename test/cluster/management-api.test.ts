import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ADMIN_PASSWORD, consoleUrl, withUsers } from '../support/cluster-with-users.ts'
import { waitUntil } from '../support/wait-until.ts'

const QUEUE = '/api/v1/destinations/queue/ORDERS'
const NOBODY_LEADS_WITHIN_MS = 20_000

interface Answered {
  readonly status: number
  readonly body: Record<string, unknown>
}

/** Asks one node as the administrator. */
async function ask(
  url: string,
  method: string,
  path: string,
  content?: unknown,
): Promise<Answered> {
  const login = Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Basic ${login}`, 'content-type': 'application/json' },
    ...(content === undefined ? {} : { body: JSON.stringify(content) }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

describe('the management API of a cluster', () => {
  it('leads from a follower to the leader, and says when there is none', () =>
    withUsers(async (cluster) => {
      const leader = await cluster.leader()
      const followers = await cluster.followers()
      for (const { name } of followers) {
        const url = consoleUrl(cluster, name)
        const refused = await ask(url, 'POST', `${QUEUE}/messages`, { body: name })
        assert.deepEqual([refused.status, refused.body.code], [421, 'NOT_LEADER'])
        assert.equal(refused.body.leader, leader.name)
        const there = String(refused.body.leaderUrl)
        assert.equal(there, consoleUrl(cluster, leader.name))
        const sent = await ask(there, 'POST', `${QUEUE}/messages`, { body: name })
        assert.equal(sent.status, 200)
        const looked = await ask(url, 'GET', QUEUE)
        assert.deepEqual([looked.status, looked.body.leaderUrl], [421, there])
      }
      const { body } = await ask(consoleUrl(cluster, leader.name), 'GET', QUEUE)
      assert.equal(body.pending, followers.length)
      const change = `user=admin from=127.0.0.1 change="POST ${QUEUE}/messages" outcome=done`
      assert.ok(leader.logTail().includes(change), leader.logTail())

      const [last, other] = followers
      assert(last !== undefined && other !== undefined)
      await Promise.all([leader.kill9(), other.kill9()])
      const url = consoleUrl(cluster, last.name)
      const isAlone = async (): Promise<Answered | false> => {
        const answer = await ask(url, 'POST', `${QUEUE}/messages`, { body: 'alone' })
        return answer.status === 503 && answer
      }
      const within = { what: 'an answer that nobody leads', timeoutMs: NOBODY_LEADS_WITHIN_MS }
      const { body: alone } = await waitUntil(isAlone, within)
      assert.deepEqual([alone.code, alone.leader, alone.leaderUrl], ['NOT_LEADER', null, null])
    }))
})
