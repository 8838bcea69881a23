import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { wordsOf } from './jms-words.ts'

describe('the words of the Java load generator', () => {
  it('are the address and everything that the task says', () => {
    const task = { do: 'fill', queue: 'q', queues: 2, count: 1000, bytes: 128 } as const
    assert.deepEqual(
      wordsOf({ address: 'failover:(tcp://127.0.0.1:1)', task }),
      [
        ['--address', 'failover:(tcp://127.0.0.1:1)'],
        ['--do', 'fill'],
        ['--queue', 'q'],
        ['--queues', '2'],
        ['--count', '1000'],
        ['--bytes', '128'],
      ].flat(),
    )
  })
})
