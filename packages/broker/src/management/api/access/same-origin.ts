/** The headers by which a browser tells whose page asks. */
export interface OriginHeaders {
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly fetchSite: string | undefined
}

/**
 * Whether a change may come from this request. Browsers send a password that they know along with
 * requests of any page; they also say whose page it was. What is no browser says nothing.
 */
export function isSameOrigin({ host, origin, fetchSite }: OriginHeaders): boolean {
  if (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none') return false
  if (origin === undefined) return true
  const ours = hostOf(origin)
  // Only the host: TLS may end before us.
  return ours !== null && host !== undefined && ours === host.toLowerCase()
}

function hostOf(origin: string): string | null {
  const match = /^https?:\/\/([^/\s]+)$/i.exec(origin)
  return match === null ? null : (match[1] ?? '').toLowerCase()
}

/**
 * Whether somebody means this machine by the host that he asks. A page may have its own name point
 * to our address (DNS rebinding): what needs no login is told only where the name is ours too.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  if (host === undefined) return false
  const name = host.toLowerCase().replace(/:\d+$/, '')
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name)
}

/** Whether the other end of a connection is on this machine. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/i.test(address)
}
