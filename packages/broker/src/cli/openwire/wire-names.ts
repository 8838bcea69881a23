import type { DestinationName } from '@quorate/core/model/destination'
import { create, TypeId } from '@quorate/core/openwire/commands'
import type { Destination, MessageId } from '@quorate/core/openwire/commands'

const structures = {
  queue: 'ActiveMQQueue',
  topic: 'ActiveMQTopic',
  'temp-queue': 'ActiveMQTempQueue',
  'temp-topic': 'ActiveMQTempTopic',
} as const

const schemes: Readonly<Record<number, string>> = {
  [TypeId.ActiveMQQueue]: 'queue://',
  [TypeId.ActiveMQTopic]: 'topic://',
  [TypeId.ActiveMQTempQueue]: 'temp-queue://',
  [TypeId.ActiveMQTempTopic]: 'temp-topic://',
}

export function wireDestination({ kind, name }: DestinationName): Destination {
  return create(structures[kind], { physicalName: name })
}

/** `queue://ORDERS`. */
export function destinationText(destination: Destination | null): string {
  return `${schemes[destination?.type ?? 0] ?? ''}${destination?.physicalName ?? ''}`
}

/** As ActiveMQ's clients print it. */
export function messageIdText(id: MessageId | null): string {
  if (id?.textView != null) return id.textView
  const { connectionId, sessionId, value } = id?.producerId ?? {}
  return [connectionId, sessionId, value, id?.producerSequenceId].join(':')
}
