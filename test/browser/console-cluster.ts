import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCluster } from '../support/cluster.ts'
import type { Cluster, ClusterOptions } from '../support/cluster.ts'
import type { Visitor } from './console-browser.ts'

export const admin: Visitor = { name: 'admin', password: 'secret' }
export const operator: Visitor = { name: 'ops', password: 'hidden' }
export const viewer: Visitor = { name: 'user', password: 'shown' }

/** A cluster whose consoles know three people. */
export async function startWithUsers(options: ClusterOptions): Promise<Cluster> {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-console-'))
  const consoleUsers = join(directory, 'users.properties')
  const people = [
    [admin, 'admin'],
    [operator, 'operator'],
    [viewer, 'user'],
  ] as const
  const lines = people.map(([{ name, password }, role]) => `${name}: ${password}, ${role}\n`)
  writeFileSync(consoleUsers, lines.join(''), { mode: 0o600 })
  try {
    return await startCluster({ ...options, settings: { ...options.settings, consoleUsers } })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Asks the API of this console as the administrator. */
export async function askAs(
  { name, password }: Visitor,
  consolePort: number,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
  return fetch(`http://127.0.0.1:${consolePort}/api/v1${path}`, {
    ...init,
    headers: { authorization, 'content-type': 'application/json' },
  })
}
