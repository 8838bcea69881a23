import { BrokerError } from '@quorate/core/base/errors'
import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'
import type { LoginFlags } from '../api/login.ts'
import { refuse } from '../daily/api-flags.ts'
import { addExample } from '../help-example.ts'
import { countUpTo, duration, wholeNumber } from '../option-values.ts'
import type { CommandLine, Outcome } from '../program.ts'
import {
  ACKNOWLEDGED_TOGETHER_MAX,
  COUNT_MAX,
  MESSAGE_BYTES_MAX,
  PARALLEL_MAX,
  TRANSACTION_BATCH_MAX,
} from './limits.ts'

/** What ActiveMQ's clients connect to when nobody says anything. */
const USUAL_URL = 'failover://tcp://localhost:61616'

interface ClientFlags extends LoginFlags {
  readonly brokerUrl: string
  readonly destination: string
  readonly messageCount: number
  readonly sleep: number
  readonly transactionBatchSize?: number
  readonly parallelThreads: number
  readonly clientId?: string
  readonly json: boolean
}

function trueOrFalse(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  throw new InvalidArgumentError('It is neither true nor false.')
}

function flag(words: string, description: string, fallback: boolean): Option {
  return new Option(`${words} [true|false]`, description)
    .argParser(trueOrFalse)
    .preset('true')
    .default(fallback)
}

/** The flags of both, with the names that ActiveMQ gave them. */
function addClientFlags(command: Command): Command {
  const batch = new Option('--transactionBatchSize <n>', 'so many in each transaction')
  return command
    .option('--brokerUrl <uri>', 'tcp://host:port or failover:(tcp://a:1,tcp://b:2)', USUAL_URL)
    .option('--destination <name>', 'queue://ORDERS or topic://PRICES', 'queue://TEST')
    .addOption(
      new Option('--messageCount <n>', 'of each connection')
        .argParser(countUpTo(COUNT_MAX))
        .default(1000),
    )
    .addOption(
      new Option('--sleep <duration>', 'after each message').argParser(duration).default(0, '0'),
    )
    .addOption(batch.argParser(countUpTo(TRANSACTION_BATCH_MAX)))
    .addOption(
      new Option('--parallelThreads <n>', 'connections at the same time')
        .argParser(countUpTo(PARALLEL_MAX))
        .default(1),
    )
    .option('--clientId <text>', 'JMS client id')
    .option('--user <name>', 'who connects (or QUORATE_USER)')
    .option('--password-file <file>', 'his password, in its first line (or QUORATE_PASSWORD)')
    .option('--password <text>', 'the same where everybody on the machine can read it')
    .option('--json', 'print JSON', false)
}

function checkClientId({ clientId, parallelThreads }: ClientFlags): void {
  if (clientId === undefined || parallelThreads === 1) return
  const message = '--clientId: one connection has it, so --parallelThreads has to be 1'
  throw new BrokerError('INVALID_ARGUMENT', message)
}

export function addOpenWireCommands(program: Command, line: CommandLine, outcome: Outcome): void {
  addProducer(program, line, outcome)
  addConsumer(program, line, outcome)
}

