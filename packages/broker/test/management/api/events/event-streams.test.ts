import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { ManualClock } from '@quorate/core/base/manual-clock'
import type { BrokerStatus } from '../../../../src/management/broker-status.ts'
import {
  EVENT_STREAMS_MAX,
  EventStreams,
} from '../../../../src/management/api/events/event-streams.ts'
import { STREAM_BUFFER_BYTES_MAX } from '../../../../src/management/api/events/event-stream.ts'
import { sampleStatus } from '../../sample-status.ts'
import { LeadingBroker } from '../leading-broker.ts'
import { listeningApi } from '../listening-api.ts'

/** Remembers what is written, and reads it or not. */
class TestSink {
  writableLength = 0
  isDestroyed = false
  readonly #texts: string[] = []

  write(text: string): void {
    this.#texts.push(text)
  }

  destroy(): void {
    this.isDestroyed = true
  }

  /** Events since the last time. */
  take(): [event: string, data: unknown][] {
    return this.#texts.splice(0).flatMap((text): [string, unknown][] => {
      const match = /^event: (\w+)\ndata: (.*)\n\n$/.exec(text)
      return match === null ? [] : [[match[1] ?? '', JSON.parse(match[2] ?? '')]]
    })
  }
}

function quietStreams(changes: () => Partial<BrokerStatus> = () => ({})) {
  const clock = new ManualClock()
  const status = () => sampleStatus(changes())
  return {
    clock,
    streams: new EventStreams({ status, elections: () => [], administration: () => null }, clock),
  }
}

describe('streams of events', () => {
  it('tell everything of the node once, and then what has changed', () => {
    let epoch = 3
    const { clock, streams } = quietStreams(() => ({ epoch }))
    const sink = new TestSink()
    streams.open(sink, [])
    const [first] = sink.take()
    assert.equal(first?.[0], 'node')
    assert.equal((first[1] as { leaderUrl: string }).leaderUrl, 'http://127.0.0.1:8161')
    clock.advance(5000)
    assert.deepEqual(sink.take(), [])
    epoch = 4
    clock.advance(1000)
    assert.deepEqual(sink.take(), [['node', { epoch: 4 }]])
  })

  it('tell of the destinations that are watched: what changed, and what is gone', async () => {
    const broker = new LeadingBroker()
    const { clock, engine } = broker
    const administration = () => engine.administration()
    const silent = { status: () => sampleStatus(), elections: () => [] }
    const streams = new EventStreams({ ...silent, administration }, clock)
    const client = broker.connect()
    broker.send(client, 'A', 'x')
    broker.send(client, 'B', 'x')
    await broker.settled()
    const sink = new TestSink()
    streams.open(sink, [
      { kind: 'queue', name: 'A' },
      { kind: 'queue', name: 'LATER' },
    ])
    const [, told] = sink.take()
    const [first] = (told?.[1] as { changed: Record<string, unknown>[] }).changed
    assert.deepEqual([first?.destination, first?.pending], ['queue://A', 1])
    broker.send(client, 'A', 'y')
    broker.send(client, 'B', 'y')
    await broker.settled()
    clock.advance(1000)
    const [[, changed] = []] = sink.take()
    const fields = { pending: 2, enqueued: 2, destination: 'queue://A' }
    const { pendingBytes, ...rest } = (changed as { changed: [Record<string, unknown>] }).changed[0]
    assert.ok(Number(pendingBytes) > 0)
    assert.deepEqual(rest, fields)
    client.removeDestination({ kind: 'queue', name: 'A' }, 1)
    for (let i = 0; i < 4; i++) await broker.settled()
    clock.advance(1000)
    assert.deepEqual(sink.take(), [['destinations', { changed: [], gone: ['queue://A'] }]])
    streams.stop()
  })

  it('cut off who does not read', () => {
    const { clock, streams } = quietStreams()
    const [slow, quick] = [new TestSink(), new TestSink()]
    streams.open(slow, [])
    streams.open(quick, [])
    slow.writableLength = STREAM_BUFFER_BYTES_MAX + 1
    clock.advance(1000)
    assert.deepEqual([slow.isDestroyed, quick.isDestroyed, streams.size], [true, false, 1])
  })

  it('give a sign of life now and then, and look at nothing while nobody watches', () => {
    let asked = 0
    const { clock, streams } = quietStreams(() => ({ uptimeMs: ++asked }))
    const sink = new TestSink()
    const end = streams.open(sink, [])
    clock.advance(30_000)
    assert.equal(asked, 31)
    const beats = sink.take().filter(([event]) => event === 'beat')
    assert.equal(beats.length, 2)
    end()
    end()
    clock.advance(60_000)
    assert.deepEqual([asked, streams.size], [31, 0])
  })

  it('keep nothing of ten thousand that were opened and dropped', () => {
    let asked = 0
    const { clock, streams } = quietStreams(() => ({ epoch: ++asked }))
    for (let i = 0; i < 10_000; i++) {
      const sink = new TestSink()
      const end = streams.open(sink, [{ kind: 'queue', name: `Q${i}` }])
      if (i % 7 === 0) clock.advance(1000)
      if (i % 2 === 0) end()
      else sink.writableLength = STREAM_BUFFER_BYTES_MAX + 1
      if (i % 50 === 49) clock.advance(1000)
      assert.ok(streams.size <= EVENT_STREAMS_MAX)
    }
    clock.advance(1000)
    assert.equal(streams.size, 0)
    const before = asked
    clock.advance(60_000)
    assert.equal(asked, before)
  })
})

