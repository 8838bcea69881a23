/** An address to listen on or to connect to. */
export interface HostPort {
  readonly host: string
  /** 0 = any free port, where listening. */
  readonly port: number
}

/** Highest TCP port. */
const PORT_MAX = 65_535

/** `host:port` or `[v6]:port`; undefined when it is neither. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s?#]+)):(\d{1,5})$/.exec(text)
  if (match === null) return undefined
  const port = Number(match[3])
  return port > PORT_MAX ? undefined : { host: match[1] ?? match[2] ?? '', port }
}

export interface TransportUri extends HostPort {
  readonly scheme: string
  /** What follows the question mark, without it. */
  readonly query: string
}

/** `scheme://host:port[?query]`; undefined when it is not. */
export function parseTransportUri(text: string): TransportUri | undefined {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\s]+)\/?(?:\?([^#\s]*))?$/.exec(text)
  const address = match?.[2] === undefined ? undefined : parseHostPort(match[2])
  if (match === null || address === undefined) return undefined
  return { scheme: match[1] ?? '', ...address, query: match[3] ?? '' }
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** True for the addresses that mean every interface and can therefore not be told to others. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === '*'
}

/** Where this machine finds what listens there, on all of its interfaces perhaps. */
export function dialedHost(host: string): string {
  if (!isWildcard(host)) return host
  return host === '::' ? '::1' : '127.0.0.1'
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
