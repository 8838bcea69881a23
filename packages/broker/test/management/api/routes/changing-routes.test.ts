import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { BrokerError } from '@quorate/core/base/errors'
import { silentLog } from '@quorate/core/base/log'
import type { BrokerStatus } from '../../../../src/management/broker-status.ts'
import { isChange } from '../../../../src/management/api/http/route.ts'
import { allRoutes } from '../../../../src/management/api/routes/all-routes.ts'
import { sampleStatus } from '../../sample-status.ts'
import { LeadingBroker } from '../leading-broker.ts'
import { listeningApi } from '../listening-api.ts'
import { sampleChanges, sampled } from './sample-changes.ts'
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

interface Line {
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A broker that has what the samples change, its API, and the lines of changes in its log. */
async function withChanged(
  work: (world: { broker: LeadingBroker; url: string; lines: readonly Line[] }) => Promise<void>,
): Promise<void> {
  const broker = new LeadingBroker()
  const client = broker.connect(sampled.clientId)
  broker.consume(client, sampled.topic, 10, sampled.subscription)
  for (const text of ['one', 'two']) broker.send(client, sampled.queue, text)
  await broker.settled()
  client.close()
  const lines: Line[] = []
  const audit = (message: string, fields = {}): void => void lines.push({ message, fields })
  const api = await broker.api({ users, log: { ...silentLog, audit } })
  try {
    await work({ broker, url: api.url, lines })
  } finally {
    await api.stop()
  }
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

  for (const { method, name } of changing) {
    it(`leaves a line in the log: ${name}`, () =>
      withChanged(async ({ url, lines }) => {
        const sample = sampleOf(name)
        const answer = await ask(url, method, sample)
        assert.equal(answer.status, sample.status)
        const text = await answer.text()
        const answered = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
        const change = `${method} ${sample.path}`
        const who = { user: 'admin', from: '127.0.0.1', change, outcome: 'done' }
        const fields = { ...who, ...sample.audited(answered) }
        assert.deepEqual(lines, [{ message: 'change by the API', fields }])
        assert.ok(!JSON.stringify(lines).includes('secret'), 'no password, no content')
      }))
  }

  it('leaves a line as well when it fails', () =>
    withChanged(async ({ broker, url, lines }) => {
      broker.engine.stop(new BrokerError('LEADERSHIP_LOST', 'another one leads'))
      for (const { method, name } of changing) await ask(url, method, sampleOf(name))
      const told = lines.map(({ fields: { change, outcome } }) => ({ change, outcome }))
      const wanted = changing.map(({ method, name }) => {
        return { change: `${method} ${sampleOf(name).path}`, outcome: 'NOT_LEADER' }
      })
      assert.deepEqual(told, wanted)
    }))
})
