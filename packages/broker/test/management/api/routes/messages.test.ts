import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { BrokerError } from '@quorate/core/base/errors'
import { silentLog } from '@quorate/core/base/log'
import { ACKNOWLEDGED_PER_RECORD_MAX } from '../../../../src/engine/policy/limits.ts'
import { PROPERTIES_CHARS_MAX } from '../../../../src/management/api/messages/message-view.ts'
import { OPERATION_TIMEOUT_MS } from '../../../../src/management/api/messages/operation.ts'
import { LeadingBroker, QuietSink } from '../leading-broker.ts'

const users = [
  { name: 'admin', password: 'secret', roles: ['admin'], where: '' },
  { name: 'ops', password: 'secret', roles: ['operator'], where: '' },
  { name: 'user', password: 'secret', roles: ['user'], where: '' },
]

interface Answered {
  readonly status: number
  readonly body: Record<string, unknown>
}

interface World {
  readonly broker: LeadingBroker
  readonly url: string
  readonly logged: { message: string; fields: Record<string, unknown> }[]
  /** Asks as `who`, of QUEUE's messages unless the path begins with a slash. */
  readonly ask: (method: string, path: string, body?: unknown, who?: string) => Promise<Answered>
}

function authorization(who: string): string {
  return `Basic ${Buffer.from(`${who}:secret`).toString('base64')}`
}

