import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { waitUntil } from '../../test/support/wait-until.ts'

const recorder = fileURLToPath(new URL('record.mjs', import.meta.url))

/** A profile of some minutes is written at once, but the broker may be busy. */
const WRITTEN_WITHIN_MS = 30_000

/** What has brokers that are started with it sample themselves (record.mjs). */
export function recordingTo(directory: string, nodeOptions = ''): Record<string, string> {
  return {
    NODE_OPTIONS: `${nodeOptions} --import ${recorder}`.trim(),
    BENCH_PROFILE_DIRECTORY: resolve(directory),
  }
}

/** Ends the sampling of these brokers; resolves when their profiles are in the directory. */
export async function collectProfiles(directory: string, pids: readonly number[]): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGUSR2')
  const isThere = (pid: number): boolean => existsSync(join(directory, `broker-${pid}.cpuprofile`))
  await waitUntil(() => pids.every(isThere), {
    what: `profiles of all brokers in ${directory}`,
    timeoutMs: WRITTEN_WITHIN_MS,
  })
}
