import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Message } from '../../src/engine/client.ts'
import type { DispatchedMessage } from '../../src/engine/subscription/dispatched-message.ts'
import type { EngineOptions } from '../../src/engine/engine-options.ts'
import { HELD_FRESH_BYTES_MAX } from '../../src/engine/policy/limits.ts'
import { EngineHarness, held, testMessage } from './engine-harness.ts'
import type { TestClient } from './engine-harness.ts'

const DECODED = { content: 'in the chunk that was read from the socket' }
/** What an adapter cuts the bodies of several messages from. */
const CHUNK_BYTES = 64 << 10

interface Seen {
  readonly isDecoded: boolean
  readonly isInChunk: boolean
}

/** Sends one that is not persistent as an adapter does, and keeps what consumers are given. */
function world(
  destination: string,
  options: Partial<EngineOptions> = {},
): {
  harness: EngineHarness
  sender: TestClient
  consumer: TestClient
  seen: Seen[]
  send: (bytes?: number, transaction?: string) => void
} {
  const harness = new EngineHarness(options)
  const [sender, consumer] = [harness.connect(), harness.connect()]
  const seen: Seen[] = []
  consumer.onDispatch = (deliveries) => {
    for (const { decoded, body } of deliveries) {
      const isInChunk = body.buffer.byteLength === CHUNK_BYTES
      seen.push({ isDecoded: decoded === DECODED, isInChunk })
    }
  }
  const send = (bytes = 100, transaction = ''): void => {
    const body = Buffer.allocUnsafeSlow(CHUNK_BYTES).subarray(0, bytes).fill('x')
    const message: Message = { ...testMessage(destination, '', { persistent: false }), body }
    sender.client.send({ ...message, decoded: DECODED }, transaction, sender.receipt())
  }
  return { harness, sender, consumer, seen, send }
}

const AS_IT_CAME: Seen = { isDecoded: true, isInChunk: true }
const ON_ITS_OWN: Seen = { isDecoded: false, isInChunk: false }

describe('a message that only memory holds', () => {
  for (const destination of ['Q', 'topic://T']) {
    it(`is handed out of ${destination} as it came if somebody takes it at once`, () => {
      const { harness, consumer, seen, send } = world(destination)
      consumer.consume(destination)
      for (let i = 0; i < 3; i++) send()
      harness.settle()
      assert.deepEqual(seen, [AS_IT_CAME, AS_IT_CAME, AS_IT_CAME])
    })

    it(`holds none of the memory in which it came to ${destination} once it waits`, () => {
      const { harness, consumer, seen, send } = world(destination)
      consumer.consume(destination, { prefetch: 1 })
      for (let i = 0; i < 3; i++) send()
      harness.settle()
      // A topic's come to rest with the next one that is offered.
      send()
      harness.settle()
      for (let i = 0; i < 3; i++) {
        consumer.acknowledge(consumer.takeDeliveries())
        harness.settle()
      }
      assert.deepEqual(seen, [AS_IT_CAME, ON_ITS_OWN, ON_ITS_OWN, ON_ITS_OWN])
    })
  }

  it('holds none of it from the beginning where nobody is there', () => {
    const { harness, consumer, seen, send } = world('Q')
    send()
    consumer.consume('Q')
    harness.settle()
    assert.deepEqual(seen, [ON_ITS_OWN])
  })

  it('keeps its body where it is if that is most of its chunk', () => {
    const { harness, consumer, seen, send } = world('Q')
    send(CHUNK_BYTES / 2)
    consumer.consume('Q')
    harness.settle()
    assert.deepEqual(seen, [{ isDecoded: false, isInChunk: true }])
  })

  it('holds none of it while its sender waits for room', () => {
    const { harness, consumer, seen, send } = world('Q', { memoryLimitBytes: held(1, 100) })
    consumer.consume('Q', { prefetch: 1 })
    for (let i = 0; i < 2; i++) send()
    harness.settle()
    consumer.acknowledge(consumer.takeDeliveries())
    harness.settle()
    assert.deepEqual(seen, [AS_IT_CAME, ON_ITS_OWN])
  })

  it('holds none of it in a transaction while very many are in open ones', () => {
    const { harness, sender, consumer, seen, send } = world('Q')
    consumer.consume('Q', { prefetch: 60_000 })
    const fresh = Math.floor(HELD_FRESH_BYTES_MAX / held(1, 100))
    sender.client.begin('t')
    for (let i = 0; i < fresh + 3; i++) send(100, 't')
    sender.commit('t')
    harness.settle()
    const expected = [
      ...new Array<Seen>(fresh).fill(AS_IT_CAME),
      ON_ITS_OWN,
      ON_ITS_OWN,
      ON_ITS_OWN,
    ]
    assert.deepEqual(seen, expected)
  })

  it('is not kept decoded while it is with its consumer, and comes again without', () => {
    const { harness, consumer, seen, send } = world('Q')
    const first = consumer.consume('Q')
    send()
    harness.settle()
    const [delivery] = consumer.takeDeliveries() as DispatchedMessage[]
    assert.deepEqual([delivery?.decoded, delivery?.entry.decoded], [undefined, undefined])
    first.close(0)
    consumer.consume('Q')
    harness.settle()
    assert.deepEqual(seen, [AS_IT_CAME, ON_ITS_OWN])
    assert.equal(consumer.texts[0], 'x'.repeat(100))
  })
})