async function withWorld(work: (world: World) => Promise<void>): Promise<void> {
  const broker = new LeadingBroker()
  const logged: World['logged'] = []
  const note = (message: string, fields = {}): void => void logged.push({ message, fields })
  const api = await broker.api({ users, log: { ...silentLog, warn: note, audit: note } })
  const ask: World['ask'] = async (method, path, body, who = 'ops') => {
    const base = path.startsWith('/') ? '' : '/api/v1/destinations/queue/Q/messages'
    const answer = await fetch(`${api.url}${base}${path.replace(/^\./, '')}`, {
      method,
      headers: {
        authorization: authorization(who),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    const parsed = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    return { status: answer.status, body: parsed }
  }
  try {
    await work({ broker, url: api.url, logged, ask })
  } finally {
    await api.stop()
  }
}

type Items = readonly Record<string, unknown>[]

describe('messages through the API', () => {
  it('are sent, listed without bodies, and shown with what they carry', () =>
    withWorld(async ({ ask }) => {
      const sent = await ask('POST', '.', {
        body: 'Grüße',
        correlationId: 'c-1',
        replyTo: 'topic://ANSWERS',
        timeToLiveMs: 60_000,
        properties: { shop: 'eu', amount: 7, total: 7.5, big: 2 ** 40, express: true },
      })
      assert.equal(sent.status, 200)
      const listed = await ask('GET', '.', undefined, 'user')
      const [item] = listed.body.items as Items
      assert.equal(item?.messageId, sent.body.messageId)
      assert.deepEqual([item?.type, item?.persistent, item?.handedOut], ['text', true, false])
      assert.equal(item?.replyTo, 'topic://ANSWERS')
      assert.ok(!('body' in item))
      const { body } = await ask('GET', `./${String(item?.id)}`)
      const content = { encoding: 'text', content: 'Grüße', bytes: 7, truncated: false }
      assert.deepEqual(body.body, content)
      const properties = { shop: 'eu', amount: 7, total: 7.5, big: 2 ** 40, express: true }
      assert.deepEqual(body.properties, properties)
      const cut = await ask('GET', `./${String(item?.id)}?preview=3`)
      assert.deepEqual(cut.body.body, { ...content, content: 'Gr', truncated: true })
    }))

  it('are shown with as many properties as fit, and say when some are left out', () =>
    withWorld(async ({ ask }) => {
      const names = Array.from({ length: 100 }, (_, i) => `p${i}`)
      const properties = Object.fromEntries(names.map((name) => [name, 'x'.repeat(8000)]))
      await ask('POST', '.', { body: 'large', properties })
      await ask('POST', '.', { body: 'small', properties: { p: 'x' } })
      const [large, small] = (await ask('GET', '.')).body.items as Items
      const { body } = await ask('GET', `./${String(large?.id)}`)
      const shown = Object.keys(body.properties as object)
      assert.deepEqual(shown, names.slice(0, Math.floor(PROPERTIES_CHARS_MAX / 8002)))
      assert.equal(body.propertiesTruncated, true)
      const other = await ask('GET', `./${String(small?.id)}`)
      assert.equal(other.body.propertiesTruncated, false)
    }))

  it('of bytes come as base64', () =>
    withWorld(async ({ ask }) => {
      const bytes = Buffer.from([0, 255, 7]).toString('base64')
      assert.equal((await ask('POST', '.', { body: bytes, encoding: 'base64' })).status, 200)
      assert.equal((await ask('POST', '.', { body: 'no base64!', encoding: 'base64' })).status, 400)
      const [item] = (await ask('GET', '.')).body.items as Items
      const { body } = await ask('GET', `./${String(item?.id)}`)
      const shown = { encoding: 'base64', content: bytes, bytes: 3, truncated: false }
      assert.deepEqual([body.type, body.body], ['bytes', shown])
    }))

  it('are listed a page at a time', () =>
    withWorld(async ({ broker, ask }) => {
      const client = broker.connect()
      for (let i = 0; i < 5; i++) broker.send(client, 'Q', `${i}`, i !== 2)
      await broker.settled()
      const seen: unknown[] = []
      let after = ''
      for (;;) {
        const { body } = await ask('GET', `.?limit=2${after}`)
        seen.push(...(body.items as Items).map(({ id }) => id))
        if (body.next === null) break
        after = `&after=${body.next as string}`
      }
      assert.equal(seen.length, 5)
      assert.equal(new Set(seen).size, 5)
    }))

  it('are moved, copied, deleted and purged, and each change is in the log', () =>
    withWorld(async ({ broker, ask, logged }) => {
      const client = broker.connect()
      for (const text of ['a', 'b', 'c', 'd', 'e']) broker.send(client, 'Q', text)
      await broker.settled()
      const ids = ((await ask('GET', '.')).body.items as Items).map(({ id }) => id)
      const move = { ids: ids.slice(0, 2), to: 'queue://ELSEWHERE' }
      assert.deepEqual((await ask('POST', './move', move)).body, { count: 2 })
      assert.deepEqual((await ask('POST', './move', move)).body, { count: 0 })
      const moved = await ask('GET', '/api/v1/destinations/queue/ELSEWHERE/messages')
      const [first] = moved.body.items as Items
      assert.equal(first?.originalDestination, 'queue://Q')
      const copy = { ids: ids.slice(2, 3), to: 'ELSEWHERE' }
      assert.deepEqual((await ask('POST', './copy', copy)).body, { count: 1 })
      assert.equal((await ask('DELETE', `./${String(ids[2])}`)).status, 204)
      assert.equal((await ask('DELETE', `./${String(ids[2])}`)).status, 404)
      assert.deepEqual((await ask('POST', './delete', { ids: ids.slice(2, 4) })).body, { count: 1 })
      assert.deepEqual((await ask('POST', './purge', {})).body, { count: 1, isMore: false })
      const left = await ask('GET', '/api/v1/destinations/queue/Q')
      assert.equal(left.body.pending, 0)
      const done = logged.filter(({ fields }) => fields.outcome === 'done')
      assert.equal(done.length, 6)
      assert.deepEqual(done[0]?.fields, {
        user: 'ops',
        from: '127.0.0.1',
        change: 'POST /api/v1/destinations/queue/Q/messages/move',
        outcome: 'done',
        ids: ids.slice(0, 2).join(' '),
        to: 'queue://ELSEWHERE',
        count: 2,
      })
      await ask('POST', './purge', {}, 'user')
      const { user, outcome } = logged.at(-1)?.fields ?? {}
      assert.deepEqual([user, outcome], ['user', 'NOT_AUTHORIZED'])
      assert.ok(!JSON.stringify(logged).includes('secret'))
    }))

  it('are answered when they are committed, and not before', () =>
    withWorld(async ({ broker, ask }) => {
      await ask('POST', '.', { body: 'first' })
      broker.holdsCommits = true
      let isAnswered = false
      const asked = ask('POST', '.', { body: 'second' }).then((answer) => {
        isAnswered = true
        return answer
      })
      await ask('GET', '.')
      await broker.settled()
      assert.equal(isAnswered, false)
      broker.holdsCommits = false
      broker.commit()
      assert.equal((await asked).status, 200)
    }))

  it('that were purged before a failure are told, to who asked and in the log', () =>
    withWorld(async ({ broker, ask, logged }) => {
      const client = broker.connect()
      for (let i = 0; i <= ACKNOWLEDGED_PER_RECORD_MAX; i++) broker.send(client, 'Q', `${i}`)
      await broker.settled()
      broker.holdsCommits = true
      const purging = ask('POST', './purge', {})
      await ask('GET', '/api/v1/destinations')
      await broker.settled()
      broker.holdsCommits = false
      broker.commit()
      broker.engine.stop(new BrokerError('LEADERSHIP_LOST', 'Another one leads.'))
      const { status, body } = await purging
      assert.deepEqual([status, body.code], [503, 'LEADERSHIP_LOST'])
      assert.equal(body.detail, 'Another one leads. Before that, 10000 messages were purged.')
      assert.equal(logged.at(-1)?.fields.count, 10_000)
    }))

  it('that are not committed in time, or by this leader, have an unknown outcome', () =>
    withWorld(async ({ broker, ask }) => {
      broker.holdsCommits = true
      const late = ask('POST', '.', { body: 'late' })
      await ask('GET', '/api/v1/destinations')
      await broker.settled()
      broker.clock.advance(OPERATION_TIMEOUT_MS)
      const answer = await late
      assert.deepEqual([answer.status, answer.body.code], [504, 'REQUEST_TIMEOUT'])
      const lost = ask('POST', '.', { body: 'lost' })
      await ask('GET', '/api/v1/destinations')
      await broker.settled()
      broker.engine.stop(new BrokerError('LEADERSHIP_LOST', 'another one leads'))
      const { status, body } = await lost
      assert.deepEqual([status, body.code], [503, 'LEADERSHIP_LOST'])
      assert.equal((await ask('POST', '.', { body: 'x' })).body.code, 'NOT_LEADER')
    }))
})

describe('destinations and subscriptions through the API', () => {
  it('are created and removed by administrators, not while they are in use', () =>
    withWorld(async ({ broker, ask }) => {
      const queue = '/api/v1/destinations/queue/NEW'
      assert.equal((await ask('PUT', queue, {}, 'ops')).status, 403)
      const made = await ask('PUT', queue, {}, 'admin')
      assert.deepEqual([made.status, made.body.destination], [200, 'queue://NEW'])
      assert.equal((await ask('PUT', queue, {}, 'admin')).status, 200)
      const client = broker.connect('billing')
      broker.consume(client, 'NEW')
      assert.equal((await ask('DELETE', queue, undefined, 'admin')).body.code, 'DESTINATION_IN_USE')
      client.close()
      assert.equal((await ask('DELETE', queue, undefined, 'admin')).status, 204)
      assert.equal((await ask('GET', queue)).status, 404)
      assert.equal((await ask('DELETE', queue, undefined, 'admin')).status, 404)
      assert.equal((await ask('PUT', '/api/v1/destinations/queue/A.%3E', {}, 'admin')).status, 400)
      assert.equal((await ask('PUT', '/api/v1/destinations/temp-queue/A', {}, 'admin')).status, 400)
    }))

  it('lets a durable subscription go when nobody has it', () =>
    withWorld(async ({ broker, ask }) => {
      const client = broker.connect('billing')
      broker.consume(client, 'topic://PRICES', 10, 'nightly')
      await broker.settled()
      const path = '/api/v1/subscriptions/billing/nightly'
      assert.equal((await ask('DELETE', path, undefined, 'admin')).body.code, 'INVALID_CLIENT_ID')
      client.close()
      assert.equal((await ask('DELETE', path, undefined, 'admin')).status, 204)
      assert.equal((await ask('DELETE', path, undefined, 'admin')).status, 404)
    }))
})

describe('the API under abuse', () => {
  it('lets nobody change anything without the login and the role that it takes', () =>
    withWorld(async ({ url, broker, ask }) => {
      broker.send(broker.connect(), 'Q', 'kept')
      await broker.settled()
      const changes: readonly [string, string, unknown][] = [
        ['POST', '.', { body: 'x' }],
        ['POST', './delete', { ids: ['1'] }],
        ['POST', './move', { ids: ['1'], to: 'R' }],
        ['POST', './copy', { ids: ['1'], to: 'R' }],
        ['POST', './purge', {}],
        ['DELETE', './1', undefined],
        ['DELETE', '/api/v1/destinations/queue/Q', undefined],
        ['PUT', '/api/v1/destinations/queue/R', {}],
      ]
      for (const [method, path, body] of changes) {
        assert.equal((await ask(method, path, body, 'user')).status, 403, path)
      }
      const nobody = await fetch(`${url}/api/v1/destinations/queue/Q/messages/purge`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })
      assert.equal(nobody.status, 401)
      assert.match(nobody.headers.get('www-authenticate') ?? '', /^Basic realm="Quorate"/)
      const { body } = await ask('GET', '/api/v1/destinations/queue/Q')
      assert.equal(body.pending, 1)
    }))

  it('takes no form of another page, whoever is logged in', () =>
    withWorld(async ({ url, broker }) => {
      broker.send(broker.connect(), 'Q', 'kept')
      await broker.settled()
      const purge = (headers: Record<string, string>) =>
        fetch(`${url}/api/v1/destinations/queue/Q/messages/purge`, {
          method: 'POST',
          headers: { authorization: authorization('admin'), ...headers },
          body: '{}',
        })
      const json = { 'content-type': 'application/json' }
      assert.equal((await purge({ 'content-type': 'text/plain' })).status, 415)
      const form = { 'content-type': 'application/x-www-form-urlencoded' }
      assert.equal((await purge(form)).status, 415)
      assert.equal((await purge({ ...json, origin: 'http://evil.example' })).status, 403)
      assert.equal((await purge({ ...json, 'sec-fetch-site': 'cross-site' })).status, 403)
      assert.equal((await purge({ ...json, origin: url })).status, 200)
    }))

  it('reads no body that is too large, is no JSON, or has what does not belong', () =>
    withWorld(async ({ url, ask }) => {
      const post = (body: string) =>
        fetch(`${url}/api/v1/destinations/queue/Q/messages`, {
          method: 'POST',
          headers: {
            authorization: authorization('ops'),
            'content-type': 'application/json',
          },
          body,
        })
      assert.equal((await post(`{"body":"${'x'.repeat(1 << 20)}"}`)).status, 413)
      assert.equal((await post('{"body":')).status, 400)
      assert.equal((await post('')).status, 400)
      assert.equal((await post('{"__proto__":{"persistent":false}}')).status, 400)
      const wrong = [
        { body: 7 },
        { priority: 10 },
        { properties: { 'no name': 1 } },
        { properties: { deep: {} } },
        { admin: true },
        { replyTo: '' },
      ]
      for (const body of wrong) assert.equal((await ask('POST', '.', body)).status, 400)
      assert.equal((await ask('POST', './delete', { ids: ['1-2'] })).status, 400)
      assert.equal((await ask('POST', './delete', { ids: ['../1'] })).status, 400)
      const many = { ids: Array.from({ length: 501 }, () => '1') }
      assert.equal((await ask('POST', './delete', many)).status, 400)
    }))

  it('hands no message that it deletes to a consumer that comes meanwhile', () =>
    withWorld(async ({ broker, ask }) => {
      for (const text of ['a', 'b']) broker.send(broker.connect(), 'Q', text)
      await broker.settled()
      const [first] = (await ask('GET', '.')).body.items as Items
      broker.holdsCommits = true
      const asked = ask('DELETE', `./${String(first?.id)}`)
      await ask('GET', '/api/v1/destinations')
      await broker.settled()
      const sink = new QuietSink()
      broker.consume(broker.connect('', sink), 'Q')
      await broker.settled()
      broker.holdsCommits = false
      broker.commit()
      assert.equal((await asked).status, 204)
      await broker.settled()
      assert.equal(sink.deliveries.length, 1)
    }))
})
