import { formatDestination } from '@quorate/core/model/destination'
import type { BrokerError } from '@quorate/core/base/errors'
import { encodeText } from '@quorate/core/openwire/message-body'
import { parseDestinationName } from '@quorate/core/model/destination-name'
import { loginOf } from '../api/login.ts'
import type { LoginFlags } from '../api/login.ts'
import { CountProgress } from '../count-progress.ts'
import { EXIT_INTERRUPTED, EXIT_OK } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import { untilInterrupted } from '../reading.ts'
import { counted, shownCount } from '../shown-bytes.ts'
import type { Terminal } from '../terminal.ts'
import { printable } from '../text-table.ts'
import { parseBrokerUri } from './broker-uri.ts'
import { connect, labelOf } from './connect.ts'
import { ProducerRun } from './producer-run.ts'
import type { ProducerPlan } from './producer-run.ts'

export interface ProducerRequest {
  readonly brokerUrl: string
  readonly destination: string
  /** Of each connection. */
  readonly messageCount: number
  readonly message?: string | undefined
  /** Bytes of a message of bytes. */
  readonly messageSize?: number | undefined
  /** Characters of a text message. */
  readonly textMessageSize?: number | undefined
  readonly persistent: boolean
  readonly priority: number
  readonly ttlMs: number
  readonly withTimestamp: boolean
  readonly msgGroupID?: string | undefined
  readonly sleepMs: number
  readonly batch: number
  readonly parallel: number
  readonly clientId?: string | undefined
  readonly json: boolean
}

type Bodies = ProducerPlan['bodyOf']

/** A body that is the same for all is made once. */
function bodiesOf({ message, messageSize, textMessageSize }: ProducerRequest): Bodies {
  const always = (isText: boolean, content: Buffer): Bodies => {
    const body = { isText, content }
    return () => body
  }
  const text = (words: string): Buffer => encodeText(words) ?? Buffer.alloc(0)
  if (messageSize !== undefined) return always(false, Buffer.alloc(messageSize, 'a'))
  if (textMessageSize !== undefined) return always(true, text('a'.repeat(textMessageSize)))
  if (message !== undefined) return always(true, text(message))
  return (number) => ({ isText: true, content: text(`test message: ${number}`) })
}

/** Sends messages, and tells what was confirmed, however it ends. */
export async function producer(
  request: ProducerRequest,
  who: LoginFlags,
  terminal: Terminal,
): Promise<number> {
  const { parallel, clientId, json, messageCount, ttlMs, sleepMs, batch } = request
  const uri = parseBrokerUri(request.brokerUrl)
  const destination = parseDestinationName(request.destination, 'queue')
  // Wrong words are told before anybody is asked for a password.
  const login = await loginOf(who, terminal)
  const total = messageCount * parallel
  const progress = new CountProgress(terminal, { thing: 'messages', total, isWanted: !json })
  let confirmed = 0
  const plan: ProducerPlan = {
    destination,
    count: messageCount,
    bodyOf: bodiesOf(request),
    persistent: request.persistent,
    priority: request.priority,
    withTimestamp: request.withTimestamp,
    groupId: request.msgGroupID ?? null,
    ...{ ttlMs, sleepMs, batch },
    onConfirmed: (count) => progress.reached((confirmed += count)),
  }
  const runs: ProducerRun[] = []
  const isInterrupted = await untilInterrupted(async (signal) => {
    const working = Array.from({ length: parallel }, async (_, at) => {
      const label = labelOf(at, parallel)
      const connection = connect(
        { uri, login, clientId },
        { tell: (line) => progress.note(line), label },
      )
      const run = new ProducerRun(connection, plan)
      runs.push(run)
      await run.run(signal)
      await connection.close()
    })
    await Promise.all(working)
    return signal.aborted ? EXIT_INTERRUPTED : EXIT_OK
  })
  progress.close()
  const seconds = secondsOf(runs)
  const where = formatDestination(destination)
  report({ where, runs, seconds, total }, { terminal, json })
  const failure = runs.find((run) => run.failure !== null)?.failure ?? null
  if (isInterrupted !== EXIT_OK) return isInterrupted
  if (failure !== null) throw failure
  return EXIT_OK
}

/** From the first message until the last answer: connecting is no part of a rate. */
function secondsOf(runs: readonly ProducerRun[]): number {
  const beganMs = Math.min(...runs.map((run) => run.beganMs ?? Infinity))
  const endedMs = Math.max(...runs.map((run) => run.endedMs ?? performance.now()))
  return beganMs === Infinity ? 0 : (endedMs - beganMs) / 1000
}

interface Produced {
  readonly where: string
  readonly runs: readonly ProducerRun[]
  readonly seconds: number
  readonly total: number
}

function report(
  { where, runs, seconds, total }: Produced,
  { terminal, json }: { readonly terminal: Terminal; readonly json: boolean },
): void {
  const sum = (of: (run: ProducerRun) => number): number => {
    return runs.reduce((all, run) => all + of(run), 0)
  }
  const confirmed = sum((run) => run.confirmed)
  const unknown = sum((run) => run.unknown)
  const refused = sum((run) => run.refused)
  const failure: BrokerError | undefined = runs.flatMap((run) => run.failure ?? [])[0]
  if (json) {
    const elapsedMs = Math.round(seconds * 1000)
    const error = failure === undefined ? null : { code: failure.code, message: failure.message }
    const words = { destination: where, wanted: total, confirmed, unknown, refused }
    terminal.out(`${jsonText({ ...words, elapsedMs, error }, 2)}\n`)
    return
  }
  const rate = seconds === 0 ? '' : ` (${shownCount(Math.round(confirmed / seconds))}/s)`
  const sent = `${counted(confirmed, 'message')} confirmed by ${printable(where)}`
  terminal.out(`${sent} in ${seconds.toFixed(2)} s${rate}\n`)
  if (refused > 0) terminal.err(`${counted(refused, 'message')} refused: not there\n`)
  if (unknown > 0) {
    const them = `${counted(unknown, 'message')} sent without an answer`
    terminal.err(`${them}: whether they are there is not known\n`)
  }
}
