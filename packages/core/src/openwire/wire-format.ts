/**
 * The first command on every connection: what each side can do, and what follows from both.
 *
 *   WireFormatInfo = magic: 8 bytes "ActiveMQ", version: int32, properties: bytes (a primitive map)
 *
 * Both sides send theirs at once and loosely encoded; what is agreed on holds from the next frame.
 */
import { BrokerError } from '../base/errors.ts'
import type { CodecOptions } from './codec.ts'
import type { WireFormatInfo } from './commands.ts'
import { create, longToNumber } from './commands.ts'
import { newestVersion } from './field.ts'
import { cacheSizeDefault, cacheSizeMax } from './marshal-cache.ts'
import { malformed } from './malformed.ts'
import type { Primitive, PrimitiveLimits, PrimitiveMap } from './primitive-map.ts'
import { decodePrimitiveMap, encodePrimitiveMap } from './primitive-map.ts'

/** A stranger may send this much before anything is known of him. */
export const wireFormatLimits: PrimitiveLimits = Object.freeze({
  entriesMax: 64,
  valueBytesMax: 512,
  nestingMax: 0,
})

/** What one side offers. */
export interface WireFormatOffer {
  readonly version: number
  readonly cacheEnabled: boolean
  /** Entries; 0 leaves it to the other side. */
  readonly cacheSize: number
  readonly stackTraceEnabled: boolean
  readonly tcpNoDelayEnabled: boolean
  readonly sizePrefixDisabled: boolean
  readonly tightEncodingEnabled: boolean
  /** Silence after which this side gives up; 0 is never. */
  readonly maxInactivityMs: number
  readonly inactivityInitialDelayMs: number
  /** 0 leaves it to the other side. */
  readonly maxFrameBytes: number
  readonly host: string | null
  readonly providerName: string | null
  readonly providerVersion: string | null
  readonly platformDetails: string | null
}

/** The defaults of ActiveMQ's own configuration. */
export const defaultOffer: WireFormatOffer = Object.freeze({
  version: newestVersion,
  cacheEnabled: true,
  cacheSize: cacheSizeDefault,
  stackTraceEnabled: true,
  tcpNoDelayEnabled: true,
  sizePrefixDisabled: false,
  tightEncodingEnabled: true,
  maxInactivityMs: 30_000,
  inactivityInitialDelayMs: 10_000,
  maxFrameBytes: 100 * 1024 * 1024,
  host: null,
  providerName: 'ActiveMQ',
  providerVersion: null,
  platformDetails: null,
})

/** What holds between the two from the second frame on. */
export interface NegotiatedFormat {
  readonly codec: CodecOptions
  readonly tcpNoDelay: boolean
  /** 0 when no side watches the other. */
  readonly readTimeoutMs: number
  readonly initialDelayMs: number
}

const magic = Buffer.from('ActiveMQ', 'latin1')

export function encodeOffer(offer: WireFormatOffer): WireFormatInfo {
  const map: PrimitiveMap = new Map<string, Primitive>([
    ['CacheEnabled', { kind: 'boolean', value: offer.cacheEnabled }],
    ['CacheSize', { kind: 'int', value: offer.cacheSize }],
    ['StackTraceEnabled', { kind: 'boolean', value: offer.stackTraceEnabled }],
    ['TcpNoDelayEnabled', { kind: 'boolean', value: offer.tcpNoDelayEnabled }],
    ['SizePrefixDisabled', { kind: 'boolean', value: offer.sizePrefixDisabled }],
    ['TightEncodingEnabled', { kind: 'boolean', value: offer.tightEncodingEnabled }],
    ['MaxInactivityDuration', { kind: 'long', value: offer.maxInactivityMs }],
    // The spelling is ActiveMQ's.
    ['MaxInactivityDurationInitalDelay', { kind: 'long', value: offer.inactivityInitialDelayMs }],
    ['MaxFrameSize', { kind: 'long', value: offer.maxFrameBytes }],
  ])
  for (const [name, value] of [
    ['Host', offer.host],
    ['ProviderName', offer.providerName],
    ['ProviderVersion', offer.providerVersion],
    ['PlatformDetails', offer.platformDetails],
  ] as const) {
    if (value !== null) map.set(name, { kind: 'string', value })
  }
  const marshalledProperties = encodePrimitiveMap(map)
  return create('WireFormatInfo', { magic, version: offer.version, marshalledProperties })
}

