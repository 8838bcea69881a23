import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { BrokerError } from '@quorate/core/base/errors'
import fc from 'fast-check'
import { checked } from '../../../../src/management/api/http/check.ts'
import {
  flag,
  integer,
  list,
  nullable,
  object,
  oneOf,
  record,
  text,
} from '../../../../src/management/api/http/schema.ts'

const schema = object(
  {
    name: text({ minLength: 1, maxLength: 8 }),
    limit: integer({ minimum: 1, maximum: 500, default: 50 }),
    order: oneOf(['up', 'down'], { default: 'up' }),
    deep: flag(),
    tags: list(text(), { maxItems: 2 }),
    to: nullable(text()),
  },
  ['deep', 'tags', 'to'],
)

const asBody = (value: unknown) => checked(schema, value, { name: 'body', isText: false })
const asQuery = (value: unknown) => checked(schema, value, { name: 'query', isText: true })

describe('a schema', () => {
  it('puts defaults in, and reads numbers and flags from text in queries alone', () => {
    assert.deepEqual(
      { ...asQuery({ name: 'a', limit: '7', deep: 'true' }) },
      {
        name: 'a',
        limit: 7,
        deep: true,
        order: 'up',
      },
    )
    assert.throws(() => asBody({ name: 'a', limit: '7' }), /body\.limit is no number/)
    assert.deepEqual(
      { ...asBody({ name: 'a', to: null, tags: ['x'] }) },
      {
        name: 'a',
        to: null,
        tags: ['x'],
        limit: 50,
        order: 'up',
      },
    )
  })

  it('names what does not fit', () => {
    const cases: readonly [unknown, RegExp][] = [
      [null, /^body is no object/],
      [[], /^body is no object/],
      [{}, /body\.name is missing/],
      [{ name: '' }, /less than 1 characters/],
      [{ name: 'far too long' }, /more than 8/],
      [{ name: 'a', limit: 0 }, /less than 1/],
      [{ name: 'a', limit: 1.5 }, /no whole number/],
      [{ name: 'a', limit: 501 }, /more than 500/],
      [{ name: 'a', order: 'sideways' }, /none of up, down/],
      [{ name: 'a', tags: ['x', 'y', 'z'] }, /more than 2 items/],
      [{ name: 'a', more: 1 }, /body\.more is not known here/],
      [{ name: 'a', to: 7 }, /body\.to is no text/],
    ]
    for (const [value, message] of cases) {
      assert.throws(() => asBody(value), { code: 'INVALID_ARGUMENT', message })
    }
  })

  it('takes no text for a number that is none', () => {
    for (const limit of ['', ' 7', '0x10', '1e2', '7.5', 'NaN', ['7', '8']]) {
      assert.throws(() => asQuery({ name: 'a', limit }), { code: 'INVALID_ARGUMENT' })
    }
  })

  it('leaves the prototype alone, whatever names come', () => {
    const names = record(integer())
    const hostile = JSON.parse('{"__proto__":1,"constructor":2}') as unknown
    const read = checked(names, hostile, { name: 'body', isText: false })
    assert.deepEqual(Object.keys(read).sort(), ['__proto__', 'constructor'])
    assert.equal(Object.getPrototypeOf(read), null)
  })

  it('gives a value that fits or an error of the caller, for any input', () => {
    fc.assert(
      fc.property(fc.anything(), fc.boolean(), (value, isText) => {
        try {
          const read = checked(schema, value, { name: 'body', isText })
          assert.ok(read.limit >= 1 && read.limit <= 500 && read.name.length <= 8)
        } catch (error) {
          assert.ok(error instanceof BrokerError && error.code === 'INVALID_ARGUMENT')
        }
      }),
    )
  })
})
