import assert from 'node:assert/strict'
import { after, beforeEach, describe, it, mock } from 'node:test'
import { SILENT_MS } from '../../src/api/limits.ts'
import { Live } from '../../src/api/live.ts'

/** A stream as the browser has it, of which the test is the node. */
class TestStream extends EventTarget {
  static readonly all: TestStream[] = []
  isClosed = false
  readonly watched: readonly string[]

  constructor(url: string) {
    super()
    this.watched = new URL(url, 'http://node').searchParams.getAll('watch')
    TestStream.all.push(this)
  }

  close(): void {
    this.isClosed = true
  }

  tell(event: string, data: object): void {
    this.dispatchEvent(new MessageEvent(event, { data: JSON.stringify(data) }))
  }
}

const queue = (name: string, pending: number) => ({ destination: `queue://${name}`, pending })

describe('the stream of the console', () => {
  const globals = ['window', 'document', 'EventSource'] as const
  const before = globals.map((name) => Object.getOwnPropertyDescriptor(globalThis, name))
  let nowMs = 0
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  mock.method(performance, 'now', () => nowMs)
  const document = Object.assign(new EventTarget(), { hidden: false })
  Object.assign(globalThis, { window: globalThis, document, EventSource: TestStream })
  after(() => {
    mock.reset()
    for (const [at, name] of globals.entries()) {
      const descriptor = before[at]
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name)
      else Object.defineProperty(globalThis, name, descriptor)
    }
  })

  const pass = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 500) {
      nowMs += 500
      mock.timers.tick(500)
    }
  }
  const last = (): TestStream => {
    const stream = TestStream.all.at(-1)
    assert.ok(stream !== undefined, 'a stream was opened')
    return stream
  }
  let live: Live
  beforeEach(() => {
    mock.timers.reset()
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
    TestStream.all.length = 0
    live = new Live()
    live.start()
  })

  it('watches names as they are, and anew only when they are others', () => {
    const names = ['queue://B', 'queue://two\nlines', 'queue://half \ud83d', 'queue://A']
    live.watch(names)
    assert.equal(TestStream.all.length, 2)
    const half = 'queue://half \ufffd'
    assert.deepEqual(last().watched, ['queue://A', 'queue://B', half, 'queue://two\nlines'])
    live.watch(names.toReversed())
    assert.equal(TestStream.all.length, 2)
    live.watch([])
    assert.deepEqual(last().watched, [])
  })

  it('forgets destinations of a leadership that has ended, and of a stream before', () => {
    live.watch(['queue://A'])
    const told = () => live.picture.destinations.get('queue://A')?.pending
    last().tell('node', { role: 'leader', epoch: 3 })
    last().tell('destinations', { changed: [queue('A', 7)], gone: [] })
    last().tell('node', { epoch: 3 })
    assert.equal(told(), 7)
    last().tell('node', { role: 'follower' })
    assert.equal(told(), undefined)
    last().tell('node', { role: 'leader' })
    last().tell('destinations', { changed: [queue('A', 5)], gone: [] })
    last().dispatchEvent(new Event('error'))
    assert.deepEqual([told(), live.picture.state], [5, 'lost'])
    pass(500)
    last().tell('node', { role: 'leader', epoch: 3 })
    assert.deepEqual([told(), live.picture.state], [undefined, 'live'])
  })

  it('is lost when the node says nothing any more, and opened again', () => {
    const first = last()
    first.tell('node', { role: 'leader' })
    pass(SILENT_MS - 1000)
    first.tell('beat', {})
    pass(SILENT_MS - 1000)
    assert.deepEqual([live.picture.state, first.isClosed], ['live', false])
    pass(2000)
    assert.deepEqual([live.picture.state, first.isClosed], ['lost', true])
    pass(500)
    assert.equal(TestStream.all.length, 2)
    last().tell('node', { role: 'leader' })
    assert.equal(live.picture.state, 'live')
  })
})
