import { BrokerError } from '@quorate/core/base/errors'
import { parseDestinationName } from '@quorate/core/model/destination-name'
import type { DestinationName } from '@quorate/core/model/destination'
import { encodeCanonical } from '@quorate/core/openwire/canonical-message'
import { create } from '@quorate/core/openwire/commands'
import { encodeText } from '@quorate/core/openwire/message-body'
import { encodePrimitiveMap } from '@quorate/core/openwire/primitive-map'
import type { Primitive } from '@quorate/core/openwire/primitive-map'
import type { Message } from '../../../engine/client.ts'
import { wireDestination } from '../../../protocol/openwire/wire-destination.ts'
import { anyOf, flag, integer, number, object, oneOf, record, text } from '../http/schema.ts'
import type { Static } from '../http/schema.ts'

/** Properties of a message that is sent through the API. */
export const SENT_PROPERTIES_MAX = 200
/** Characters of one property, or of one header. */
export const SENT_PROPERTY_CHARS_MAX = 8192
/** How long a message may live at most: a hundred years, in milliseconds. */
export const TIME_TO_LIVE_MAX = 100 * 365 * 24 * 3_600_000

const header = text({ maxLength: SENT_PROPERTY_CHARS_MAX })

/** A message as somebody writes it; without a body it has none. */
export const newMessageSchema = object(
  {
    body: text({ description: 'Text, or bytes in base64.' }),
    encoding: oneOf(['text', 'base64'], {
      description: 'base64 makes a message of bytes.',
      default: 'text',
    }),
    persistent: flag({ default: true }),
    priority: integer({ minimum: 0, maximum: 9, default: 4 }),
    timeToLiveMs: integer({
      description: '0: for ever.',
      minimum: 0,
      maximum: TIME_TO_LIVE_MAX,
      default: 0,
    }),
    correlationId: header,
    replyTo: text({
      description: '`topic://ANSWERS`; a queue without a scheme.',
      minLength: 1,
      maxLength: SENT_PROPERTY_CHARS_MAX,
    }),
    jmsType: header,
    properties: record(anyOf(header, flag(), number()), { maxProperties: SENT_PROPERTIES_MAX }),
  },
  ['body', 'correlationId', 'replyTo', 'jmsType', 'properties'],
)

export type NewMessage = Static<typeof newMessageSchema>

/** Who sends it: an id of his own for each message, so that nobody takes it for a repetition. */
export interface SenderIds {
  readonly connectionId: string
  readonly userName: string
}

/**
 * The message as a client would have sent it. Throws INVALID_ARGUMENT for what no JMS message has.
 */
export function messageOf(
  written: NewMessage,
  to: DestinationName,
  { connectionId, userName }: SenderIds,
  nowMs: number,
): Message & { readonly jmsMessageId: string } {
  const { persistent, priority, timeToLiveMs, correlationId, replyTo, jmsType } = written
  const expirationMs = timeToLiveMs === 0 ? 0 : nowMs + timeToLiveMs
  const producerId = create('ProducerId', { connectionId, sessionId: 1, value: 1 })
  const { type, content } = contentOf(written)
  const command = create(type, {
    producerId,
    messageId: create('MessageId', { producerId, producerSequenceId: 1 }),
    destination: wireDestination(to),
    persistent,
    priority,
    expiration: expirationMs,
    timestamp: nowMs,
    arrival: nowMs,
    brokerInTime: nowMs,
    correlationId: correlationId ?? null,
    replyTo: replyTo === undefined ? null : wireDestination(parseDestinationName(replyTo, 'queue')),
    jmsType: jmsType ?? null,
    userID: userName === '' ? null : userName,
    marshalledProperties: propertiesOf(written.properties),
    content,
  })
  return {
    producer: '',
    producerSequence: 0,
    destination: to,
    persistent,
    priority,
    expirationMs,
    body: encodeCanonical(command),
    paced: true,
    decoded: undefined,
    jmsMessageId: `${connectionId}:1:1:1`,
  }
}

function contentOf({ body, encoding }: NewMessage) {
  if (body === undefined) return { type: 'ActiveMQMessage', content: null } as const
  if (encoding === 'text')
    return { type: 'ActiveMQTextMessage', content: encodeText(body) } as const
  // Buffer.from skips whatever is no base64: what was meant would not be what is sent.
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(body) || body.length % 4 !== 0) {
    throw new BrokerError('INVALID_ARGUMENT', 'body.body is no base64.')
  }
  return { type: 'ActiveMQBytesMessage', content: Buffer.from(body, 'base64') } as const
}

function propertiesOf(properties: NewMessage['properties']): Buffer | null {
  const entries = Object.entries(properties ?? {})
  if (entries.length === 0) return null
  return encodePrimitiveMap(
    new Map(entries.map(([name, value]) => [checkedName(name), primitive(value)])),
  )
}

/** JMS's names of properties are those of Java's variables; ActiveMQ's own have dots and dashes. */
function checkedName(name: string): string {
  if (/^[\p{L}_$][\p{L}\p{N}_$.-]{0,254}$/u.test(name)) return name
  throw new BrokerError('INVALID_ARGUMENT', 'body.properties has a name that no property can have.')
}

function primitive(value: string | number | boolean): Primitive {
  if (typeof value === 'string') return { kind: 'string', value }
  if (typeof value === 'boolean') return { kind: 'boolean', value }
  if (!Number.isSafeInteger(value)) return { kind: 'double', value }
  const fits = value >= -0x8000_0000 && value <= 0x7fff_ffff
  return { kind: fits ? 'int' : 'long', value }
}
