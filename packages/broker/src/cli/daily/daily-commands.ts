import type { Command } from 'commander'
import { Argument, InvalidArgumentError, Option } from 'commander'
import { BROWSED_MESSAGES_MAX } from '../api/limits.ts'
import { addExample } from '../help-example.ts'
import { collect, countUpTo, orders, wordsOf } from '../option-values.ts'
import type { CommandLine, Outcome } from '../program.ts'
import { addApiFlags, openWork, refuse, refusedOfBrowse, refusedOfPurge } from './api-flags.ts'
import type { ApiFlags } from './api-flags.ts'
import { addCluster } from './cluster-commands.ts'
import { messageParts } from './message-parts.ts'
import type { MessagePart } from './message-parts.ts'
import { addMessage } from './message-commands.ts'
import { addQueue } from './queue-commands.ts'

/** The commands for daily work that ask the HTTP API, ActiveMQ's first. */
export function addDailyCommands(program: Command, line: CommandLine, outcome: Outcome): void {
  addBrowse(program, line, outcome)
  addPurge(program, line, outcome)
  addDstat(program, line, outcome)
  addQuery(program, line, outcome)
  addBstat(program, line, outcome)
  addList(program, line, outcome)
  addCluster(program, line, outcome)
  addQueue(program, line, outcome)
  addMessage(program, line, outcome)
}

function messagePart(word: string, earlier: readonly MessagePart[]): readonly MessagePart[] {
  const part = messageParts.find((each) => each === word)
  if (part !== undefined) return [...earlier, part]
  throw new InvalidArgumentError(`Allowed choices are ${messageParts.join(', ')}.`)
}

function addBrowse(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const command = program
    .command('browse')
    .description('Show what waits in a queue, oldest first, as ActiveMQ does. Nothing is taken.')
    .argument('<queue>', 'such as ORDERS')
    .addOption(
      new Option('-V, --part <part>', 'header, custom (properties) or body; may be repeated')
        .argParser(messagePart)
        .default([], 'all'),
    )
    .addOption(
      new Option('--view <names>', 'only these fields: JMSMessageID,shop')
        .argParser(wordsOf)
        .default([], 'all'),
    )
    .addOption(
      new Option('--limit <n>', 'so many messages at most')
        .argParser(countUpTo(BROWSED_MESSAGES_MAX))
        .default(400),
    )
  refuse(addApiFlags(command), refusedOfBrowse)
  addExample(command, 'quorate browse -Vheader --view JMSMessageID ORDERS')
  type Flags = ApiFlags & { part: readonly MessagePart[]; view: readonly string[]; limit: number }
  command.action(async (queue: string, flags: Flags) => {
    const { browse } = await import('./browse.ts')
    const request = { queue, parts: flags.part, view: flags.view, limit: flags.limit }
    outcome.exitCode = await browse(request, await openWork(flags, terminal))
  })
}

function addPurge(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const command = program
    .command('purge')
    .description(
      'Delete what waits in queues. On a terminal it asks before; Ctrl-C ends it where it is.',
    )
    .argument('<queues...>', "names, with wildcards: ORDERS 'TEST.*'")
    .option('-y, --yes', 'do not ask', false)
  refuse(addApiFlags(command), refusedOfPurge)
  addExample(command, "quorate purge --user ops 'TEST.>'")
  command.action(async (words: string[], flags: ApiFlags & { yes: boolean }) => {
    const { purge } = await import('./purge.ts')
    outcome.exitCode = await purge({ words, yes: flags.yes }, await openWork(flags, terminal))
  })
}

function addDstat(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const command = program
    .command('dstat')
    .description("Show the figures of destinations, in ActiveMQ's columns.")
    .addArgument(
      new Argument('[kind]', 'queues or topics (default: both)').choices(['queues', 'topics']),
    )
    .addOption(
      new Option('--sort <order>', 'name, or what is biggest').choices(orders).default('name'),
    )
    .option('--filter <text>', 'only names with this in them')
  addApiFlags(command)
  addExample(command, 'quorate dstat queues --sort pending')
  type Flags = ApiFlags & { readonly sort: string; readonly filter?: string }
  command.action(
    async (word: 'queues' | 'topics' | undefined, { sort, filter, ...flags }: Flags) => {
      const { dstat } = await import('./dstat.ts')
      const kind = word === 'queues' ? 'queue' : 'topic'
      const request = { sort, filter, ...(word === undefined ? {} : ({ kind } as const)) }
      outcome.exitCode = await dstat(request, await openWork(flags, terminal))
    },
  )
}

/** ActiveMQ writes `-xQQueue=...`; commander reads `-x` and what follows. */
function excluded(text: string, earlier: readonly string[]): readonly string[] {
  if (!text.startsWith('Q')) throw new InvalidArgumentError('It is written -xQQueue=NAME.')
  return [...earlier, text.slice(1)]
}

function addQuery(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const option = (flags: string, description: string): Option =>
    new Option(flags, description).argParser(collect).default([], '')
  const command = program
    .command('query')
    .description('Show brokers, queues, topics, subscriptions and connections, by JMX names.')
    .addOption(option('-Q, --query <kind=name>', '-QQueue=ORDERS, -QTopic=*, -QBroker; repeatable'))
    .addOption(
      new Option('-x, --exclude <Qkind=name>', '-xQQueue=TEST.*: not those; repeatable')
        .argParser(excluded)
        .default([], ''),
    )
    .addOption(option('--objname <name>', 'type=Broker,destinationType=Queue,destinationName=*'))
    .addOption(option('--xobjname <name>', 'not those'))
    .addOption(
      new Option('--view <names>', 'only these attributes: QueueSize,ConsumerCount')
        .argParser(wordsOf)
        .default([], 'all'),
    )
  refuse(addApiFlags(command), [
    ['--invoke <operation>', 'operations are commands here: purge, queue, message'],
  ])
  addExample(command, 'quorate query -QQueue=ORDERS --view QueueSize,ConsumerCount')
  interface Flags extends ApiFlags {
    readonly query: readonly string[]
    readonly exclude: readonly string[]
    readonly objname: readonly string[]
    readonly xobjname: readonly string[]
    readonly view: readonly string[]
  }
  command.action(async (flags: Flags) => {
    const { query, selectionOfObjectName } = await import('./query.ts')
    const request = {
      wanted: [...flags.query, ...flags.objname.map(selectionOfObjectName)],
      unwanted: [...flags.exclude, ...flags.xobjname.map(selectionOfObjectName)],
      view: flags.view,
    }
    outcome.exitCode = await query(request, await openWork(flags, terminal))
  })
}

function addBstat(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const command = program
    .command('bstat')
    .description('Show the figures of the broker that serves clients, by their JMX names.')
    .argument('[broker]', 'its name; refused when another one serves')
  addApiFlags(command)
  addExample(command, 'quorate bstat --json')
  command.action(async (name: string | undefined, flags: ApiFlags) => {
    const { bstat } = await import('./bstat.ts')
    outcome.exitCode = await bstat(name, await openWork(flags, terminal))
  })
}

function addList(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const command = program.command('list').description('List the brokers of the cluster.')
  addApiFlags(command)
  addExample(command, 'quorate list --url http://broker1:8161')
  command.action(async (flags: ApiFlags) => {
    const { list } = await import('./list.ts')
    outcome.exitCode = await list(await openWork(flags, terminal))
  })
}
