import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { jsonText } from '../../src/cli/json-text.ts'

describe('JSON for standard output', () => {
  it('escapes what would steer a terminal, and means the same', () => {
    const value = { body: 'a\u001b[2J\u009b31m\u007f\u202eb\u2028\n', list: ['é', '消息'] }
    for (const indent of [undefined, 2]) {
      const text = jsonText(value, indent)
      assert.deepEqual(JSON.parse(text), value)
      assert.doesNotMatch(text, /[\u001b\u007f-\u009f\u2028\u202e]/)
      assert.ok(text.includes('消息'), 'what can be read stays as it is')
      assert.equal(text.split('\n').length, indent === undefined ? 1 : 7)
    }
  })
})
