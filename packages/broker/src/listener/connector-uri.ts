import { BrokerError } from '@quorate/core/base/errors'
import {
  openWireOptionNames,
  parseNumber,
  takeOpenWireOptions,
} from '../protocol/openwire/openwire-options.ts'
import type { OpenWireOptions } from '../protocol/openwire/openwire-options.ts'

/** A transport connector's URI, taken apart: where to listen and how. */
export interface ConnectorUri {
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
  /** Connections at a time. Default 1000. */
  readonly maximumConnections: number
  /** Connections waiting to be accepted. Default 5000. */
  readonly backlog: number
  readonly openwire: OpenWireOptions
}

const defaultPort = 61_616
const defaultMaximumConnections = 1000
const defaultBacklog = 5000

/** One kind of listener serves both words: they differ in ActiveMQ's threads, not on the wire. */
const schemes = new Set(['tcp:', 'nio:'])

/** Every option that a connector's URI may have. */
export const connectorOptionNames = ['maximumConnections', 'backlog', ...openWireOptionNames]

/**
 * Parses `tcp://host:port?option=value&...`. Throws CONFIG_INVALID for another scheme, for an
 * option that we do not know and for a value out of range: nothing is silently ignored.
 */
export function parseConnectorUri(uri: string): ConnectorUri {
  const url = parseUrl(uri)
  const options = new Map(url.searchParams)
  const take = (name: string, fallback: number, range: readonly [number, number]): number => {
    const text = options.get(name)
    options.delete(name)
    return text === undefined ? fallback : parseNumber(name, text, range)
  }
  const parsed: ConnectorUri = {
    // Brackets belong to the URI, not to the IPv6 address.
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? defaultPort : Number(url.port),
    maximumConnections: take('maximumConnections', defaultMaximumConnections, [1, 1_000_000]),
    backlog: take('backlog', defaultBacklog, [1, 65_535]),
    openwire: takeOpenWireOptions(options),
  }
  const [unknown] = options.keys()
  if (unknown !== undefined) {
    throw new BrokerError('CONFIG_INVALID', `'${unknown}' in ${uri} is not an option we know`)
  }
  return parsed
}

function parseUrl(uri: string): URL {
  if (!URL.canParse(uri)) throw new BrokerError('CONFIG_INVALID', `'${uri}' is not a URI`)
  const url = new URL(uri)
  if (!schemes.has(url.protocol)) {
    throw new BrokerError(
      'CONFIG_INVALID',
      `'${uri}': transport '${url.protocol.slice(0, -1)}' is not supported, tcp and nio are`,
    )
  }
  if (url.hostname === '') throw new BrokerError('CONFIG_INVALID', `'${uri}' names no host`)
  return url
}
