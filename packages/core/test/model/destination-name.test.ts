import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BrokerError } from '@quorate/core/base/errors'
import {
  COMPOSITE_PARTS_MAX,
  DESTINATION_NAME_MAX,
  DestinationPattern,
  isDestinationPattern,
  parseDestinationName,
  splitComposite,
} from '@quorate/core/model/destination-name'

function matches(pattern: string, name: string): boolean {
  return new DestinationPattern({ kind: 'topic', name: pattern }).matches({ kind: 'topic', name })
}

const invalid = (error: unknown): boolean =>
  error instanceof BrokerError && error.code === 'INVALID_DESTINATION'

describe('destination names', () => {
  it('take their kind from the scheme, or else from the caller', () => {
    assert.deepEqual(parseDestinationName('topic://A.B', 'queue'), { kind: 'topic', name: 'A.B' })
    assert.deepEqual(parseDestinationName(' A ', 'queue'), { kind: 'queue', name: 'A' })
    assert.deepEqual(parseDestinationName('temp-queue://X', 'topic'), {
      kind: 'temp-queue',
      name: 'X',
    })
  })

  it('are refused when empty or too long', () => {
    assert.throws(() => parseDestinationName('queue://', 'queue'), invalid)
    const long = 'x'.repeat(DESTINATION_NAME_MAX + 1)
    assert.throws(() => splitComposite({ kind: 'queue', name: long }), invalid)
  })

  it('split into the parts of a composite, each of its own kind', () => {
    assert.deepEqual(splitComposite({ kind: 'queue', name: 'A, topic://B,,A' }), [
      { kind: 'queue', name: 'A' },
      { kind: 'topic', name: 'B' },
    ])
    assert.throws(() => splitComposite({ kind: 'queue', name: ' , ' }), invalid)
    const parts = Array.from({ length: COMPOSITE_PARTS_MAX + 1 }, (_, i) => `Q${i}`).join(',')
    assert.throws(() => splitComposite({ kind: 'queue', name: parts }), invalid)
  })

  it('are patterns only where a whole level is a wildcard', () => {
    assert.equal(isDestinationPattern('A.*'), true)
    assert.equal(isDestinationPattern('*.A'), true)
    assert.equal(isDestinationPattern('>'), true)
    assert.equal(isDestinationPattern('A.B'), false)
    assert.equal(isDestinationPattern('A*'), false)
    assert.equal(isDestinationPattern('A.B>'), false)
  })
})

describe('a destination pattern', () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['A.*', 'A.B', true],
    ['A.*', 'A', false],
    ['A.*', 'A.B.C', false],
    ['A.>', 'A.B.C', true],
    ['A.>', 'A', true],
    ['A.>', 'B', false],
    ['>', 'A.B', true],
    ['*.B', 'A.B', true],
    ['*.B', 'A.C', false],
    ['A.*.>', 'A.B', true],
    ['A.*.>', 'A', false],
    ['A.B', 'A.B', true],
  ]
  for (const [pattern, name, expected] of rows) {
    it(`${pattern} ${expected ? 'matches' : 'does not match'} ${name}`, () => {
      assert.equal(matches(pattern, name), expected)
    })
  }

  it('never matches a destination of another kind', () => {
    const pattern = new DestinationPattern({ kind: 'queue', name: '>' })
    assert.equal(pattern.matches({ kind: 'topic', name: 'A' }), false)
  })

  it('matches a name when levels are replaced by stars or the rest by >', () => {
    const level = fc.stringMatching(/^[A-Za-z0-9 _-]{1,5}$/)
    fc.assert(
      fc.property(fc.array(fc.tuple(level, fc.boolean()), { minLength: 1 }), fc.nat(), (l, cut) => {
        const name = l.map(([text]) => text).join('.')
        const starred = l.map(([text, star]) => (star ? '*' : text))
        assert.equal(matches(starred.join('.'), name), true)
        const open = [...starred.slice(0, cut % l.length), '>'].join('.')
        assert.equal(matches(open, name), true)
      }),
    )
  })
})
