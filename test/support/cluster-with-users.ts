import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cluster } from './cluster.ts'
import { withCluster } from './cluster.ts'

/** Of `admin`, who may do everything. */
export const ADMIN_PASSWORD = 'Open-Sesame'

const DEADLINE_MS = 80_000

/** Runs a test on a fresh cluster where `admin` may change things, and `user` may look. */
export async function withUsers(test: (cluster: Cluster) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-users-'))
  const consoleUsers = join(folder, 'users.properties')
  writeFileSync(consoleUsers, `admin: ${ADMIN_PASSWORD}, admin\nuser: other, user\n`)
  try {
    await withCluster({ deadlineMs: DEADLINE_MS, settings: { consoleUsers } }, test)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function consoleUrl(cluster: Cluster, name: string): string {
  return `http://127.0.0.1:${cluster.node(name).ports.console}`
}
