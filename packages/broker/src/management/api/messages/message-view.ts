import { decodeCanonical } from '@quorate/core/openwire/canonical-message'
import { longToNumber, TypeId } from '@quorate/core/openwire/commands'
import type { Destination, Long, MessageCommand } from '@quorate/core/openwire/commands'
import { bytesOf, mapOf, streamOf, textOf } from '@quorate/core/openwire/message-body'
import { decodePrimitiveMap } from '@quorate/core/openwire/primitive-map'
import type { Primitive, PrimitiveMap } from '@quorate/core/openwire/primitive-map'
import { formatDestination } from '@quorate/core/model/destination'
import type { BrowsedMessage } from '../../../engine/administration/browsing.ts'
import { destinationName } from '../../../protocol/openwire/wire-destination.ts'
import { flag, integer, nullable, object, oneOf, record, text } from '../http/schema.ts'
import type { Static } from '../http/schema.ts'
import { messageIdText } from './message-id.ts'

/** Bytes of a body that are shown at most; more of a message is for clients. */
export const BODY_PREVIEW_BYTES_MAX = 256 << 10
/** Entries of a map or a list that are shown: properties, or a body. */
const ENTRIES_SHOWN_MAX = 1000
/** Characters of the properties that are shown, about; those that do not fit are left out. */
export const PROPERTIES_CHARS_MAX = 256 << 10

const types = ['text', 'bytes', 'map', 'stream', 'object', 'blob', 'message'] as const

const isoTime = nullable(text({ description: 'ISO 8601.' }))

/** Headers as JMS names them, in our spelling. */
const headers = {
  id: text({ description: 'Of this API, within its queue.' }),
  messageId: text({ description: 'JMSMessageID.' }),
  type: oneOf(types),
  persistent: flag(),
  handedOut: flag({ description: 'A consumer has it and did not acknowledge it.' }),
  redeliveries: integer({ description: 'Failed deliveries that are known.' }),
  priority: integer(),
  timestamp: isoTime,
  expiration: isoTime,
  correlationId: nullable(text()),
  replyTo: nullable(text()),
  jmsType: nullable(text()),
  groupId: nullable(text()),
  originalDestination: nullable(text()),
  userId: nullable(text()),
  bytes: integer({ description: 'Of the whole message as it is stored.' }),
} as const

export const messageSchema = object(headers)

const valueSchema = { description: 'Text, number, boolean, null; long numbers and bytes as text.' }

export const messageWithBodySchema = object({
  ...headers,
  properties: record(valueSchema),
  propertiesTruncated: flag({
    description: 'Some are left out: there are too many, or too large.',
  }),
  body: object({
    encoding: oneOf(['text', 'base64', 'json', 'none'], {
      description:
        'text: as it is; base64: bytes; json: the entries of a map, or the values of a stream, ' +
        'as JSON text; none: it cannot be shown.',
    }),
    content: text(),
    bytes: integer({ description: 'Of the whole body.' }),
    truncated: flag({ description: '`content` is the beginning only.' }),
  }),
})

export type MessageAnswer = Static<typeof messageSchema>
export type MessageWithBody = Static<typeof messageWithBodySchema>

export interface BodyAnswer {
  readonly encoding: 'text' | 'base64' | 'json' | 'none'
  readonly content: string
  readonly bytes: number
  readonly truncated: boolean
}

/** A message without its body. */
export function messageAnswer(browsed: BrowsedMessage): MessageAnswer {
  const command = decodeCanonical(browsed.body)
  const { correlationId, replyTo, type: _, ...rest } = command
  return {
    id: messageIdText(browsed),
    messageId: jmsIdOf(command),
    type: typeOf(command),
    persistent: rest.persistent,
    handedOut: browsed.isHandedOut,
    redeliveries: browsed.redeliveries,
    priority: browsed.priority,
    timestamp: timeOf(rest.timestamp),
    expiration: timeOf(browsed.expirationMs),
    correlationId,
    replyTo: nameOf(replyTo),
    jmsType: rest.jmsType,
    groupId: rest.groupID,
    originalDestination: nameOf(rest.originalDestination),
    userId: rest.userID,
    bytes: browsed.body.length,
  }
}

/** The same with its properties, and up to `previewBytes` of its body. */
export function messageWithBody(browsed: BrowsedMessage, previewBytes: number): object {
  const command = decodeCanonical(browsed.body)
  return {
    ...messageAnswer(browsed),
    ...propertiesOf(command),
    body: bodyOf(command, previewBytes),
  }
}

/** As ActiveMQ's clients print it. */
function jmsIdOf({ messageId }: MessageCommand): string {
  const { producerId, producerSequenceId, textView } = messageId ?? {}
  if (textView != null) return textView
  if (producerId == null) return ''
  const { connectionId, sessionId, value } = producerId
  return [connectionId, sessionId, value, producerSequenceId].join(':')
}

