import { createHash } from 'node:crypto'
import type { Acl } from '../zookeeper/protocol.ts'

/** Who a connection has shown itself to be. */
export interface Identity {
  readonly scheme: string
  readonly id: string
}

const everybody: Identity = { scheme: 'world', id: 'anyone' }

export const accessLimits = {
  /** Identities of one connection. */
  identitiesMax: 16,
  /** Entries of one list. */
  entriesMax: 64,
  /** `user:password`, in bytes. */
  credentialsBytesMax: 1024,
} as const

export const openList: readonly Acl[] = [{ permissions: 31, id: everybody }]

/** May somebody with these identities do this? */
export function allows(
  list: readonly Acl[],
  permission: number,
  identities: readonly Identity[],
): boolean {
  return list.some((entry) => {
    if ((entry.permissions & permission) === 0) return false
    return same(entry.id, everybody) || identities.some((identity) => same(identity, entry.id))
  })
}

/**
 * The list as it is kept: doubles dropped, and `auth` replaced by who the creator is. null for a
 * list that is empty, names an unknown scheme, or would name nobody.
 */
export function resolveList(
  list: readonly Acl[],
  identities: readonly Identity[],
): readonly Acl[] | null {
  if (list.length === 0 || list.length > accessLimits.entriesMax) return null
  const resolved: Acl[] = []
  for (const entry of list) {
    const entries = resolveEntry(entry, identities)
    if (entries === null) return null
    for (const found of entries) {
      const known = resolved.some(
        (other) => other.permissions === found.permissions && same(other.id, found.id),
      )
      if (!known) resolved.push(found)
    }
  }
  return resolved
}

/** The identity that `user:password` proves, or null for a scheme that is not served. */
export function identify(scheme: string, auth: Buffer | null): Identity | null {
  if (scheme !== 'digest' || auth === null) return null
  if (auth.length > accessLimits.credentialsBytesMax) return null
  const colon = auth.indexOf(0x3a)
  const user = (colon < 0 ? auth : auth.subarray(0, colon)).toString('utf8')
  return { scheme, id: `${user}:${createHash('sha1').update(auth).digest('base64')}` }
}

/** What somebody without the right to administer sees: the hash of a password is not public. */
export function withoutHashes(list: readonly Acl[]): readonly Acl[] {
  return list.map((entry) => {
    if (entry.id.scheme !== 'digest') return entry
    const user = entry.id.id.split(':', 1)[0] ?? ''
    return { ...entry, id: { scheme: 'digest', id: `${user}:x` } }
  })
}

/** What keeping a list costs, roughly, in bytes. */
export function listBytes(list: readonly Acl[]): number {
  return list.reduce((sum, { id }) => sum + 64 + id.scheme.length + id.id.length, 0)
}

function resolveEntry(entry: Acl, identities: readonly Identity[]): readonly Acl[] | null {
  const { scheme, id } = entry.id
  if (scheme === 'world') return id === 'anyone' ? [entry] : null
  if (scheme === 'digest') return id.split(':').length === 2 ? [entry] : null
  if (scheme !== 'auth' || identities.length === 0) return null
  return identities.map((identity) => ({ permissions: entry.permissions, id: identity }))
}

function same(one: Identity, other: Identity): boolean {
  return one.scheme === other.scheme && one.id === other.id
}
