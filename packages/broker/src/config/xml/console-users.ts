import type { ConsoleUser } from '../console-user.ts'
import type { Problem } from '../setting-source.ts'
import { readProperties } from './java-properties.ts'

export interface ConsoleUsers {
  readonly users: readonly ConsoleUser[]
  readonly problems: readonly Problem[]
}

/** Reads jetty-realm.properties: `name: password[, role ...]`. Passwords stay out of messages. */
export function readConsoleUsers(text: string, file: string): ConsoleUsers {
  const users: ConsoleUser[] = []
  const problems: Problem[] = []
  for (const [name, { value, where }] of readProperties(text, file)) {
    const [password = '', ...roles] = value.split(',').map((part) => part.trim())
    if (name === '') problems.push({ where, message: 'a user without a name' })
    else if (password === '') problems.push({ where, message: `user "${name}" has no password` })
    else if (roles.includes(''))
      problems.push({ where, message: `user "${name}": a role is empty` })
    else users.push({ name, password, roles, where })
  }
  return { users, problems }
}
