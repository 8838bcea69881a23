import { readFileSync, statSync } from 'node:fs'
import { BrokerError } from '@quorate/core/base/errors'
import { formatDestination } from '@quorate/core/model/destination'
import { MESSAGE_FILE_BYTES_MAX } from '../api/limits.ts'
import { countIn, objectIn, objectsIn, shownValue, textIn } from '../api/api-values.ts'
import type { ApiObject } from '../api/api-values.ts'
import { destinationNamed, destinationPath, queueNamed } from '../api/destinations.ts'
import { EXIT_OK } from '../exit-code.ts'
import { counted } from '../shown-bytes.ts'
import { formatTable, printable } from '../text-table.ts'
import type { Column } from '../text-table.ts'
import type { Work } from './api-flags.ts'
import { printJson } from './api-flags.ts'
import { attributeLines } from './attribute-lines.ts'

export interface MessageListRequest {
  readonly queue: string
  readonly limit: number
  readonly after?: string | undefined
}

const columns: readonly Column[] = [
  { title: 'ID', align: 'right' },
  { title: 'TYPE' },
  { title: 'BYTES', align: 'right' },
  { title: 'PERSISTENT' },
  { title: 'HANDED OUT' },
  { title: 'TIMESTAMP' },
  { title: 'MESSAGE ID' },
]

function rowOf(message: ApiObject): string[] {
  const yesOrNo = (value: unknown): string => (value === true ? 'yes' : 'no')
  const flags = [yesOrNo(message.persistent), yesOrNo(message.handedOut)]
  const figures = [textIn(message, 'id'), textIn(message, 'type'), shownValue(message.bytes)]
  return [...figures, ...flags, shownValue(message.timestamp), textIn(message, 'messageId')]
}

/** One page of what waits in a queue, oldest first. */
export async function messageList(request: MessageListRequest, work: Work): Promise<number> {
  const { api, terminal, json } = work
  const queue = queueNamed(request.queue)
  await api.get(destinationPath(queue))
  const { limit, after } = request
  const page = await api.get(`${destinationPath(queue)}/messages`, { limit, after })
  if (json) {
    printJson(terminal, page)
    return EXIT_OK
  }
  const rows = objectsIn(page, 'items').map((item) => rowOf(item).map((text) => ({ text })))
  const columnsMax = terminal.isInteractive ? terminal.columns() : Infinity
  terminal.out(`${formatTable(columns, rows, { columnsMax }).join('\n')}\n`)
  if (page.next !== null) terminal.err(`there are more: --after ${textIn(page, 'next')}\n`)
  return EXIT_OK
}

export interface MessageShowRequest {
  readonly queue: string
  readonly id: string
  /** Bytes of the body. */
  readonly preview?: number | undefined
}

/** One message: headers, properties, and its body last, as it is. */
export async function messageShow(request: MessageShowRequest, work: Work): Promise<number> {
  const { queue, id, preview } = request
  const { api, terminal, json } = work
  const path = `${destinationPath(queueNamed(queue))}/messages/${encodeURIComponent(id)}`
  const message = await api.get(path, { preview })
  if (json) {
    printJson(terminal, message)
    return EXIT_OK
  }
  const { properties: _, body: __, ...headers } = message
  const body = objectIn(message, 'body')
  const properties = Object.entries(objectIn(message, 'properties'))
  const named = Object.fromEntries(properties.map(([name, value]) => [`property ${name}`, value]))
  const known = Object.entries(headers).filter(([, value]) => value !== null)
  const lines = [...attributeLines(Object.fromEntries(known)), ...attributeLines(named)]
  terminal.out(`${lines.join('\n')}\n\n`)
  const content = typeof body.content === 'string' ? body.content : ''
  if (content !== '') terminal.out(`${content.split('\n').map(printable).join('\n')}\n`)
  if (body.truncated === true) terminal.err(`the body has ${shownValue(body.bytes)} bytes\n`)
  return EXIT_OK
}

