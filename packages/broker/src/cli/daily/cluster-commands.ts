import type { Command } from 'commander'
import { apiOrigin } from '../api/api-client.ts'
import { addExample } from '../help-example.ts'
import type { CommandLine, Outcome } from '../program.ts'
import { addStatusFlags } from '../status-flags.ts'
import type { StatusFlags } from '../status-flags.ts'
import { addApiFlags, openWork } from './api-flags.ts'
import type { ApiFlags } from './api-flags.ts'

export function addCluster(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const cluster = program
    .command('cluster')
    .description('Look at the brokers of a cluster and at who led it.')
  const status = addStatusFlags(cluster.command('status')).description(
    'Show roles, epochs and positions of all members, as quorate status does.',
  )
  addExample(status, 'quorate cluster status --url http://broker1:8161')
  status.action(async ({ url, timeout: timeoutMs, ...flags }: StatusFlags) => {
    const commands = await import('../commands/status.ts')
    const request = { ...flags, urls: url.map(apiOrigin), configs: [], timeoutMs }
    outcome.exitCode = await commands.status(request, terminal)
  })

  const members = cluster
    .command('members')
    .description('Show who has a seat, and what each member says of itself.')
  addExample(addApiFlags(members), 'quorate cluster members')
  members.action(async (flags: ApiFlags) => {
    const { clusterMembers } = await import('./cluster.ts')
    outcome.exitCode = await clusterMembers(await openWork(flags, terminal))
  })

  const elections = cluster
    .command('elections')
    .description('Show the elections that a node remembers, with their causes, oldest first.')
  addExample(addApiFlags(elections), 'quorate cluster elections')
  elections.action(async (flags: ApiFlags) => {
    const { clusterElections } = await import('./cluster.ts')
    outcome.exitCode = await clusterElections(await openWork(flags, terminal))
  })
}
