import { BrokerError } from '@quorate/core/base/errors'
import type { NetworkAddress } from '@quorate/core/transport/network'
import { didYouMean } from '../../config/nearest-word.ts'
import { parseTransportUri } from '../../config/host-port.ts'
import { BROKERS_MAX } from './limits.ts'

/** The options of a failover list, with the names and defaults of ActiveMQ; times in ms. */
export interface FailoverOptions {
  readonly initialReconnectDelay: number
  readonly maxReconnectDelay: number
  readonly useExponentialBackOff: boolean
  readonly reconnectDelayExponent: number
  /** Rounds over the whole list; -1: endless. */
  readonly maxReconnectAttempts: number
  /** The same before the first connection. */
  readonly startupMaxReconnectAttempts: number
  readonly randomize: boolean
}

/** Whom to connect to, and how often. */
export interface BrokerUri {
  readonly addresses: readonly NetworkAddress[]
  readonly options: FailoverOptions
  /** As it was given, for people. */
  readonly text: string
}

const defaults: FailoverOptions = {
  initialReconnectDelay: 10,
  maxReconnectDelay: 30_000,
  useExponentialBackOff: true,
  reconnectDelayExponent: 2,
  maxReconnectAttempts: -1,
  startupMaxReconnectAttempts: -1,
  randomize: true,
}

/** One broker alone is tried once, and not again. */
const single: FailoverOptions = {
  ...defaults,
  maxReconnectAttempts: 0,
  startupMaxReconnectAttempts: 1,
}

const FAILOVER = 'failover:'

/**
 * Reads `tcp://host:port` or `failover:(tcp://a:1,tcp://b:2)?option=value`. Throws INVALID_ARGUMENT
 * for other transports, and for options that we do not know or do not have.
 */
export function parseBrokerUri(text: string): BrokerUri {
  // What may be a password is not shown.
  if (text.includes('@')) throw wrong('no login in it; give --user and --password-file instead')
  if (!text.startsWith(FAILOVER)) {
    return { addresses: [addressIn(text)], options: single, text }
  }
  const { list, query } = takenApart(text)
  const addresses = list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(addressIn)
  if (addresses.length === 0) throw wrong(`${text} names no broker`)
  if (addresses.length > BROKERS_MAX) throw wrong(`a list of more than ${BROKERS_MAX} brokers`)
  return { addresses, options: optionsIn(query), text }
}

/** Without parentheses a query belongs to the last broker of the list. */
function takenApart(text: string): { readonly list: string; readonly query: string } {
  const rest = text.slice(FAILOVER.length).replace(/^\/\//, '')
  if (!rest.startsWith('(')) return { list: rest, query: '' }
  const end = rest.lastIndexOf(')')
  const tail = rest.slice(end + 1)
  if (end === -1 || (tail !== '' && !tail.startsWith('?'))) throw wrong(`${text}: a ) is missing`)
  return { list: rest.slice(1, end), query: tail.slice(1) }
}

function addressIn(text: string): NetworkAddress {
  const uri = parseTransportUri(text)
  if (uri === undefined) throw wrong(`"${text}" is no tcp://host:port`)
  const { scheme, host, port, query } = uri
  if (scheme !== 'tcp' && scheme !== 'nio') {
    throw wrong(`${scheme}: only tcp:// is spoken here`)
  }
  for (const name of new URLSearchParams(query).keys()) {
    // What two sides negotiate anyway, or what only Java's sockets have.
    if (/^(wireFormat|socket)\.|^(keepAlive|soTimeout|connectionTimeout)$/.test(name)) continue
    throw wrong(`"${name}" of ${scheme}://${host}:${port} is not an option we know`)
  }
  return { host, port }
}

function optionsIn(query: string): FailoverOptions {
  const options: Record<string, number | boolean> = { ...defaults }
  for (const [name, text] of new URLSearchParams(query)) {
    const reason = notHere.get(name)
    if (reason !== undefined) throw wrong(`${name} is not supported: ${reason}`)
    if (!Object.hasOwn(defaults, name)) {
      const hint = didYouMean(name, Object.keys(defaults))
      throw wrong(`"${name}" is not an option of failover that we know${hint}`)
    }
    options[name] = valueOf(name, text, typeof options[name] === 'boolean')
  }
  return options as unknown as FailoverOptions
}

function valueOf(name: string, text: string, isFlag: boolean): number | boolean {
  if (isFlag && (text === 'true' || text === 'false')) return text === 'true'
  const number = /^-?\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
  if (!isFlag && number >= -1) return number
  throw wrong(`${name}=${text}: it is no ${isFlag ? 'true or false' : 'number'}`)
}

const notHere: ReadonlyMap<string, string> = new Map([
  ['backup', 'there is one connection at a time'],
  ['backupPoolSize', 'there is one connection at a time'],
  ['priorityBackup', 'only the leader serves clients, wherever it is'],
  ['priorityURIs', 'only the leader serves clients, wherever it is'],
  ['timeout', 'Ctrl-C ends a send that waits, and tells what was confirmed'],
  ['updateURIsURL', 'the list is the one that is given'],
])

function wrong(message: string): BrokerError {
  return new BrokerError('INVALID_ARGUMENT', `--brokerUrl: ${message}`)
}
