import { BrokerError } from '@quorate/core/base/errors'
import type { DestinationName } from '@quorate/core/model/destination'
import { destinationPath, queueNamed, walkPages } from '../api/destinations.ts'
import { API_PAGE_MESSAGES_MAX } from '../api/limits.ts'
import { objectIn, textIn } from '../api/api-values.ts'
import type { ApiObject } from '../api/api-values.ts'
import type { ApiClient } from '../api/api-client.ts'
import { EXIT_OK } from '../exit-code.ts'
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

/** Shows what waits in a queue, oldest first, and takes nothing. */
export async function browse(request: BrowseRequest, work: Work): Promise<number> {
  const { api, terminal, json } = work
  const queue = queueNamed(request.queue)
  const path = `${destinationPath(queue)}/messages`
  // An empty queue and none at all are told apart.
  await api.get(destinationPath(queue))
  const pages = { most: request.limit, pageItems: API_PAGE_MESSAGES_MAX }
  const items = await walkPages(api, path, pages)
  const messages: ApiObject[] = []
  for (const item of items) {
    const message = await shown(api, queue, textIn(item, 'id'))
    if (message !== undefined) messages.push(message)
  }
  if (json) {
    printJson(terminal, { queue: queue.name, messages })
    return EXIT_OK
  }
  const all = messages.map((message) => attributesOf(message, queue, request.parts))
  checkView(request.view, all.map(withoutPrefix))
  for (const attributes of all) {
    const names = Object.keys(attributes).filter((name) => {
      return request.view.length === 0 || request.view.includes(name.replace(/^JMS_\w+_FIELD:/, ''))
    })
    terminal.out(`${attributeLines(viewed(attributes, names)).join('\n')}\n\n`)
  }
  return EXIT_OK
}
