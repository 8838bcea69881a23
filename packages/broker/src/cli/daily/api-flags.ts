import { BrokerError } from '@quorate/core/base/errors'
import type { Command } from 'commander'
import { Option } from 'commander'
import { ApiClient } from '../api/api-client.ts'
import { loginOf } from '../api/login.ts'
import type { LoginFlags } from '../api/login.ts'
import { jsonText } from '../json-text.ts'
import { collect, timeoutOption } from '../option-values.ts'
import type { Terminal } from '../terminal.ts'
import { printable } from '../text-table.ts'

/** Where ActiveMQ's console answers, and ours. */
const USUAL_URL = 'http://localhost:8161'

/** What every command has that asks the HTTP API. */
export interface ApiFlags extends LoginFlags {
  readonly url: readonly string[]
  readonly timeout: number
  readonly json: boolean
}

/** A flag of ActiveMQ's that means nothing here, and what to use instead. */
type RefusedFlag = readonly [flags: string, why: string]

const url = '--url names the HTTP API of a broker'
const login = '--user and --password-file are the login'

const refusedEverywhere: readonly RefusedFlag[] = [
  ['--jmxurl <url>', `there is no JMX here: ${url}`],
  ['--jmxuser <user>', `there is no JMX here: ${login}`],
  ['--jmxpassword <password>', `there is no JMX here: ${login}`],
  ['--jmxlocal', `there is no JMX here: ${url}`],
  ['--pid <pid>', `processes are not looked into: ${url}`],
]

export const refusedOfBrowse: readonly RefusedFlag[] = [
  ['--amqurl <url>', `messages are looked at through the HTTP API: ${url}`],
  ['--factory <class>', `there are no Java classes here: ${url}`],
  ['--passwordFactory <class>', `there are no Java classes here: ${login}`],
  ['--msgsel <selector>', 'messages cannot be chosen by selectors yet'],
]

export const refusedOfPurge: readonly RefusedFlag[] = [
  ['--msgsel <selector>', 'messages cannot be chosen by selectors yet: message delete takes ids'],
  ['--reset', 'counters cannot be set back: they begin at 0 with each leadership'],
]

/** Adds flags that are known, hidden, and answered with the reason why they do nothing. */
export function refuse(command: Command, refused: readonly RefusedFlag[]): Command {
  for (const [flags, why] of refused) {
    const option = new Option(flags).hideHelp()
    command.addOption(option)
    command.on(`option:${option.name()}`, () => {
      throw new BrokerError('INVALID_ARGUMENT', `${option.long ?? flags}: ${why}`)
    })
  }
  return command
}

/** Gives a command the flags of all that ask the HTTP API. */
export function addApiFlags(command: Command): Command {
  command
    .addOption(
      new Option('--url <url>', 'HTTP API of a broker; may be repeated')
        .argParser(collect)
        .default([], USUAL_URL),
    )
    .option('--user <name>', 'who asks (or QUORATE_USER)')
    .option('--password-file <file>', 'his password, in its first line (or QUORATE_PASSWORD)')
    .option('--password <text>', 'the same where everybody on the machine can read it')
    .addOption(timeoutOption('how long to wait for each answer', '35s'))
    .option('--json', 'print JSON', false)
  return refuse(command, refusedEverywhere)
}

/** What every command gets to work with. */
export interface Work {
  readonly api: ApiClient
  readonly terminal: Terminal
  readonly json: boolean
}

/** Throws INVALID_ARGUMENT for URLs and logins that are none. */
export async function openWork(flags: ApiFlags, terminal: Terminal): Promise<Work> {
  const { url: urls, timeout: timeoutMs, json } = flags
  const note = (text: string): void => terminal.err(`${printable(text)}\n`)
  const asked = urls.length === 0 ? [USUAL_URL] : urls
  // Wrong words are told before anybody is asked for a password.
  const nobody = new ApiClient({ urls: asked, login: null, timeoutMs, note })
  const login = await loginOf(flags, terminal)
  return { api: new ApiClient({ urls: nobody.urls, login, timeoutMs, note }), terminal, json }
}

export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out(`${jsonText(value, 2)}\n`)
}
