import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import { DESTINATION_NAME_MAX, parseDestinationName } from '@quorate/core/model/destination-name'
import type { Clock } from '@quorate/core/base/clock'
import type { LogFields } from '@quorate/core/base/log'
import type { DestinationName } from '@quorate/core/model/destination'
import type { Administration } from '../../../engine/administration/administration.ts'
import type { Administrator } from '../../../engine/administration/administrator.ts'
import { BEGINNING } from '../../../engine/administration/browsing.ts'
import type { BrowsedPage } from '../../../engine/administration/browsing.ts'
import type { PurgeStep, PurgeStretch } from '../../../engine/administration/removal.ts'
import type { Receipt } from '../../../engine/client.ts'
import type { Placed } from '../../../engine/dispatch/entry.ts'
import { ADMINISTERED_PER_RECORD_MAX, BROWSED_ENTRIES_MAX } from '../../../engine/policy/limits.ts'
import { route } from '../http/route.ts'
import type { Call, Route } from '../http/route.ts'
import { flag, integer, list, nullable, object, text } from '../http/schema.ts'
import type { Static } from '../http/schema.ts'
import { leading } from '../managed-broker.ts'
import {
  MESSAGE_ID_CHARS_MAX,
  messageIdIn,
  messageIdText,
  sequencesIn,
} from '../messages/message-id.ts'
import {
  BODY_PREVIEW_BYTES_MAX,
  messageAnswer,
  messageSchema,
  messageWithBody,
  messageWithBodySchema,
} from '../messages/message-view.ts'
import { messageOf, newMessageSchema } from '../messages/new-message.ts'
import { operate } from '../messages/operation.ts'
import { found, lastingPath, messagePath, queuePath } from './destination-words.ts'

/** How long a page of messages may take to be read, in milliseconds. */
export const BROWSE_TIMEOUT_MS = 10_000
/** Stretches of 10,000 messages that one request purges; the answer says whether there are more. */
export const PURGE_STRETCHES_MAX = 20

/** Ids that the line of a change names. */
export const AUDITED_IDS_MAX = 20

const MESSAGES_PATH = '/api/v1/destinations/{kind}/{name}/messages'
const PAGE_DEFAULT = 50
const PREVIEW_DEFAULT = 64 << 10

const ids = list(text({ maxLength: MESSAGE_ID_CHARS_MAX }), {
  description: 'Ids of stored messages, all of this queue.',
  maxItems: ADMINISTERED_PER_RECORD_MAX,
})

const chosen = object({ ids })

const relocated = object({
  ids,
  to: text({
    description: '`topic://PRICES`; a queue without a scheme.',
    minLength: 1,
    maxLength: DESTINATION_NAME_MAX,
  }),
})

const countSchema = object({
  count: integer({
    description: 'Messages to which it happened; others were gone, or handed out.',
  }),
})

/**
 * Shows messages; rejects when it takes too long, as it does when the leadership ends meanwhile.
 */
function browsed(
  engine: Administration,
  clock: Clock,
  queue: DestinationName,
  how: { readonly after: Placed; readonly limit: number },
): Promise<BrowsedPage> {
  return new Promise((resolve, reject) => {
    const late = clock.after(BROWSE_TIMEOUT_MS, () => {
      reject(new BrokerError('REQUEST_TIMEOUT', 'The messages could not be read in time.'))
    })
    const done = (page: BrowsedPage): void => {
      late.cancel()
      resolve(page)
    }
    try {
      engine.browse(queue, how, done)
    } catch (error) {
      late.cancel()
      reject(toBrokerError(error))
    }
  })
}

/** What stands right before this one. */
function before({ place, turn }: Placed): Placed {
  return turn === 0
    ? { place: place - 1, turn: Number.MAX_SAFE_INTEGER }
    : { place, turn: turn - 1 }
}

/** The messages in the line of a change; the whole list would be a line of kilobytes. */
function auditOf({ ids }: Static<typeof chosen>): LogFields {
  const shown = ids.slice(0, AUDITED_IDS_MAX).join(' ')
  return { ids: ids.length > AUDITED_IDS_MAX ? `${shown} ...` : shown }
}

/** What was purged before the failure is gone. */
function halfPurged(cause: BrokerError, count: number): BrokerError {
  if (count === 0) return cause
  const message = `${cause.message} Before that, ${count} messages were purged.`
  return new BrokerError(cause.code, message, { cause, details: { ...cause.details, count } })
}

type Counted = (administrator: Administrator, receipt: Receipt) => number

/** Does one thing to messages, and answers with their number when it is committed. */
async function counted(
  { broker, clock, caller }: Pick<Call<unknown, unknown, unknown>, 'broker' | 'clock' | 'caller'>,
  begin: Counted,
) {
  const engine = leading(broker)
  const count = await operate({ engine, clock, caller }, (perform) => perform(begin))
  return { status: 200, body: { count }, audit: { count } }
}

const readingRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: MESSAGES_PATH,
    summary: 'Messages of a queue in order, without their bodies',
    description: 'Messages that only the temporary store has are not shown. Nothing is taken.',
    tag: 'messages',
    role: 'viewer',
    parameters: queuePath,
    query: object(
      {
        limit: integer({ minimum: 1, maximum: BROWSED_ENTRIES_MAX, default: PAGE_DEFAULT }),
        after: text({
          description: 'An id: what stands behind it.',
          maxLength: MESSAGE_ID_CHARS_MAX,
        }),
      },
      ['after'],
    ),
    answers: {
      200: object({ items: list(messageSchema), next: nullable(text()) }),
    },
    async handle({ broker, clock, path, query: { limit, after } }) {
      const from = after === undefined ? BEGINNING : messageIdIn(after)
      const page = await browsed(leading(broker), clock, path, { after: from, limit })
      const next = page.next && messageIdText(page.next)
      return { status: 200, body: { items: page.messages.map(messageAnswer), next } }
    },
  }),
  route({
    method: 'GET',
    path: `${MESSAGES_PATH}/{id}`,
    summary: 'One message with its properties, and the beginning of its body',
    tag: 'messages',
    role: 'viewer',
    parameters: messagePath,
    query: object({
      preview: integer({
        description: 'Bytes of the body that are shown.',
        minimum: 0,
        maximum: BODY_PREVIEW_BYTES_MAX,
        default: PREVIEW_DEFAULT,
      }),
    }),
    answers: { 200: messageWithBodySchema },
    async handle({ broker, clock, path, query: { preview } }) {
      const id = messageIdIn(path.id)
      const how = { after: before(id), limit: 1 }
      const { messages } = await browsed(leading(broker), clock, path, how)
      const [message] = messages
      if (message?.place !== id.place || message.turn !== id.turn) {
        throw new BrokerError('INVALID_DESTINATION', 'There is no such message in the queue.')
      }
      return { status: 200, body: messageWithBody(message, preview) }
    },
  }),
]

const changingRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: MESSAGES_PATH,
    summary: 'Sends a message; answered when it is committed',
    description: 'The destination is created when it does not exist.',
    tag: 'messages',
    role: 'operator',
    parameters: lastingPath,
    body: newMessageSchema,
    answers: { 200: object({ messageId: text() }) },
    async handle({ broker, clock, caller, path, body }) {
      const engine = leading(broker)
      const messageId = await operate({ engine, clock, caller }, (perform) =>
        perform((administrator, receipt) => {
          const sender = { connectionId: administrator.connectionId, userName: caller.name }
          const message = messageOf(body, path, sender, clock.wallMs())
          administrator.send(message, receipt)
          return message.jmsMessageId
        }),
      )
      return { status: 200, body: { messageId }, audit: { messageId } }
    },
  }),
  route({
    method: 'POST',
    path: `${MESSAGES_PATH}/delete`,
    summary: 'Deletes these messages, as far as no consumer has them',
    tag: 'messages',
    role: 'operator',
    parameters: queuePath,
    body: chosen,
    answers: { 200: countSchema },
    audited: auditOf,
    handle: ({ path, body, ...call }) =>
      counted(call, (administrator, receipt) =>
        administrator.delete(path, sequencesIn(body.ids), receipt),
      ),
  }),
  route({
    method: 'DELETE',
    path: `${MESSAGES_PATH}/{id}`,
    summary: 'Deletes one message',
    tag: 'messages',
    role: 'operator',
    parameters: messagePath,
    answers: { 204: null },
    async handle({ path, ...call }) {
      const { body } = await counted(call, (administrator, receipt) =>
        administrator.delete(path, sequencesIn([path.id]), receipt),
      )
      if (body.count === 1) return { status: 204 }
      const why = 'There is no such message, or a consumer has it.'
      throw new BrokerError('INVALID_DESTINATION', why)
    },
  }),
  ...(['move', 'copy'] as const).map((how) =>
    route({
      method: 'POST',
      path: `${MESSAGES_PATH}/${how}`,
      summary:
        how === 'move'
          ? 'Moves these messages in one step, as far as no consumer has them'
          : 'Copies these messages in one step',
      tag: 'messages',
      role: 'operator',
      parameters: queuePath,
      body: relocated,
      answers: { 200: countSchema },
      audited: (body) => ({ to: body.to, ...auditOf(body) }),
      handle: ({ path, body, ...call }) =>
        counted(call, (administrator, receipt) => {
          const to = parseDestinationName(body.to, 'queue')
          const words = { queue: path, sequences: sequencesIn(body.ids), to }
          return administrator[how](words, receipt)
        }),
    }),
  ),
  route({
    method: 'POST',
    path: `${MESSAGES_PATH}/purge`,
    summary: 'Deletes what waits in a queue now',
    description: 'With `isMore` there was more than one request deletes: ask again.',
    tag: 'messages',
    role: 'operator',
    parameters: queuePath,
    body: object({}),
    answers: { 200: object({ count: integer(), isMore: flag() }) },
    async handle({ broker, clock, caller, path }) {
      const engine = leading(broker)
      found(engine, path)
      let count = 0
      let next: PurgeStretch | null = null
      const purge = operate({ engine, clock, caller }, async (perform) => {
        for (let i = 0; i < PURGE_STRETCHES_MAX; i++) {
          const from: PurgeStretch | null = next
          const step: PurgeStep = await perform((administrator, receipt) =>
            administrator.purge(path, from ?? administrator.firstStretch(), receipt),
          )
          count += step.count
          next = step.next
          if (next === null) break
        }
      })
      await purge.catch((error: unknown) => {
        throw halfPurged(toBrokerError(error), count)
      })
      const body = { count, isMore: next !== null }
      return { status: 200, body, audit: body }
    },
  }),
]

export const messageRoutes: readonly Route[] = [...readingRoutes, ...changingRoutes]
