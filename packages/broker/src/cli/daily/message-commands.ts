import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'
import { API_PAGE_MESSAGES_MAX } from '../api/limits.ts'
import { addExample } from '../help-example.ts'
import { countUpTo, duration, wholeNumber } from '../option-values.ts'
import type { CommandLine, Outcome } from '../program.ts'
import { addApiFlags, openWork } from './api-flags.ts'
import type { ApiFlags } from './api-flags.ts'

export function addMessage(program: Command, line: CommandLine, outcome: Outcome): void {
  const message = program
    .command('message')
    .description('Look at messages of queues, send, move, copy and delete them.')
  addReading(message, line, outcome)
  addSending(message, line, outcome)
  addChanges(message, line, outcome)
}

const queueHelp = 'such as ORDERS'

function addReading(message: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const list = message
    .command('list')
    .description('List what waits in a queue, oldest first, a page at a time.')
    .argument('<queue>', queueHelp)
    .addOption(
      new Option('--limit <n>', 'messages of the page')
        .argParser(countUpTo(API_PAGE_MESSAGES_MAX))
        .default(50),
    )
    .option('--after <id>', 'what stands behind this one')
  interface ListFlags extends ApiFlags {
    readonly limit: number
    readonly after?: string
  }
  addExample(addApiFlags(list), 'quorate message list ORDERS --limit 10')
  list.action(async (queue: string, { limit, after, ...flags }: ListFlags) => {
    const { messageList } = await import('./message.ts')
    const work = await openWork(flags, terminal)
    outcome.exitCode = await messageList({ queue, limit, after }, work)
  })

  const show = message
    .command('show')
    .description('Show one message: its headers, its properties and the beginning of its body.')
    .argument('<queue>', queueHelp)
    .argument('<id>', 'of message list')
    .addOption(new Option('--preview <bytes>', 'of the body').argParser(wholeNumber))
  addExample(addApiFlags(show), 'quorate message show ORDERS 1042')
  type ShowFlags = ApiFlags & { readonly preview?: number }
  show.action(async (queue: string, id: string, { preview, ...flags }: ShowFlags) => {
    const { messageShow } = await import('./message.ts')
    const work = await openWork(flags, terminal)
    outcome.exitCode = await messageShow({ queue, id, preview }, work)
  })
}

type Properties = Readonly<Record<string, string>>

function property(text: string, earlier: Properties): Properties {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('It is no name=value.')
  return { ...earlier, [text.slice(0, at)]: text.slice(at + 1) }
}

function addSending(message: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const send = message
    .command('send')
    .description('Send one message through the HTTP API, answered when it is committed.')
    .argument('<destination>', 'ORDERS, queue://ORDERS or topic://PRICES')
    .option('--body <text>', 'what it says')
    .option('--file <file>', 'what is in this file; - is standard input')
    .option('--bytes', 'the file holds bytes, not text', false)
    .addOption(
      new Option('--property <name=value>', 'a property, as text; may be repeated')
        .argParser(property)
        .default({}, ''),
    )
    .option('--no-persistent', 'may be lost when the leader changes')
    .addOption(new Option('--priority <n>', '0 to 9').argParser(wholeNumber))
    .addOption(new Option('--ttl <duration>', 'when it expires').argParser(duration))
    .option('--correlation-id <text>', 'JMSCorrelationID')
    .option('--reply-to <destination>', 'JMSReplyTo')
    .option('--type <text>', 'JMSType')
  addApiFlags(send)
  addExample(send, "quorate message send ORDERS --user ops --body 'hello' --property shop=eu")
  interface SendFlags extends ApiFlags {
    readonly body?: string
    readonly file?: string
    readonly bytes: boolean
    readonly property: Properties
    readonly persistent: boolean
    readonly priority?: number
    readonly ttl?: number
    readonly correlationId?: string
    readonly replyTo?: string
    readonly type?: string
  }
  send.action(async (destination: string, flags: SendFlags) => {
    const { messageSend } = await import('./message.ts')
    const request = { ...flags, destination, properties: flags.property }
    outcome.exitCode = await messageSend(request, await openWork(flags, terminal))
  })
}

function addChanges(message: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const perform = async (
    request: { how: 'move' | 'copy' | 'delete'; queue: string; ids: string[]; to?: string },
    flags: ApiFlags,
  ): Promise<void> => {
    const { messagesChange } = await import('./message.ts')
    outcome.exitCode = await messagesChange(request, await openWork(flags, terminal))
  }
  const relocations = [
    ['move', 'Move messages in one step: each is always in exactly one of the two.', 'PARKED'],
    ['copy', 'Copy messages in one step.', 'topic://REPLAY'],
  ] as const
  for (const [how, description, example] of relocations) {
    const command = message
      .command(how)
      .description(`${description} Exits with 4 when some are not there.`)
      .argument('<queue>', queueHelp)
      .argument('<ids...>', 'of message list')
      .requiredOption('--to <destination>', 'ORDERS, queue://ORDERS or topic://PRICES')
    addApiFlags(command)
    addExample(command, `quorate message ${how} ORDERS 1042 1043 --to ${example} --user ops`)
    command.action(async (queue: string, ids: string[], flags: ApiFlags & { to: string }) =>
      perform({ how, queue, ids, to: flags.to }, flags),
    )
  }
  const remove = message
    .command('delete')
    .description('Delete messages by their ids. Exits with 4 when some are not there.')
    .argument('<queue>', queueHelp)
    .argument('<ids...>', 'of message list')
  addExample(addApiFlags(remove), 'quorate message delete ORDERS 1042 --user ops')
  remove.action(async (queue: string, ids: string[], flags: ApiFlags) =>
    perform({ how: 'delete', queue, ids }, flags),
  )
}
