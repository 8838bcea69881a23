import { closeSync, openSync, readSync } from 'node:fs'
import { BrokerError } from '@quorate/core/base/errors'
import type { Terminal } from '../terminal.ts'
import { PASSWORD_FILE_BYTES_MAX } from './limits.ts'

export interface Login {
  readonly user: string
  readonly password: string
}

export interface LoginFlags {
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly passwordFile?: string | undefined
}

/** What of the environment says who somebody is; flags win. */
export type LoginEnvironment = Readonly<Record<string, string | undefined>>

/**
 * Who asks: the user of a flag or of QUORATE_USER; his password from a flag, a file, the variable
 * QUORATE_PASSWORD, or a question. null: nobody. Throws INVALID_ARGUMENT when a part is missing.
 */
export async function loginOf(
  flags: LoginFlags,
  terminal: Terminal,
  environment: LoginEnvironment = process.env,
): Promise<Login | null> {
  const { password, passwordFile } = flags
  const user = flags.user ?? environment.QUORATE_USER
  if (user === undefined || user === '') {
    if (password === undefined && passwordFile === undefined) return null
    throw new BrokerError('INVALID_ARGUMENT', 'there is a password, but no --user that it is of')
  }
  if (user.includes(':')) {
    throw new BrokerError('INVALID_ARGUMENT', '--user: no name of a user has a colon')
  }
  if (password !== undefined) return { user, password }
  if (passwordFile !== undefined) return { user, password: firstLineOf(passwordFile) }
  if (environment.QUORATE_PASSWORD !== undefined) {
    return { user, password: environment.QUORATE_PASSWORD }
  }
  const answer = await terminal.ask?.(`password of ${user}: `, { isHidden: true })
  if (answer != null) return { user, password: answer }
  const where = '--password-file or the variable QUORATE_PASSWORD'
  throw new BrokerError('INVALID_ARGUMENT', `no password for ${user}: give it with ${where}`)
}

function firstLineOf(path: string): string {
  const bytes = Buffer.alloc(PASSWORD_FILE_BYTES_MAX)
  let count: number
  try {
    const file = openSync(path, 'r')
    try {
      count = readSync(file, bytes)
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new BrokerError('INVALID_ARGUMENT', `--password-file: ${why}`, { cause })
  }
  return bytes.toString('utf8', 0, count).split(/\r?\n/, 1)[0] ?? ''
}
