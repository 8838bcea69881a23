import type { ConsoleUser } from '../../../config/console-user.ts'
import { passwordCheck } from './password.ts'
import type { PasswordCheck } from './password.ts'
import { roleOf } from './role.ts'
import type { Role } from './role.ts'

interface KnownUser {
  readonly name: string
  readonly role: Role
  readonly check: PasswordCheck
}

/** Nobody has it: who does not exist takes as long to refuse as who does. */
const nobody = passwordCheck('') as PasswordCheck

/** Those who may log in. */
export class UserDirectory {
  readonly #users = new Map<string, KnownUser>()

  constructor(users: readonly ConsoleUser[]) {
    for (const { name, password, roles } of users) {
      const check = passwordCheck(password)
      if (check !== null) this.#users.set(name, { name, role: roleOf(roles), check })
    }
  }

  has(name: string): boolean {
    return this.#users.has(name)
  }

  /** null: not known, or another password. */
  find(name: string, password: string): { readonly name: string; readonly role: Role } | null {
    const user = this.#users.get(name)
    const isRight = (user?.check ?? nobody)(password)
    return user !== undefined && isRight ? user : null
  }
}

/** Name and password of `Authorization: Basic ...`; null when the header is something else. */
export function basicCredentials(header: string): { name: string; password: string } | null {
  const match = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header)
  if (match === null) return null
  const text = Buffer.from(match[1] ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon === -1) return null
  return { name: text.slice(0, colon), password: text.slice(colon + 1) }
}