const typeByCode: Readonly<Record<MessageCommand['type'], (typeof types)[number]>> = {
  [TypeId.ActiveMQMessage]: 'message',
  [TypeId.ActiveMQTextMessage]: 'text',
  [TypeId.ActiveMQBytesMessage]: 'bytes',
  [TypeId.ActiveMQMapMessage]: 'map',
  [TypeId.ActiveMQStreamMessage]: 'stream',
  [TypeId.ActiveMQObjectMessage]: 'object',
  [TypeId.ActiveMQBlobMessage]: 'blob',
}

function typeOf({ type }: MessageCommand): (typeof types)[number] {
  return typeByCode[type]
}

function timeOf(value: Long): string | null {
  const ms = longToNumber(value)
  const date = new Date(ms)
  return ms <= 0 || Number.isNaN(date.getTime()) ? null : date.toISOString()
}

function nameOf(destination: Destination | null): string | null {
  if (destination?.physicalName == null || destination.physicalName === '') return null
  return formatDestination(destinationName(destination))
}

function propertiesOf({ marshalledProperties }: MessageCommand) {
  const all = readProperties(marshalledProperties)
  let left = PROPERTIES_CHARS_MAX
  const shown: (readonly [string, unknown])[] = []
  for (const [name, value] of all) {
    if (left <= 0 || shown.length >= ENTRIES_SHOWN_MAX) break
    const size = name.length + sizeOf(value)
    if (size > left) continue
    left -= size
    shown.push([name, plain(value)])
  }
  return { properties: Object.fromEntries(shown), propertiesTruncated: shown.length < all.size }
}

/**
 * About as many characters as it takes as JSON. One that is shown in part only counts as too many.
 */
function sizeOf({ kind, value }: Primitive): number {
  switch (kind) {
    case 'string':
      return value.length
    case 'bytes':
      return value.length * 1.5
    case 'map':
      return sizeOfAll(value === null ? [] : [...value.values()])
    case 'list':
      return sizeOfAll(value)
    default:
      return 8
  }
}

function sizeOfAll(values: readonly Primitive[]): number {
  if (values.length > ENTRIES_SHOWN_MAX) return Infinity
  return values.reduce((sum, value) => sum + 8 + sizeOf(value), 0)
}

function readProperties(marshalled: Buffer | null): PrimitiveMap {
  try {
    return (marshalled && decodePrimitiveMap(marshalled)) ?? new Map<string, Primitive>()
  } catch {
    // What nobody can read is not shown; the message is what its sender made of it.
    return new Map<string, Primitive>()
  }
}

function plainMap(map: PrimitiveMap): object {
  const entries = [...map].slice(0, ENTRIES_SHOWN_MAX)
  return Object.fromEntries(entries.map(([name, value]) => [name, plain(value)]))
}

function plain(primitive: Primitive): unknown {
  switch (primitive.kind) {
    case 'long':
      return typeof primitive.value === 'bigint' ? primitive.value.toString() : primitive.value
    case 'bytes':
      return primitive.value.toString('base64')
    case 'float':
    case 'double':
      return Number.isFinite(primitive.value) ? primitive.value : String(primitive.value)
    case 'map':
      return primitive.value === null ? null : plainMap(primitive.value)
    case 'list':
      return primitive.value.slice(0, ENTRIES_SHOWN_MAX).map(plain)
    default:
      return primitive.value
  }
}

const NO_BODY: BodyAnswer = { encoding: 'none', content: '', bytes: 0, truncated: false }

function bodyOf(command: MessageCommand, previewBytes: number): BodyAnswer {
  const bytes = command.content?.length ?? 0
  try {
    switch (typeOf(command)) {
      case 'text':
        return cutText('text', textOf(command) ?? '', previewBytes)
      case 'map':
        return cutText('json', JSON.stringify(plainMap(mapOf(command))), previewBytes)
      case 'stream':
        return cutText('json', JSON.stringify(streamOf(command).map(plain)), previewBytes)
      case 'bytes':
        return cutBytes(bytesOf(command), previewBytes)
      default:
        // Java's own serialisation is shown as what it is, and never looked into.
        return command.content === null ? NO_BODY : cutBytes(command.content, previewBytes)
    }
  } catch {
    return { ...NO_BODY, bytes }
  }
}

function cutText(encoding: 'text' | 'json', content: string, previewBytes: number): BodyAnswer {
  const bytes = Buffer.byteLength(content)
  if (bytes <= previewBytes) return { encoding, content, bytes, truncated: false }
  // The last character may be in two halves: it is left out.
  const cut = Buffer.from(content.slice(0, previewBytes)).subarray(0, previewBytes)
  const text = new TextDecoder().decode(cut, { stream: true })
  return { encoding, content: text, bytes, truncated: true }
}

function cutBytes(content: Buffer, previewBytes: number): BodyAnswer {
  const shown = content.subarray(0, previewBytes)
  const truncated = shown.length < content.length
  return { encoding: 'base64', content: shown.toString('base64'), bytes: content.length, truncated }
}