/** Opens a stream; resolves with the answer's status once it has begun. */
async function openStream(url: string): Promise<{ status: number; client: ClientRequest }> {
  const client = request(`${url}/api/v1/events?watch=queue://A`).end()
  client.on('error', () => undefined)
  const [response] = (await once(client, 'response')) as [IncomingMessage]
  response.on('error', () => undefined)
  response.resume()
  return { status: response.statusCode ?? 0, client }
}

describe('/api/v1/events', () => {
  it('answers in the format of server-sent events, with the headers of all answers', async () => {
    const api = await listeningApi(() => sampleStatus())
    try {
      const stop = new AbortController()
      const answer = await fetch(`${api.url}/api/v1/events`, { signal: stop.signal })
      assert.equal(answer.headers.get('content-type'), 'text/event-stream')
      assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/)
      const chunks = answer.body as unknown as AsyncIterable<Uint8Array>
      for await (const chunk of chunks) {
        assert.match(Buffer.from(chunk).toString(), /^event: node\ndata: \{"nodeId":"node02"/)
        break
      }
      stop.abort()
    } finally {
      await api.stop()
    }
  })

  it('has room for so many, and refuses who comes later', async () => {
    const api = await listeningApi(() => sampleStatus())
    try {
      const streams = await Promise.all(
        Array.from({ length: EVENT_STREAMS_MAX }, () => openStream(api.url)),
      )
      assert.ok(streams.every(({ status }) => status === 200))
      const late = await openStream(api.url)
      assert.equal(late.status, 503)
      for (const { client } of streams) client.destroy()
    } finally {
      await api.stop()
    }
  })

  it('keeps nothing of hundreds of connections that were dropped in the middle', async () => {
    const api = await listeningApi(() => sampleStatus())
    try {
      const dropMany = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i += 20) {
          const batch = await Promise.all(Array.from({ length: 20 }, () => openStream(api.url)))
          for (const { client } of batch) client.destroy()
          // What was dropped is noticed by the time the next ones come, or a little later.
          while (api.eventStreams > EVENT_STREAMS_MAX - 20) {
            await new Promise((resolve) => setImmediate(resolve))
          }
        }
      }
      await dropMany(500)
      while (api.eventStreams > 0) await new Promise((resolve) => setImmediate(resolve))
      const last = await openStream(api.url)
      assert.deepEqual([last.status, api.eventStreams], [200, 1])
      last.client.destroy()
    } finally {
      await api.stop()
    }
  })
})
