import { BrokerError } from '@quorate/core/base/errors'
import type { NetworkAddress } from '@quorate/core/transport/network'
import { pathProblem } from './path.ts'

export interface ConnectString {
  readonly hosts: readonly NetworkAddress[]
  /** Prefix of every path, without a slash at its end; empty for none. */
  readonly chroot: string
}

const defaultPort = 2181
/** Servers that a connect string may name. */
const hostsMax = 64

/**
 * Parses ZooKeeper's `host:port,host:port/chroot`; a port left out is 2181, an IPv6 address stands
 * in brackets. Throws CONFIG_INVALID.
 */
export function parseConnectString(text: string): ConnectString {
  const slash = text.indexOf('/')
  const hostList = slash < 0 ? text : text.slice(0, slash)
  const path = slash < 0 ? '/' : text.slice(slash)
  const problem = pathProblem(path)
  if (problem !== null) throw invalid(text, `the path "${path}" ${problem}`)
  const hosts = hostList
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => parseHost(item, text))
  if (hosts.length === 0) throw invalid(text, 'it names no host')
  if (hosts.length > hostsMax) throw invalid(text, `it names more than ${hostsMax} hosts`)
  return { hosts, chroot: path === '/' ? '' : path }
}

function parseHost(item: string, text: string): NetworkAddress {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(item)
  const host = match?.[1] ?? match?.[2]
  if (host === undefined) throw invalid(text, `"${item}" is not host:port`)
  const port = match?.[3] === undefined ? defaultPort : Number(match[3])
  if (port < 1 || port > 65_535) throw invalid(text, `${port} is no port`)
  return { host, port }
}

function invalid(text: string, why: string): BrokerError {
  return new BrokerError('CONFIG_INVALID', `ZooKeeper address "${text}": ${why}`)
}