export interface MessageSendRequest {
  readonly destination: string
  readonly body?: string | undefined
  /** A file with the body; `-` is standard input. */
  readonly file?: string | undefined
  /** The file holds bytes, not text. */
  readonly bytes: boolean
  readonly properties: Readonly<Record<string, string>>
  readonly persistent: boolean
  readonly priority?: number | undefined
  readonly ttl?: number | undefined
  readonly correlationId?: string | undefined
  readonly replyTo?: string | undefined
  readonly type?: string | undefined
}

function fileContent(path: string): Buffer {
  try {
    const source = path === '-' ? 0 : path
    if (path !== '-' && statSync(path).size > MESSAGE_FILE_BYTES_MAX) throw tooLarge(path)
    const content = readFileSync(source)
    if (content.length > MESSAGE_FILE_BYTES_MAX) throw tooLarge(path)
    return content
  } catch (error) {
    if (error instanceof BrokerError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new BrokerError('INVALID_ARGUMENT', `--file: ${why}`, { cause: error })
  }
}

function tooLarge(path: string): BrokerError {
  const most = `the ${MESSAGE_FILE_BYTES_MAX} bytes that go this way`
  return new BrokerError('INVALID_ARGUMENT', `--file: ${path} has more than ${most}; use producer`)
}

function contentOf({ body, file, bytes }: MessageSendRequest) {
  if (body !== undefined && file !== undefined) {
    throw new BrokerError('INVALID_ARGUMENT', 'give --body or --file, not both')
  }
  if (bytes && file === undefined) {
    throw new BrokerError('INVALID_ARGUMENT', '--bytes: what --file names is sent as bytes')
  }
  if (file === undefined) return body === undefined ? {} : { body }
  const content = fileContent(file)
  if (bytes) return { body: content.toString('base64'), encoding: 'base64' }
  try {
    return { body: new TextDecoder('utf-8', { fatal: true }).decode(content) }
  } catch (cause) {
    const message = `--file: ${file} is no text in UTF-8; --bytes sends it as it is`
    throw new BrokerError('INVALID_ARGUMENT', message, { cause })
  }
}

/** Sends one message through the API, answered when it is committed. */
export async function messageSend(request: MessageSendRequest, work: Work): Promise<number> {
  const { api, terminal, json } = work
  const { persistent, priority, ttl, correlationId, replyTo, type, properties } = request
  const destination = destinationNamed(request.destination)
  const answer = await api.change('POST', `${destinationPath(destination)}/messages`, {
    ...contentOf(request),
    ...{ persistent, priority, timeToLiveMs: ttl, correlationId, replyTo, jmsType: type },
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  })
  if (json) printJson(terminal, answer)
  else {
    const where = printable(formatDestination(destination))
    terminal.out(`sent to ${where}: ${printable(textIn(answer, 'messageId'))}\n`)
  }
  return EXIT_OK
}

/** What happened, in words. */
const done = { move: 'moved', copy: 'copied', delete: 'deleted' } as const

export interface MessagesRequest {
  readonly how: keyof typeof done
  readonly queue: string
  readonly ids: readonly string[]
  /** Of moves and copies: where they go. */
  readonly to?: string | undefined
}

/** Moves, copies or deletes messages by their ids; exits with 4 when not all of them were there. */
export async function messagesChange(request: MessagesRequest, work: Work): Promise<number> {
  const { how, queue, ids, to } = request
  const { api, terminal, json } = work
  const path = `${destinationPath(queueNamed(queue))}/messages/${how}`
  const answer = await api.change('POST', path, to === undefined ? { ids } : { ids, to })
  const count = countIn(answer, 'count') ?? 0
  const wanted = new Set(ids).size
  if (json) printJson(terminal, { count, wanted })
  else {
    const where = to === undefined ? '' : ` to ${printable(to)}`
    terminal.out(`${counted(count, 'message')} ${done[how]}${where}\n`)
  }
  if (count >= wanted) return EXIT_OK
  const message = `${counted(wanted - count, 'message')} of them not there, or a consumer has them`
  throw new BrokerError('INVALID_DESTINATION', message)
}
