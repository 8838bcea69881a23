import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OpenWireCodec, initialCodecOptions } from '../../src/openwire/codec.ts'
import { create } from '../../src/openwire/commands.ts'
import type { Primitive } from '../../src/openwire/primitive-map.ts'
import { encodePrimitiveMap } from '../../src/openwire/primitive-map.ts'
import type { WireFormatOffer } from '../../src/openwire/wire-format.ts'
import {
  decodeOffer,
  defaultOffer,
  encodeOffer,
  negotiate,
} from '../../src/openwire/wire-format.ts'

const bare: WireFormatOffer = {
  ...defaultOffer,
  cacheEnabled: false,
  cacheSize: 0,
  stackTraceEnabled: false,
  tcpNoDelayEnabled: false,
  tightEncodingEnabled: false,
  maxInactivityMs: 0,
  inactivityInitialDelayMs: 0,
  maxFrameBytes: 0,
}

function infoWith(entries: readonly [string, Primitive][]): ReturnType<typeof encodeOffer> {
  const marshalledProperties = encodePrimitiveMap(new Map(entries))
  return create('WireFormatInfo', {
    magic: Buffer.from('ActiveMQ'),
    version: 12,
    marshalledProperties,
  })
}

describe('an offer', () => {
  it('survives the wire, in a loose frame of version 1', () => {
    const offer = { ...defaultOffer, host: 'broker.example', platformDetails: 'Node' }
    const codec = new OpenWireCodec(initialCodecOptions)
    const command = codec.decode(codec.encode(encodeOffer(offer)).subarray(4))
    assert.ok(command?.type === 1)
    assert.deepEqual(decodeOffer(command), offer)
  })

  it('without properties offers nothing', () => {
    const info = create('WireFormatInfo', { magic: Buffer.from('ActiveMQ'), version: 3 })
    assert.deepEqual(decodeOffer(info), { ...bare, version: 3, providerName: null })
  })

  it('of another protocol is refused', () => {
    const info = create('WireFormatInfo', { magic: Buffer.from('ActiveMX'), version: 12 })
    assert.throws(() => decodeOffer(info), { code: 'UNSUPPORTED_VERSION' })
  })

  it('is refused with too many entries, a long one, a nested one or one of a wrong kind', () => {
    const many = Array.from({ length: 65 }, (_, i): [string, Primitive] => [
      `k${i}`,
      { kind: 'int', value: i },
    ])
    const cases: [string, Primitive][][] = [
      many,
      [['Host', { kind: 'string', value: 'x'.repeat(513) }]],
      [['x'.repeat(513), { kind: 'null', value: null }]],
      [['Host', { kind: 'map', value: new Map() }]],
      [['Host', { kind: 'list', value: [] }]],
      [['MaxFrameSize', { kind: 'string', value: '1' }]],
    ]
    for (const entries of cases) {
      assert.throws(() => decodeOffer(infoWith(entries)), { code: 'MALFORMED_FRAME' })
    }
  })
})

describe('negotiation', () => {
  it('takes the lower version, and ours where the peer names none', () => {
    const versionWith = (theirs: number): number =>
      negotiate(defaultOffer, { ...defaultOffer, version: theirs }).codec.version
    assert.deepEqual([1, 6, 12, 13, 0, -1].map(versionWith), [1, 6, 12, 12, 12, 12])
  })

  it('refuses a version below the minimum', () => {
    const theirs = { ...defaultOffer, version: 5 }
    assert.throws(() => negotiate(defaultOffer, theirs, 6), { code: 'UNSUPPORTED_VERSION' })
  })

  it('turns on what both sides want', () => {
    const both = negotiate(defaultOffer, defaultOffer)
    assert.equal(both.codec.tight, true)
    assert.equal(both.codec.cacheSize, 1024)
    assert.equal(both.codec.stackTraceEnabled, true)
    assert.equal(both.codec.sizePrefix, true)
    assert.equal(both.tcpNoDelay, true)
    const one = negotiate(defaultOffer, bare)
    assert.equal(one.codec.tight, false)
    assert.equal(one.codec.cacheSize, 0)
    assert.equal(one.codec.stackTraceEnabled, false)
    assert.equal(one.tcpNoDelay, false)
  })

  it('leaves out the size prefix only when both do', () => {
    const without = { ...defaultOffer, sizePrefixDisabled: true }
    assert.equal(negotiate(defaultOffer, without).codec.sizePrefix, true)
    assert.equal(negotiate(without, without).codec.sizePrefix, false)
  })

  it('takes the smaller frame, cache, timeout and delay', () => {
    const theirs = {
      ...defaultOffer,
      maxFrameBytes: 1000,
      cacheSize: 100,
      maxInactivityMs: 5000,
      inactivityInitialDelayMs: 20_000,
    }
    const { codec, readTimeoutMs, initialDelayMs } = negotiate(defaultOffer, theirs)
    assert.deepEqual(
      [codec.maxFrameBytes, codec.cacheSize, readTimeoutMs, initialDelayMs],
      [1000, 100, 5000, 10_000],
    )
  })

  it('keeps our frame limit where the peer names none, and the largest cache', () => {
    const { codec } = negotiate(defaultOffer, { ...defaultOffer, maxFrameBytes: 0, cacheSize: 0 })
    assert.equal(codec.maxFrameBytes, defaultOffer.maxFrameBytes)
    assert.equal(codec.cacheSize, 16_383)
  })

  it('watches nobody when one side does not want it', () => {
    assert.equal(negotiate(defaultOffer, bare).readTimeoutMs, 0)
  })

  it('understands the largest long as no limit', () => {
    const info = infoWith([['MaxFrameSize', { kind: 'long', value: 2n ** 63n - 1n }]])
    const { codec } = negotiate(defaultOffer, decodeOffer(info))
    assert.equal(codec.maxFrameBytes, defaultOffer.maxFrameBytes)
  })
})
