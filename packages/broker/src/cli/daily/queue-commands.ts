import type { Command } from 'commander'
import { Option } from 'commander'
import { DESTINATIONS_WALKED_MAX } from '../api/limits.ts'
import { addExample } from '../help-example.ts'
import { countUpTo, orders } from '../option-values.ts'
import type { CommandLine, Outcome } from '../program.ts'
import { addApiFlags, openWork } from './api-flags.ts'
import type { ApiFlags } from './api-flags.ts'

const nameHelp = 'such as ORDERS'

export function addQueue(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const queue = program.command('queue').description('Look at queues, create and delete them.')
  const list = queue
    .command('list')
    .description('List queues with their figures.')
    .option('--filter <text>', 'only names with this in them')
    .addOption(
      new Option('--sort <order>', 'name, or what is biggest').choices(orders).default('name'),
    )
    .addOption(
      new Option('--limit <n>', 'so many at most').argParser(countUpTo(DESTINATIONS_WALKED_MAX)),
    )
  interface ListFlags extends ApiFlags {
    readonly filter?: string
    readonly sort: string
    readonly limit?: number
  }
  addExample(addApiFlags(list), 'quorate queue list --sort pending --limit 10')
  list.action(async ({ filter, sort, limit, ...flags }: ListFlags) => {
    const { queueList } = await import('./queue.ts')
    const work = await openWork(flags, terminal)
    outcome.exitCode = await queueList({ filter, sort, limit }, work)
  })

  const show = queue
    .command('show')
    .description('Show one queue with all its figures, and who consumes from it.')
    .argument('<queue>', nameHelp)
  addExample(addApiFlags(show), 'quorate queue show ORDERS')
  show.action(async (name: string, flags: ApiFlags) => {
    const { queueShow } = await import('./queue.ts')
    outcome.exitCode = await queueShow(name, await openWork(flags, terminal))
  })

  const create = queue
    .command('create')
    .description('Create a queue; nothing happens where it is there already.')
    .argument('<queue>', nameHelp)
  addExample(addApiFlags(create), 'quorate queue create ORDERS --user admin')
  create.action(async (name: string, flags: ApiFlags) => {
    const { queueCreate } = await import('./queue.ts')
    outcome.exitCode = await queueCreate(name, await openWork(flags, terminal))
  })

  addQueueChanges(queue, { terminal }, outcome)
}

function addQueueChanges(
  queue: Command,
  { terminal }: Pick<CommandLine, 'terminal'>,
  outcome: Outcome,
): void {
  const remove = queue
    .command('delete')
    .description('Delete a queue with its messages. On a terminal it asks before.')
    .argument('<queue>', nameHelp)
    .option('-y, --yes', 'do not ask', false)
  addExample(addApiFlags(remove), 'quorate queue delete ORDERS --user admin')
  remove.action(async (name: string, flags: ApiFlags & { readonly yes: boolean }) => {
    const { queueDelete } = await import('./queue.ts')
    const work = await openWork(flags, terminal)
    outcome.exitCode = await queueDelete({ name, yes: flags.yes }, work)
  })

  const purge = queue
    .command('purge')
    .description('Delete what waits in queues: the same as quorate purge.')
    .argument('<queues...>', "names, with wildcards: ORDERS 'TEST.*'")
    .option('-y, --yes', 'do not ask', false)
  addExample(addApiFlags(purge), "quorate queue purge 'TEST.>' --user ops")
  purge.action(async (words: string[], flags: ApiFlags & { readonly yes: boolean }) => {
    const commands = await import('./purge.ts')
    const work = await openWork(flags, terminal)
    outcome.exitCode = await commands.purge({ words, yes: flags.yes }, work)
  })
}
