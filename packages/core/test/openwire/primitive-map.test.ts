import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BrokerError } from '../../src/base/errors.ts'
import type { Primitive, PrimitiveMap } from '../../src/openwire/primitive-map.ts'
import {
  decodePrimitiveMap,
  decodePrimitives,
  encodePrimitiveMap,
  encodePrimitives,
} from '../../src/openwire/primitive-map.ts'

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }))

const { primitive } = fc.letrec<{ primitive: Primitive }>((tie) => ({
  primitive: fc.oneof(
    { maxDepth: 3 },
    fc.constant<Primitive>({ kind: 'null', value: null }),
    fc.boolean().map((value): Primitive => ({ kind: 'boolean', value })),
    fc.integer({ min: -128, max: 127 }).map((value): Primitive => ({ kind: 'byte', value })),
    fc.integer({ min: -32_768, max: 32_767 }).map((value): Primitive => ({ kind: 'short', value })),
    fc.integer().map((value): Primitive => ({ kind: 'int', value })),
    fc.maxSafeInteger().map((value): Primitive => ({ kind: 'long', value })),
    fc.constant<Primitive>({ kind: 'long', value: -(2n ** 63n) }),
    fc.float({ noNaN: true }).map((value): Primitive => ({ kind: 'float', value })),
    fc.double({ noNaN: true }).map((value): Primitive => ({ kind: 'double', value })),
    fc.nat(65_535).map((unit): Primitive => ({ kind: 'char', value: String.fromCharCode(unit) })),
    text.map((value): Primitive => ({ kind: 'string', value })),
    fc.uint8Array().map((value): Primitive => ({ kind: 'bytes', value: Buffer.from(value) })),
    fc
      .array(tie('primitive'), { maxLength: 4 })
      .map((value): Primitive => ({ kind: 'list', value })),
    fc
      .array(fc.tuple(text, tie('primitive')), { maxLength: 4 })
      .map((entries): Primitive => ({ kind: 'map', value: new Map(entries) })),
  ),
}))

describe('a primitive map', () => {
  it('decodes to what was encoded, kinds included', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, primitive)), (entries) => {
        const map: PrimitiveMap = new Map(entries)
        assert.deepEqual(decodePrimitiveMap(encodePrimitiveMap(map)), map)
      }),
      { numRuns: 300 },
    )
  })

  it('can be null', () => {
    assert.equal(decodePrimitiveMap(encodePrimitiveMap(null)), null)
  })

  it('has long strings beyond what 16 bits can count', () => {
    for (const length of [8190, 8191, 70_000]) {
      const map: PrimitiveMap = new Map([['k', { kind: 'string', value: '\u20ac'.repeat(length) }]])
      const bytes = encodePrimitiveMap(map)
      assert.equal(bytes[7], length < 8191 ? 9 : 13)
      assert.deepEqual(decodePrimitiveMap(bytes), map)
    }
  })

  it('of random or changed bytes ends in a map or MALFORMED_FRAME', () => {
    const good = encodePrimitiveMap(
      new Map<string, Primitive>([
        ['a', { kind: 'list', value: [{ kind: 'int', value: 1 }] }],
        ['b', { kind: 'string', value: 'text' }],
      ]),
    )
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((value) => Buffer.from(value)),
      fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, to]) => {
        const changed = Buffer.from(good)
        changed[at] = to
        return changed
      }),
      fc.nat(good.length - 1).map((length) => good.subarray(0, length)),
    )
    fc.assert(
      fc.property(bytes, (value) => {
        try {
          decodePrimitiveMap(value)
        } catch (error) {
          assert.ok(error instanceof BrokerError && error.code === 'MALFORMED_FRAME')
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('is refused when nested too deeply or larger than its bytes', () => {
    let nested: Primitive = { kind: 'list', value: [] }
    for (let i = 0; i < 40; i++) nested = { kind: 'list', value: [nested] }
    const bytes = encodePrimitiveMap(new Map([['k', nested]]))
    assert.throws(() => decodePrimitiveMap(bytes), { code: 'MALFORMED_FRAME' })
    const count = Buffer.from([0x00, 0x00, 0xff, 0xff])
    assert.throws(() => decodePrimitiveMap(count), { code: 'MALFORMED_FRAME' })
  })

  it('refuses a key that cannot be encoded', () => {
    const map: PrimitiveMap = new Map([['x'.repeat(65_536), { kind: 'null', value: null }]])
    assert.throws(() => encodePrimitiveMap(map), { code: 'INVALID_ARGUMENT' })
  })
})

describe('the values of a stream', () => {
  it('decode to what was encoded', () => {
    fc.assert(
      fc.property(fc.array(primitive), (values) => {
        assert.deepEqual(decodePrimitives(encodePrimitives(values)), values)
      }),
    )
  })
})
