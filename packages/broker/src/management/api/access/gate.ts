import type { Clock } from '@quorate/core/base/clock'
import type { Log } from '@quorate/core/base/log'
import type { ConsoleUser } from '../../../config/console-user.ts'
import type { Problem } from '../http/problem.ts'
import { problem } from '../http/problem.ts'
import type { Caller } from './caller.ts'
import { FailedLogins } from './failed-logins.ts'
import type { Need, Role } from './role.ts'
import { suffices } from './role.ts'
import { isLoopbackAddress, isLoopbackHost, isSameOrigin } from './same-origin.ts'
import { basicCredentials, UserDirectory } from './user-directory.ts'

/** What a request shows of who sends it. */
export interface Visit {
  readonly address: string
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly fetchSite: string | undefined
  readonly authorization: string | undefined
  readonly isChange: boolean
  /** The least that the route asks for. */
  readonly needs: Need
}

export interface Admission {
  readonly caller: Caller
  /** null: come in. */
  readonly refusal: Problem | null
}

export interface GatePorts {
  readonly clock: Clock
  readonly log: Log
}

/**
 * Decides who may do what. Without users everybody on this machine may look, and nobody may change
 * anything. With users everybody has to be one of them, wherever he comes from.
 */
export class Gate {
  readonly #users: UserDirectory | null
  readonly #failed: FailedLogins
  readonly #log: Log

  constructor(users: readonly ConsoleUser[], { clock, log }: GatePorts) {
    this.#log = log
    this.#users = users.length === 0 ? null : new UserDirectory(users)
    this.#failed = new FailedLogins(clock)
  }

  admit(visit: Visit): Admission {
    const nobody: Caller = { name: '', from: visit.address, role: null }
    if (visit.isChange && !isSameOrigin(visit)) {
      const why = 'A change has to come from a page of this broker, or from no page at all.'
      return { caller: nobody, refusal: problem(403, 'NOT_AUTHORIZED', why) }
    }
    // A probe with an old password is to be answered, and not to lock anybody out.
    if (visit.needs === 'anybody') return { caller: nobody, refusal: null }
    if (visit.needs !== 'stranger') return this.#identify(visit, visit.needs, nobody)
    const { caller, refusal } = this.#identify(visit, 'viewer', nobody)
    if (refusal === null) return { caller, refusal: null }
    // Whoever is on this machine sees its processes anyway; `quorate status` has no login.
    const isLocal = withoutUsers(visit, 'viewer') === null
    return { caller: { ...nobody, role: isLocal ? 'viewer' : null }, refusal: null }
  }

  #identify(visit: Visit, needs: Role, nobody: Caller): Admission {
    if (this.#users !== null) return this.#logIn(this.#users, visit, needs, nobody)
    const refusal = withoutUsers(visit, needs)
    return { caller: { ...nobody, role: refusal === null ? 'viewer' : null }, refusal }
  }

  #logIn(users: UserDirectory, visit: Visit, needs: Role, nobody: Caller): Admission {
    const { address, authorization } = visit
    const credentials = authorization === undefined ? null : basicCredentials(authorization)
    if (credentials === null) {
      return { caller: nobody, refusal: problem(401, 'NOT_AUTHENTICATED', 'A login is needed.') }
    }
    const { name, password } = credentials
    const attempt = { address, user: users.has(name) ? name : null }
    if (this.#failed.isBlocked(attempt)) {
      const why = 'Too many wrong passwords came from this address for this user; wait a minute.'
      return { caller: nobody, refusal: problem(429, 'NOT_AUTHENTICATED', why) }
    }
    const user = users.find(name, password)
    if (user === null) {
      if (this.#failed.failed(attempt)) this.#log.warn(GUESSING, { ...attempt })
      const why = 'The name or the password is wrong.'
      return { caller: nobody, refusal: problem(401, 'NOT_AUTHENTICATED', why) }
    }
    this.#failed.succeeded(attempt)
    const caller: Caller = { name: user.name, from: address, role: user.role }
    if (suffices(user.role, needs)) return { caller, refusal: null }
    const why = `This takes the role ${needs}; yours is ${user.role}.`
    return { caller, refusal: problem(403, 'NOT_AUTHORIZED', why) }
  }
}

const GUESSING = 'too many wrong passwords for the console: nobody is asked from there for a minute'

function withoutUsers({ address, host }: Visit, needs: Role): Problem | null {
  if (!isLoopbackAddress(address) || !isLoopbackHost(host)) {
    const why = 'No users are configured: the API answers on the machine of the broker only.'
    return problem(403, 'NOT_AUTHORIZED', why)
  }
  if (needs === 'viewer') return null
  const why = 'No users are configured: nothing can be changed through the API.'
  return problem(403, 'NOT_AUTHORIZED', why)
}
