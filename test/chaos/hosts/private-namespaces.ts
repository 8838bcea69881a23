import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { mkdirSync } from 'node:fs'
import { runCommand } from './run-command.ts'

/** Set in the process that runs inside; what a broker inherits is filtered (see ManagedProcess). */
const INSIDE = 'QUORATE_CHAOS_INSIDE'

/** Whether this process has a network and a table of mounts of its own. */
export function isInside(): boolean {
  return process.env[INSIDE] === '1'
}

/**
 * Runs this program again, with the same arguments, in a network namespace and a mount namespace
 * of its own, and answers its exit code. Bridges, hosts, routes, cuts and mounts that it makes
 * exist for it alone and vanish with it, however it ends: nothing touches the machine's own
 * network, and there is nothing to clean up after a SIGKILL. Processes in it get SIGKILL when their
 * parent ends.
 */
export async function runInside(): Promise<number> {
  const [script = '', ...words] = process.argv.slice(1)
  const child = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', 'unshare', '--mount', '--net', '--'],
      ...[process.execPath, ...process.execArgv, script, ...words],
    ],
    { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } },
  )
  // A Ctrl-C reaches the whole group; the inner process cleans up, and we stay until it has.
  const stay = (): void => undefined
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal)
  process.on('SIGINT', stay)
  process.on('SIGTERM', forward)
  process.on('SIGHUP', forward)
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
}

/** Names of hosts are files below /run/netns: a private one, so that no other run sees ours. */
export async function hideHostNames(): Promise<void> {
  mkdirSync('/run/netns', { recursive: true })
  await runCommand('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', '/run/netns'])
}
