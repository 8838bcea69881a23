import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAnswer } from './load-answer.ts'

const times = { p50: 1, p99: 2, p999: 3, max: 4 }

describe('the answer of a load generator', () => {
  it('is its last line', () => {
    const answer = { count: 3, seconds: 1.5, times, cpuSeconds: 0.1 }
    assert.deepEqual(parseAnswer(`warming up\n${JSON.stringify(answer)}\n`), answer)
  })

  it('may have no times', () => {
    const answer = { count: 3, seconds: 1.5, times: null, cpuSeconds: 0.1 }
    assert.deepEqual(parseAnswer(JSON.stringify(answer)), answer)
  })

  for (const wrong of [
    '',
    'oops',
    'null',
    '{"count":3}',
    '{"count":3,"seconds":null,"times":null,"cpuSeconds":1}',
    '{"count":3,"seconds":1,"times":{"p50":1},"cpuSeconds":1}',
  ]) {
    it(`is not ${JSON.stringify(wrong)}`, () => {
      assert.throws(() => parseAnswer(wrong), /not what a load generator answers/)
    })
  }
})
