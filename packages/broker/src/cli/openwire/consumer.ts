import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import { formatDestination } from '@quorate/core/model/destination'
import { parseDestinationName } from '@quorate/core/model/destination-name'
import { TypeId } from '@quorate/core/openwire/commands'
import type { MessageCommand } from '@quorate/core/openwire/commands'
import { bytesOf, textOf } from '@quorate/core/openwire/message-body'
import { loginOf } from '../api/login.ts'
import type { LoginFlags } from '../api/login.ts'
import { EXIT_INTERRUPTED, EXIT_OK } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import { untilInterrupted } from '../reading.ts'
import { counted } from '../shown-bytes.ts'
import type { Terminal } from '../terminal.ts'
import { printable } from '../text-table.ts'
import { parseBrokerUri } from './broker-uri.ts'
import { connect, labelOf } from './connect.ts'
import { ConsumerRun } from './consumer-run.ts'
import { destinationText, messageIdText } from './wire-names.ts'

export interface ConsumerRequest {
  readonly brokerUrl: string
  readonly destination: string
  /** Of each connection. */
  readonly messageCount: number
  readonly receiveTimeoutMs: number
  readonly sleepMs: number
  readonly isIndividual: boolean
  readonly batch: number
  readonly together: number
  readonly durable: boolean
  readonly clientId?: string | undefined
  readonly bytesAsText: boolean
  readonly parallel: number
  readonly json: boolean
}

/** A body that is shown: text as it is, bytes as text or as base64. */
function bodyWords(message: MessageCommand, bytesAsText: boolean): Record<string, string | null> {
  if (message.type === TypeId.ActiveMQTextMessage) return { text: textOf(message) }
  if (message.type !== TypeId.ActiveMQBytesMessage) return {}
  const bytes = bytesOf(message)
  return bytesAsText ? { text: bytes.toString('utf8') } : { base64: bytes.toString('base64') }
}

function lineOf(message: MessageCommand, bytesAsText: boolean): string {
  const { text, base64 } = bodyWords(message, bytesAsText)
  if (text != null) return printable(text)
  return base64 == null ? `[${messageIdText(message.messageId)}]` : `base64 ${base64}`
}

function jsonOf(message: MessageCommand, isRedelivered: boolean, bytesAsText: boolean): string {
  return jsonText({
    messageId: messageIdText(message.messageId),
    destination: destinationText(message.destination),
    persistent: message.persistent,
    redelivered: isRedelivered,
    ...(message.groupID === null ? {} : { groupId: message.groupID }),
    ...bodyWords(message, bytesAsText),
  })
}

/** Which message it is that nobody can read. */
function readable(message: MessageCommand, show: () => string): string {
  try {
    return show()
  } catch (error) {
    const { code, message: why } = toBrokerError(error)
    const which = messageIdText(message.messageId)
    throw new BrokerError(code, `message ${which} cannot be read: ${why}`, { cause: error })
  }
}

/** Receives messages and prints each as a line; what became of them goes to standard error. */
export async function consumer(
  request: ConsumerRequest,
  who: LoginFlags,
  terminal: Terminal,
): Promise<number> {
  const { parallel, clientId, durable, json, bytesAsText } = request
  const uri = parseBrokerUri(request.brokerUrl)
  const destination = parseDestinationName(request.destination, 'queue')
  if (durable && (clientId === undefined || destination.kind !== 'topic')) {
    const message = '--durable: a durable subscription is of a topic, and of a --clientId'
    throw new BrokerError('INVALID_ARGUMENT', message)
  }
  // Wrong words are told before anybody is asked for a password.
  const login = await loginOf(who, terminal)
  const onMessage = async (message: MessageCommand, isRedelivered: boolean): Promise<unknown> => {
    const line = readable(message, () =>
      json ? jsonOf(message, isRedelivered, bytesAsText) : lineOf(message, bytesAsText),
    )
    terminal.out(`${line}\n`)
    return terminal.drained()
  }
  const runs: ConsumerRun[] = []
  const exitCode = await untilInterrupted(async (signal) => {
    const working = Array.from({ length: parallel }, (_, at) => {
      const label = labelOf(at, parallel)
      const connection = connect(
        {
          ...{ uri, login, clientId },
          interrupted: () => run.interrupted(),
          resumed: () => run.resumed(),
        },
        { tell: (line) => terminal.err(`${line}\n`), label },
      )
      const run = new ConsumerRun(connection, {
        ...{ destination, onMessage },
        count: request.messageCount,
        receiveTimeoutMs: request.receiveTimeoutMs,
        sleepMs: request.sleepMs,
        isIndividual: request.isIndividual,
        batch: request.batch,
        together: request.together,
        // The name that ActiveMQ's command gives it.
        subscription: durable ? `consumer-${at + 1}` : null,
      })
      runs.push(run)
      return run.run(signal)
    })
    await Promise.all(working)
    return signal.aborted ? EXIT_INTERRUPTED : EXIT_OK
  })
  report(runs, { where: formatDestination(destination), terminal, json })
  const failure = runs.find((run) => run.failure !== null)?.failure ?? null
  if (exitCode === EXIT_OK && failure !== null) throw failure
  return exitCode
}

function report(
  runs: readonly ConsumerRun[],
  { where, terminal, json }: { where: string; terminal: Terminal; json: boolean },
): void {
  const sum = (of: (run: ConsumerRun) => number): number => {
    return runs.reduce((all, run) => all + of(run), 0)
  }
  const received = sum((run) => run.received)
  const repeated = sum((run) => run.repeated)
  const unsettled = sum((run) => run.unsettled)
  if (json) {
    terminal.out(`${jsonText({ destination: where, received, repeated, unsettled })}\n`)
    return
  }
  terminal.err(`${counted(received, 'message')} received from ${printable(where)}\n`)
  if (repeated > 0) {
    terminal.err(`${counted(repeated, 'message')} came a second time, and not shown again\n`)
  }
  if (unsettled > 0) {
    const them = `${counted(unsettled, 'message')} acknowledged without an answer`
    terminal.err(`${them}: they may come again, to whoever consumes next\n`)
  }
}
