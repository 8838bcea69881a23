import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import type { BrokerStatus } from '../../../../src/management/broker-status.ts'
import { isChange } from '../../../../src/management/api/http/route.ts'
import { allRoutes } from '../../../../src/management/api/routes/all-routes.ts'
import { sampleStatus } from '../../sample-status.ts'
import { listeningApi } from '../listening-api.ts'
import { sampleChanges } from './sample-changes.ts'
import type { SampleChange } from './sample-changes.ts'

const users = [{ name: 'admin', password: 'secret', roles: ['admin'], where: '' }]
const authorization = `Basic ${Buffer.from('admin:secret').toString('base64')}`

const changing = allRoutes
  .filter(({ method }) => isChange(method))
  .map(({ method, path }) => ({ method, name: `${method} ${path}` }))

/** Asks for the change of one route, as an administrator. */
async function ask(url: string, method: string, { path, body }: SampleChange): Promise<Response> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  return fetch(`${url}${path}`, { method, headers: { authorization, ...type }, ...content })
}

function sampleOf(name: string): SampleChange {
  const sample = sampleChanges[name]
  assert(sample !== undefined, `${name} changes something: it needs a sample in sample-changes.ts`)
  return sample
}

/** What a node that does not lead answers to every change. */
async function answersOf(status: BrokerStatus) {
  const api = await listeningApi(() => status, { users })
  try {
    const answers: Record<string, unknown>[] = []
    for (const { method, name } of changing) {
      const answer = await ask(api.url, method, sampleOf(name))
      const { code, leader, leaderUrl } = (await answer.json()) as Record<string, unknown>
      const retryAfter = answer.headers.get('retry-after')
      answers.push({ name, status: answer.status, code, leader, leaderUrl, retryAfter })
    }
    return answers
  } finally {
    await api.stop()
  }
}

function expected(words: Readonly<Record<string, unknown>>) {
  return changing.map(({ name }) => ({ name, code: 'NOT_LEADER', ...words }))
}

describe('every route that changes something', () => {
  it('has a sample here, and no sample is of a route that is gone', () => {
    const names = changing.map(({ name }) => name)
    assert.ok(names.length > 0)
    assert.deepEqual(Object.keys(sampleChanges).sort(), names.sort())
  })

  it('tells where the leader is when a follower is asked', async () => {
    const where = { leader: 'node01', leaderUrl: 'http://127.0.0.1:8161' }
    const answers = await answersOf(sampleStatus())
    assert.deepEqual(answers, expected({ status: 421, ...where, retryAfter: null }))
  })

  it('names the leader also where nobody knows its URL', async () => {
    const members = sampleStatus().members.map((member) => ({ ...member, consoleUrl: null }))
    const answers = await answersOf(sampleStatus({ members }))
    const where = { leader: 'node01', leaderUrl: null }
    assert.deepEqual(answers, expected({ status: 421, ...where, retryAfter: null }))
  })

  it('asks to come again while nobody leads, or the one that was asked is about to', async () => {
    const nobody = { status: 503, leader: null, leaderUrl: null, retryAfter: '1' }
    const without = sampleStatus({ role: 'candidate', leader: null })
    assert.deepEqual(await answersOf(without), expected(nobody))
    const elected = sampleStatus({ role: 'candidate', leader: 'node02' })
    assert.deepEqual(await answersOf(elected), expected(nobody))
  })
})
