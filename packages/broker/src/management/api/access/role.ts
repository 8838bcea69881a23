/**
 * What somebody may do, the least first: look; deal with messages; change what destinations and
 * subscriptions there are.
 */
export const roles = ['viewer', 'operator', 'admin'] as const

export type Role = (typeof roles)[number]

/** What a route asks of its callers. */
export type Need = Role | 'stranger' | 'anybody'

/** Words of jetty-realm.properties. Whoever has none of them may look, as in ActiveMQ's console. */
const roleByWord: Readonly<Record<string, Role>> = {
  admin: 'admin',
  admins: 'admin',
  operator: 'operator',
  operators: 'operator',
}

/** The most that these words give. */
export function roleOf(words: readonly string[]): Role {
  const given = words.map((word) => roleByWord[word.toLowerCase()] ?? 'viewer')
  return roles.findLast((role) => given.includes(role)) ?? 'viewer'
}

export function suffices(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed)
}
