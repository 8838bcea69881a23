import { decodeCanonical, encodeCanonical } from '@quorate/core/openwire/canonical-message'
import type { MessageCommand } from '@quorate/core/openwire/commands'
import { decodePrimitiveMap, encodePrimitiveMap } from '@quorate/core/openwire/primitive-map'
import type { Primitive, PrimitiveMap } from '@quorate/core/openwire/primitive-map'
import type { DeadLetterCopy, MessageEditor, ResentCopy } from '../../engine/client.ts'
import { wireDestination } from './wire-destination.ts'

/** Characters of a cause that are kept: a stack trace of a client may be long. */
const CAUSE_MAX = 4096

/** Changes messages in their canonical encoding, which is OpenWire's. */
export const messageEditor: MessageEditor = {
  deadLetter(body: Buffer, copy: DeadLetterCopy): Buffer {
    const message = decodeCanonical(body)
    const properties = propertiesOf(message.marshalledProperties)
    const cause = copy.cause.slice(0, CAUSE_MAX)
    properties.set('dlqDeliveryFailureCause', { kind: 'string', value: cause })
    if (message.expiration !== 0) {
      properties.set('originalExpiration', { kind: 'long', value: message.expiration })
      message.expiration = 0
    }
    message.marshalledProperties = encodePrimitiveMap(properties)
    readdress(message, copy)
    return encodeCanonical(message)
  },

  resend(body: Buffer, copy: ResentCopy): Buffer {
    // Encoding may happen around the content, in its memory, and the original stays.
    const message = decodeCanonical(Buffer.from(body))
    readdress(message, copy)
    return encodeCanonical(message)
  },
}

function readdress(message: MessageCommand, { from, to }: ResentCopy): void {
  message.originalDestination = wireDestination(from)
  message.destination = wireDestination(to)
  message.originalTransactionId = message.transactionId
  message.transactionId = null
  message.redeliveryCounter = 0
}

/** A message with properties that nobody can read is a dead letter like any other, without them. */
function propertiesOf(bytes: Buffer | null): PrimitiveMap {
  try {
    return (bytes === null ? null : decodePrimitiveMap(bytes)) ?? new Map<string, Primitive>()
  } catch {
    return new Map<string, Primitive>()
  }
}
