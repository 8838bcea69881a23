import { BrokerError } from '@quorate/core/base/errors'
import { formatDestination } from '@quorate/core/model/destination'
import type { DestinationKind, DestinationName } from '@quorate/core/model/destination'
import { DESTINATION_NAME_MAX } from '@quorate/core/model/destination-name'
import type { Administration } from '../../../engine/administration/administration.ts'
import type { DestinationEntry } from '../../../engine/administration/views.ts'
import { MESSAGE_ID_CHARS_MAX } from '../messages/message-id.ts'
import { integer, nullable, object, oneOf, text } from '../http/schema.ts'
import type { Static } from '../http/schema.ts'

export const kinds = [
  'queue',
  'topic',
  'temp-queue',
  'temp-topic',
] as const satisfies readonly DestinationKind[]

const pathName = text({
  description: 'The name, percent-encoded: a slash in it is %2F.',
  minLength: 1,
  maxLength: DESTINATION_NAME_MAX,
})

export const destinationPath = object({ kind: oneOf(kinds), name: pathName })

/** Without temporary ones, which live and die with the client that made them. */
export const lastingPath = object({ kind: oneOf(['queue', 'topic']), name: pathName })

export const queuePath = object({ kind: oneOf(['queue', 'temp-queue']), name: pathName })

export const messagePath = object({
  kind: oneOf(['queue', 'temp-queue']),
  name: pathName,
  id: text({ description: '`id` of a message of this API.', maxLength: MESSAGE_ID_CHARS_MAX }),
})

const count = (description: string) => integer({ description })
const queueCount = (description: string) =>
  nullable(integer({ description: `${description} null for topics.` }))

/** Counters begin at 0 with each leadership. */
export const destinationSchema = object({
  kind: oneOf(kinds),
  name: text(),
  destination: text({ description: '`queue://ORDERS`.' }),
  consumers: count('Subscriptions that are connected, browsers included.'),
  enqueued: count('Messages that came in.'),
  pending: queueCount('Messages that are not acknowledged.'),
  pendingBytes: queueCount('Their bytes.'),
  inFlight: queueCount('Of them, those that a consumer has.'),
  dispatched: queueCount('Messages that were handed out, each time counted.'),
  dequeued: queueCount('Messages that were acknowledged, or removed.'),
  expired: queueCount('Messages that nobody came for in time.'),
  memoryBytes: queueCount('What messages that only memory has count: 512 beside their bytes.'),
  memoryLimitBytes: queueCount('What that may be; 0: no limit of its own.'),
  spilledBytes: queueCount('Bytes of messages that only the temporary store has.'),
  durableSubscriptions: nullable(integer({ description: 'null for queues.' })),
  discarded: nullable(
    integer({ description: 'Messages that slow subscribers never got; null for queues.' }),
  ),
})

export type DestinationAnswer = Static<typeof destinationSchema>

export function destinationAnswer({ destination, figures }: DestinationEntry): DestinationAnswer {
  const { kind, name } = destination
  const named = { kind, name, destination: formatDestination(destination) }
  const { queue, topic } = figures
  if (queue !== null) {
    const { depth, bytes, destination: _, ...rest } = queue
    const counts = { ...rest, pending: depth, pendingBytes: bytes }
    return { ...named, ...counts, durableSubscriptions: null, discarded: null }
  }
  return {
    ...named,
    consumers: topic.consumers,
    enqueued: topic.published,
    pending: null,
    pendingBytes: null,
    inFlight: null,
    dispatched: null,
    dequeued: null,
    expired: null,
    memoryBytes: null,
    memoryLimitBytes: null,
    spilledBytes: null,
    durableSubscriptions: topic.durables,
    discarded: topic.discarded,
  }
}

/** Throws INVALID_DESTINATION where there is none. */
export function found(engine: Administration, destination: DestinationName): DestinationEntry {
  const entry = engine.find(destination)
  if (entry !== undefined) return entry
  throw new BrokerError('INVALID_DESTINATION', 'There is no such destination.', {
    details: { destination: formatDestination(destination) },
  })
}
