import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LoadTask } from '../load/load-task.ts'
import { queueOf, wordsOf } from './rabbitmq-words.ts'

const timed = { warmupMs: 1, measureMs: 2 }

describe("words of RabbitMQ's load generator", () => {
  it('are the fields of the task behind the ports', () => {
    const task: LoadTask = { do: 'transactions', queue: 'q', size: 100, bytes: 7, ...timed }
    assert.deepEqual(wordsOf(task, [5672, 5673]), [
      ...['--ports', '5672,5673', '--do', 'transactions', '--queue', 'q', '--size', '100'],
      ...['--bytes', '7', '--warmupMs', '1', '--measureMs', '2'],
    ])
  })

  it('go to the leader of the one queue of a task', () => {
    assert.equal(queueOf({ do: 'fill', queue: 'q', queues: 1, count: 1, bytes: 1 }), 'q')
    assert.equal(queueOf({ do: 'probe', queue: 'q', bytes: 1, patienceMs: 0 }), 'q')
  })

  it('go to the leader of the first of several queues', () => {
    assert.equal(queueOf({ do: 'fill', queue: 'q', queues: 2, count: 1, bytes: 1 }), 'q.0')
  })

  it('go to any node for a topic, which nobody leads', () => {
    const topic = { topic: 't', subscribers: 1, window: 1, bytes: 1 }
    assert.equal(queueOf({ do: 'fan-out', ...topic, ...timed }), null)
  })
})