/** Throws UNSUPPORTED_VERSION for another protocol, MALFORMED_FRAME for broken properties. */
export function decodeOffer(info: WireFormatInfo): WireFormatOffer {
  if (!info.magic.equals(magic)) {
    throw new BrokerError('UNSUPPORTED_VERSION', 'the peer does not speak OpenWire')
  }
  const bytes = info.marshalledProperties
  const map = bytes === null ? null : decodePrimitiveMap(bytes, wireFormatLimits)
  const properties = new OfferProperties(map ?? new Map<string, Primitive>())
  return {
    version: info.version,
    cacheEnabled: properties.boolean('CacheEnabled'),
    cacheSize: properties.number('CacheSize'),
    stackTraceEnabled: properties.boolean('StackTraceEnabled'),
    tcpNoDelayEnabled: properties.boolean('TcpNoDelayEnabled'),
    sizePrefixDisabled: properties.boolean('SizePrefixDisabled'),
    tightEncodingEnabled: properties.boolean('TightEncodingEnabled'),
    maxInactivityMs: properties.number('MaxInactivityDuration'),
    inactivityInitialDelayMs: properties.number('MaxInactivityDurationInitalDelay'),
    maxFrameBytes: properties.number('MaxFrameSize'),
    host: properties.string('Host'),
    providerName: properties.string('ProviderName'),
    providerVersion: properties.string('ProviderVersion'),
    platformDetails: properties.string('PlatformDetails'),
  }
}

class OfferProperties {
  readonly #map: PrimitiveMap

  constructor(map: PrimitiveMap) {
    this.#map = map
  }

  boolean(name: string): boolean {
    const value = this.#value(name, ['boolean'])
    return value === true
  }

  number(name: string): number {
    const value = this.#value(name, ['int', 'long'])
    return value === null ? 0 : longToNumber(value as number | bigint)
  }

  string(name: string): string | null {
    return this.#value(name, ['string']) as string | null
  }

  #value(name: string, kinds: readonly Primitive['kind'][]): Primitive['value'] {
    const primitive = this.#map.get(name)
    if (primitive === undefined || primitive.kind === 'null') return null
    if (!kinds.includes(primitive.kind)) throw malformed(`${name} cannot be a ${primitive.kind}`)
    return primitive.value
  }
}

/** What both sides hold to. Throws UNSUPPORTED_VERSION below `minimumVersion`. */
export function negotiate(
  ours: WireFormatOffer,
  theirs: WireFormatOffer,
  minimumVersion = 1,
): NegotiatedFormat {
  const version = smallerSet(ours.version, theirs.version)
  if (version < minimumVersion || version < 1) {
    throw new BrokerError('UNSUPPORTED_VERSION', `OpenWire ${version} is not served here`)
  }
  const cacheEnabled = ours.cacheEnabled && theirs.cacheEnabled
  const cacheSize = Math.min(ours.cacheSize, theirs.cacheSize)
  if (cacheEnabled && cacheSize < 0) throw malformed(`a cache of ${cacheSize} entries`)
  return {
    codec: {
      version,
      tight: ours.tightEncodingEnabled && theirs.tightEncodingEnabled,
      sizePrefix: !(ours.sizePrefixDisabled && theirs.sizePrefixDisabled),
      // Java takes a cache without a size for the largest one.
      cacheSize: cacheEnabled ? (cacheSize === 0 ? cacheSizeMax : cacheSize) : 0,
      stackTraceEnabled: ours.stackTraceEnabled && theirs.stackTraceEnabled,
      maxFrameBytes: smallerSet(ours.maxFrameBytes, theirs.maxFrameBytes),
    },
    tcpNoDelay: ours.tcpNoDelayEnabled && theirs.tcpNoDelayEnabled,
    readTimeoutMs: Math.max(0, Math.min(ours.maxInactivityMs, theirs.maxInactivityMs)),
    initialDelayMs: Math.max(
      0,
      Math.min(ours.inactivityInitialDelayMs, theirs.inactivityInitialDelayMs),
    ),
  }
}

/** The smaller of two, where zero and below mean that a side leaves it to the other. */
function smallerSet(ours: number, theirs: number): number {
  return (ours < theirs && ours > 0) || theirs <= 0 ? ours : theirs
}