function addProducer(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const size = (words: string, description: string): Option =>
    new Option(words, description).argParser(countUpTo(MESSAGE_BYTES_MAX))
  const command = program
    .command('producer')
    .description(
      'Send messages over OpenWire. Counted as sent is what the broker confirmed, also across ' +
        'takeovers with failover:.',
    )
  addClientFlags(command)
    .option('--message <text>', 'what each says (default: test message: 1 and so on)')
    .addOption(size('--textMessageSize <n>', 'characters of each, instead').conflicts('message'))
    .addOption(
      size('--messageSize <n>', 'bytes of each, as messages of bytes').conflicts([
        'message',
        'textMessageSize',
      ]),
    )
    .addOption(flag('--persistent', 'stored before they are confirmed', true))
    .addOption(
      new Option('--msgTTL <duration>', 'when they expire').argParser(duration).default(0, 'never'),
    )
    .addOption(new Option('--messagePriority <n>', '0 to 9').argParser(wholeNumber).default(4))
    .addOption(flag('--disableMessageTimestamp', 'without JMSTimestamp', false))
    .option('--msgGroupID <id>', 'JMSXGroupID; groups are not kept together by Quorate yet')
  refuse(command, [
    ['--payloadUrl <url>', 'nothing is fetched: message send --file sends what is in a file'],
  ])
  const uri = "'failover:(tcp://a:61616,tcp://b:61616)'"
  addExample(command, `quorate producer --brokerUrl ${uri} --destination queue://ORDERS`)
  interface Flags extends ClientFlags {
    readonly message?: string
    readonly messageSize?: number
    readonly textMessageSize?: number
    readonly persistent: boolean
    readonly msgTTL: number
    readonly messagePriority: number
    readonly disableMessageTimestamp: boolean
    readonly msgGroupID?: string
  }
  command.action(async (flags: Flags) => {
    const { producer } = await import('./producer.ts')
    checkClientId(flags)
    if (flags.messagePriority > 9) {
      throw new BrokerError('INVALID_ARGUMENT', '--messagePriority: it is no number from 0 to 9')
    }
    const request = {
      ...flags,
      priority: flags.messagePriority,
      ttlMs: flags.msgTTL,
      withTimestamp: !flags.disableMessageTimestamp,
      sleepMs: flags.sleep,
      batch: flags.transactionBatchSize ?? 0,
      parallel: flags.parallelThreads,
    }
    outcome.exitCode = await producer(request, flags, terminal)
  })
}

const SESSION_TRANSACTED = 'SESSION_TRANSACTED'
const INDIVIDUAL = 'INDIVIDUAL_ACKNOWLEDGE'
const ackModes = [
  ...['AUTO_ACKNOWLEDGE', 'CLIENT_ACKNOWLEDGE', 'DUPS_OK_ACKNOWLEDGE'],
  ...[INDIVIDUAL, SESSION_TRANSACTED],
]
/** Of a session that is transacted without saying how large. */
const USUAL_BATCH = 10

function addConsumer(program: Command, { terminal }: CommandLine, outcome: Outcome): void {
  const command = program
    .command('consumer')
    .description(
      'Receive messages over OpenWire and print each as a line; it is acknowledged then. What ' +
        'comes again after a takeover is not shown twice.',
    )
  addClientFlags(command)
    .addOption(
      new Option('--ackMode <mode>', 'how they are acknowledged')
        .choices(ackModes)
        .default('AUTO_ACKNOWLEDGE'),
    )
    .addOption(
      new Option('--batchSize <n>', 'acknowledged together at most; with SESSION_TRANSACTED as one')
        .argParser(countUpTo(TRANSACTION_BATCH_MAX))
        .conflicts('transactionBatchSize'),
    )
    .addOption(flag('--durable', 'a durable subscription of a topic; needs --clientId', false))
    .addOption(
      new Option('--receiveTimeout <duration>', 'ends when nothing came for so long; 0: never')
        .argParser(duration)
        .default(3000, '3s'),
    )
    .addOption(flag('--bytesAsText', 'show messages of bytes as text, not as base64', false))
  refuse(command, [['--selector <selector>', 'selectors are not supported yet']])
  addExample(command, 'quorate consumer --destination queue://ORDERS --messageCount 10')
  interface Flags extends ClientFlags {
    readonly ackMode: string
    readonly batchSize?: number
    readonly durable: boolean
    readonly receiveTimeout: number
    readonly bytesAsText: boolean
  }
  command.action(async (flags: Flags) => {
    const { consumer } = await import('./consumer.ts')
    checkClientId(flags)
    const { ackMode, batchSize, transactionBatchSize } = flags
    const isTransacted = ackMode === SESSION_TRANSACTED || transactionBatchSize !== undefined
    const request = {
      ...flags,
      receiveTimeoutMs: flags.receiveTimeout,
      sleepMs: flags.sleep,
      isIndividual: ackMode === INDIVIDUAL,
      batch: isTransacted ? (transactionBatchSize ?? batchSize ?? USUAL_BATCH) : 0,
      together: batchSize ?? ACKNOWLEDGED_TOGETHER_MAX,
      parallel: flags.parallelThreads,
    }
    outcome.exitCode = await consumer(request, flags, terminal)
  })
}
