import { BrokerError } from '@quorate/core/base/errors'
import type { DestinationName } from '@quorate/core/model/destination'
import { destinationPath, queueNamed, walkPages } from '../api/destinations.ts'
import { API_PAGE_MESSAGES_MAX, BROWSED_MESSAGES_MAX } from '../api/limits.ts'
import { objectIn, textIn } from '../api/api-values.ts'
import type { ApiObject } from '../api/api-values.ts'
import type { ApiClient } from '../api/api-client.ts'
import { EXIT_OK } from '../exit-code.ts'
import { shownCount } from '../shown-bytes.ts'
import type { Terminal } from '../terminal.ts'
import type { Work } from './api-flags.ts'
import { printJson } from './api-flags.ts'
import { attributeLines, checkView, viewed } from './attribute-lines.ts'
import type { Attributes } from './jmx-attributes.ts'
import { messageParts } from './message-parts.ts'
import type { MessagePart } from './message-parts.ts'

export interface BrowseRequest {
  readonly queue: string
  /** All when there is none. */
  readonly parts: readonly MessagePart[]
  readonly view: readonly string[]
  /** Messages that are shown. */
  readonly limit: number
}

/** One message, or undefined when it is gone meanwhile. */
async function shown(
  api: ApiClient,
  queue: DestinationName,
  id: string,
): Promise<ApiObject | undefined> {
  try {
    const path = `${destinationPath(queue)}/messages/${encodeURIComponent(id)}`
    return await api.get(path)
  } catch (error) {
    if (error instanceof BrokerError && error.code === 'INVALID_DESTINATION') return undefined
    throw error
  }
}

const HEADER = 'JMS_HEADER_FIELD:'
const CUSTOM = 'JMS_CUSTOM_FIELD:'
const BODY = 'JMS_BODY_FIELD:'

const bodyNames: Readonly<Record<string, string>> = { text: 'JMSText', bytes: 'JMSBytes' }

function prefixed(prefix: string, object: Attributes): Attributes {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [prefix + name, value]))
}

function headerOf(message: ApiObject, queue: DestinationName): Attributes {
  const known = {
    JMSDestination: queue.name,
    JMSMessageID: message.messageId,
    JMSDeliveryMode: message.persistent === true ? 'persistent' : 'non-persistent',
    JMSPriority: message.priority,
    JMSTimestamp: message.timestamp,
    JMSExpiration: message.expiration,
    JMSRedelivered: message.redeliveries !== 0,
    JMSCorrelationID: message.correlationId,
    JMSReplyTo: message.replyTo,
    JMSType: message.jmsType,
  }
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value != null))
}

/** The names that ActiveMQ's browse prints, by their parts. */
function attributesOf(
  message: ApiObject,
  queue: DestinationName,
  parts: readonly MessagePart[],
): Attributes {
  const body = objectIn(message, 'body')
  const bodyName = bodyNames[textIn(message, 'type')] ?? 'JMSBody'
  const content = body.encoding === 'none' ? null : body.content
  const byPart: Readonly<Record<MessagePart, Attributes>> = {
    header: prefixed(HEADER, headerOf(message, queue)),
    custom: prefixed(CUSTOM, objectIn(message, 'properties')),
    body: prefixed(BODY, {
      [bodyName]: content,
      ...(body.truncated === true ? { Truncated: `${String(body.bytes)} bytes altogether` } : {}),
    }),
  }
  const wanted = parts.length === 0 ? messageParts : parts
  return Object.assign({}, ...wanted.map((part) => byPart[part])) as Attributes
}

function withoutPrefix(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name.replace(/^JMS_\w+_FIELD:/, ''), value]),
  )
}

function printViewed(attributes: Attributes, view: readonly string[], terminal: Terminal): void {
  const names = Object.keys(attributes).filter(
    (name) => view.length === 0 || view.includes(name.replace(/^JMS_\w+_FIELD:/, '')),
  )
  if (names.length === 0) return
  terminal.out(`${attributeLines(viewed(attributes, names)).join('\n')}\n\n`)
}

/** Shows what waits in a queue, oldest first, and takes nothing. */
export async function browse(request: BrowseRequest, work: Work): Promise<number> {
  const { api, terminal, json } = work
  const queue = queueNamed(request.queue)
  const path = `${destinationPath(queue)}/messages`
  // An empty queue and none at all are told apart.
  await api.get(destinationPath(queue))
  // One more than is shown tells whether there are more.
  const pages = { most: request.limit + 1, pageItems: API_PAGE_MESSAGES_MAX }
  const items = await walkPages(api, path, pages)
  const messages: ApiObject[] = []
  let known: Attributes = {}
  for (const item of items.slice(0, request.limit)) {
    const message = await shown(api, queue, textIn(item, 'id'))
    if (message === undefined) continue
    if (json) messages.push(message)
    else {
      const attributes = attributesOf(message, queue, request.parts)
      known = { ...known, ...withoutPrefix(attributes) }
      printViewed(attributes, request.view, terminal)
      await terminal.drained()
    }
  }
  if (json) printJson(terminal, { queue: queue.name, messages })
  if (items.length > request.limit) {
    const most = shownCount(BROWSED_MESSAGES_MAX)
    terminal.err(`there are more: --limit shows up to ${most}, message list all\n`)
  }
  if (Object.keys(known).length > 0) checkView(request.view, [known])
  return EXIT_OK
}
