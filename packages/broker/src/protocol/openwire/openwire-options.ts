import { BrokerError } from '@quorate/core/base/errors'
import { defaultOffer } from '@quorate/core/openwire/wire-format'
import type { WireFormatOffer } from '@quorate/core/openwire/wire-format'

/** How a listener speaks OpenWire. The names in a connector URI are ActiveMQ's: `wireFormat.*`. */
export interface OpenWireOptions {
  /** Highest version offered; a connection uses the lower of both sides'. Default 12. */
  readonly version: number
  /** Whether repeated ids and destinations are sent as numbers. Default true. */
  readonly cacheEnabled: boolean
  /** Entries of that cache, per direction and connection. Default 1024. */
  readonly cacheSize: number
  /** The compact encoding. Default true. */
  readonly tightEncodingEnabled: boolean
  /** Whether exceptions travel with their stack traces. Default true. */
  readonly stackTraceEnabled: boolean
  readonly tcpNoDelayEnabled: boolean
  /**
   * Frames without their length, for transports that have frames of their own; those of 1 MiB or
   * more are refused then. Default false.
   */
  readonly sizePrefixDisabled: boolean
  /** Bytes of the largest frame accepted; a larger one ends its connection. Default 104857600. */
  readonly maxFrameSizeBytes: number
  /**
   * Silence in milliseconds after which a peer is given up; the lower of both sides'. 0 = never.
   */
  readonly maxInactivityDurationMs: number
  /** Milliseconds before the first check for inactivity. Default 10000. */
  readonly maxInactivityDurationInitialDelayMs: number
  /** Milliseconds that a peer has from connecting to its WireFormatInfo. Default 30000. */
  readonly connectionTimeoutMs: number
}

export const defaultOpenWireOptions: OpenWireOptions = {
  version: 12,
  cacheEnabled: true,
  cacheSize: 1024,
  tightEncodingEnabled: true,
  stackTraceEnabled: true,
  tcpNoDelayEnabled: true,
  sizePrefixDisabled: false,
  maxFrameSizeBytes: 104_857_600,
  maxInactivityDurationMs: 30_000,
  maxInactivityDurationInitialDelayMs: 10_000,
  connectionTimeoutMs: 30_000,
}

/** What a connection with these options offers its peer. */
export function wireFormatOffer(options: OpenWireOptions): WireFormatOffer {
  return {
    ...defaultOffer,
    version: options.version,
    cacheEnabled: options.cacheEnabled,
    cacheSize: options.cacheSize,
    stackTraceEnabled: options.stackTraceEnabled,
    tcpNoDelayEnabled: options.tcpNoDelayEnabled,
    sizePrefixDisabled: options.sizePrefixDisabled,
    tightEncodingEnabled: options.tightEncodingEnabled,
    maxInactivityMs: options.maxInactivityDurationMs,
    inactivityInitialDelayMs: options.maxInactivityDurationInitialDelayMs,
    maxFrameBytes: options.maxFrameSizeBytes,
    providerName: 'Quorate',
  }
}

/** Acceptable values of one option, and where its value goes. */
interface Rule {
  readonly property: keyof OpenWireOptions
  /** Bounds of a number; a rule without them is of a boolean. */
  readonly range?: readonly [minimum: number, maximum: number]
}

const largestInt = 0x7fff_ffff
const duration: readonly [number, number] = [0, largestInt]

/** Option names as ActiveMQ spells them, its misspelling included. */
const rules: Readonly<Record<string, Rule>> = {
  'wireFormat.version': { property: 'version', range: [1, 12] },
  'wireFormat.cacheEnabled': { property: 'cacheEnabled' },
  'wireFormat.cacheSize': { property: 'cacheSize', range: [1, 0x7fff] },
  'wireFormat.tightEncodingEnabled': { property: 'tightEncodingEnabled' },
  'wireFormat.stackTraceEnabled': { property: 'stackTraceEnabled' },
  'wireFormat.tcpNoDelayEnabled': { property: 'tcpNoDelayEnabled' },
  'wireFormat.maxFrameSize': { property: 'maxFrameSizeBytes', range: [1024, largestInt] },
  'wireFormat.maxInactivityDuration': { property: 'maxInactivityDurationMs', range: duration },
  'wireFormat.maxInactivityDurationInitalDelay': {
    property: 'maxInactivityDurationInitialDelayMs',
    range: duration,
  },
  connectionTimeout: { property: 'connectionTimeoutMs', range: [1, largestInt] },
}

export const openWireOptionNames: readonly string[] = Object.keys(rules)

/** Reads the options that are OpenWire's out of a URI's, and removes them there. */
export function takeOpenWireOptions(options: Map<string, string>): OpenWireOptions {
  const taken: Partial<Record<keyof OpenWireOptions, number | boolean>> = {}
  for (const [name, rule] of Object.entries(rules)) {
    const text = options.get(name)
    if (text === undefined) continue
    options.delete(name)
    taken[rule.property] =
      rule.range === undefined ? parseBoolean(name, text) : parseNumber(name, text, rule.range)
  }
  return { ...defaultOpenWireOptions, ...(taken as Partial<OpenWireOptions>) }
}

function parseBoolean(name: string, text: string): boolean {
  if (text === 'true') return true
  if (text === 'false') return false
  throw new BrokerError('CONFIG_INVALID', `${name} must be true or false, not '${text}'`)
}

/** A whole number within bounds; `name` and the bounds go into the error. */
export function parseNumber(
  name: string,
  text: string,
  [minimum, maximum]: readonly [number, number],
): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN
  if (value >= minimum && value <= maximum) return value
  throw new BrokerError(
    'CONFIG_INVALID',
    `${name} must be a number from ${minimum} to ${maximum}, not '${text}'`,
  )
}
