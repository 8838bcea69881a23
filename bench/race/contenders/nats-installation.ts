import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetStreamConfig } from './nats-config.ts'
import type { NatsSync } from './nats-config.ts'

/** Why this setting cannot take part; null when the server that is installed takes it. */
export function whyNotInstalled(sync: NatsSync): string | null {
  const asked = spawnSync('nats-server', ['--version'], { encoding: 'utf8' })
  if (asked.error !== undefined) return 'no nats-server in PATH (Debian package nats-server)'
  const refusal = refusalOf(jetStreamConfig(tmpdir(), sync))
  if (refusal === null) return null
  return `${asked.stdout.trim()} does not take sync_interval, which came with 2.10: ${refusal}`
}

/** What the server says to these settings when it is only asked to check them. */
function refusalOf(settings: string): string | null {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-nats-'))
  try {
    const file = join(directory, 'nats-server.conf')
    writeFileSync(file, settings)
    const { status, stderr } = spawnSync('nats-server', ['-t', '--config', file], {
      encoding: 'utf8',
    })
    return status === 0 ? null : stderr.trim().replaceAll(`${file}:`, '')
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
