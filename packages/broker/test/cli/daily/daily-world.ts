import { runCommandLine } from '../../../src/cli/program.ts'
import type { Terminal } from '../../../src/cli/terminal.ts'
import { LeadingBroker } from '../../management/api/leading-broker.ts'
import { listeningApi } from '../../management/api/listening-api.ts'
import { sampleStatus } from '../../management/sample-status.ts'
import { recordedTerminal } from '../recorded-terminal.ts'

export const users = [
  { name: 'admin', password: 'Open-Sesame', roles: ['admin'], where: '' },
  { name: 'user', password: 'Open-Sesame', roles: ['user'], where: '' },
]

export interface Ran {
  readonly exitCode: number
  readonly out: string
  readonly err: string
}

/** Runs a command line in this process. */
export async function runLine(
  args: readonly string[],
  changes: Partial<Terminal> = {},
): Promise<Ran> {
  const terminal = recordedTerminal(changes)
  const exitCode = await runCommandLine({ terminal, args, version: '9.8.7' })
  return { exitCode, ...terminal.written }
}

export interface DailyWorld {
  readonly broker: LeadingBroker
  /** Of the broker that leads. */
  readonly url: string
  /** Of one that follows it. */
  readonly followerUrl: string
  /** Runs a command as `admin` against the leader. */
  readonly run: (...args: string[]) => Promise<Ran>
}

/** A broker that leads, with its engine in this process, and one that follows it. */
export async function withDailyWorld(work: (world: DailyWorld) => Promise<void>): Promise<void> {
  const broker = new LeadingBroker()
  const api = await broker.api({ users })
  const members = [{ nodeId: 'node01', consoleUrl: api.url }]
  const words = { nodeId: 'node02', role: 'follower', leader: 'node01', members } as const
  const follower = await listeningApi(() => sampleStatus(words), { users })
  const login = ['--user', 'admin', '--password', 'Open-Sesame']
  const run: DailyWorld['run'] = (...args) => runLine([...args, '--url', api.url, ...login])
  try {
    await work({ broker, url: api.url, followerUrl: follower.url, run })
  } finally {
    await Promise.all([api.stop(), follower.stop()])
  }
}
