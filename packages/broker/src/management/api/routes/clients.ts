import { formatDestination } from '@quorate/core/model/destination'
import { DESTINATION_NAME_MAX } from '@quorate/core/model/destination-name'
import type { ConsumerView } from '../../../engine/administration/views.ts'
import type { DurableView } from '../../../engine/engine-view.ts'
import { pageOf, pageOfSchema, pageQuery } from '../http/paging.ts'
import { route } from '../http/route.ts'
import type { Route } from '../http/route.ts'
import { flag, integer, object, text } from '../http/schema.ts'
import type { Static } from '../http/schema.ts'
import { leading } from '../managed-broker.ts'
import { operate } from '../messages/operation.ts'
import { destinationPath, found } from './destination-words.ts'

const connectionSchema = object({
  connectionId: text(),
  clientId: text({ description: "'' when there is none." }),
  userName: text(),
  remoteAddress: text(),
  consumers: integer(),
  transactions: integer({ description: 'Those that are open.' }),
})

const consumerSchema = object({
  consumerId: text(),
  connectionId: text(),
  clientId: text(),
  destination: text({ description: 'As the client named it; it may be a pattern.' }),
  prefetch: integer(),
  inFlight: integer({ description: 'Messages that it has and did not acknowledge.' }),
  browser: flag(),
  exclusive: flag(),
  priority: integer(),
  noLocal: flag(),
  selector: text(),
  durableName: text({ description: "'' unless it is a durable subscription." }),
})

const subscriptionSchema = object({
  clientId: text(),
  name: text(),
  topic: text(),
  active: flag({ description: 'Its client is connected.' }),
  pending: integer({ description: 'Messages that are not acknowledged.' }),
  pendingBytes: integer(),
  inFlight: integer(),
  enqueued: integer(),
  dispatched: integer(),
  dequeued: integer(),
  expired: integer(),
})

export type ConnectionAnswer = Static<typeof connectionSchema>
export type ConsumerAnswer = Static<typeof consumerSchema>
export type SubscriptionAnswer = Static<typeof subscriptionSchema>

const query = object(pageQuery, ['after', 'filter'])

function consumerAnswer(view: ConsumerView): ConsumerAnswer {
  return { ...view, destination: formatDestination(view.destination) }
}

function subscriptionAnswer(view: DurableView): SubscriptionAnswer {
  const { clientId, name, active, inFlight, enqueued, dispatched, dequeued, expired } = view
  const counts = { inFlight, enqueued, dispatched, dequeued, expired }
  const topic = formatDestination(view.topic)
  return { clientId, name, topic, active, pending: view.depth, pendingBytes: view.bytes, ...counts }
}

export const clientRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/connections',
    summary: 'Clients that are connected, a page at a time',
    description: 'The filter looks at ids, user names and addresses.',
    tag: 'clients',
    role: 'viewer',
    query,
    answers: { 200: pageOfSchema(connectionSchema) },
    handle({ broker, query: { limit, after, filter = '' } }) {
      const page = pageOf(leading(broker).connections(), {
        limit,
        after,
        filter,
        descending: false,
        nameOf: (one) =>
          [one.connectionId, one.clientId, one.userName, one.remoteAddress].join(' '),
        keyOf: ({ connectionId }) => connectionId,
        rankBy: () => 0,
      })
      return { status: 200, body: page }
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/consumers',
    summary: 'What clients consume from, a page at a time',
    description: 'The filter looks at ids and destinations.',
    tag: 'clients',
    role: 'viewer',
    query,
    answers: { 200: pageOfSchema(consumerSchema) },
    handle({ broker, query: { limit, after, filter = '' } }) {
      const page = pageOf(leading(broker).consumers(), consumerPage({ limit, after, filter }))
      return { status: 200, body: { ...page, items: page.items.map(consumerAnswer) } }
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/destinations/{kind}/{name}/consumers',
    summary: 'Who consumes from one destination by its very name',
    tag: 'clients',
    role: 'viewer',
    parameters: destinationPath,
    query,
    answers: { 200: pageOfSchema(consumerSchema) },
    handle({ broker, path, query: { limit, after, filter = '' } }) {
      const engine = leading(broker)
      found(engine, path)
      const its = [...engine.consumers()].filter(({ destination: { kind, name } }) => {
        return kind === path.kind && name === path.name
      })
      const page = pageOf(its, consumerPage({ limit, after, filter }))
      return { status: 200, body: { ...page, items: page.items.map(consumerAnswer) } }
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/subscriptions',
    summary: 'Durable subscriptions, a page at a time',
    description: 'The filter looks at client ids, names and topics.',
    tag: 'clients',
    role: 'viewer',
    query,
    answers: { 200: pageOfSchema(subscriptionSchema) },
    handle({ broker, query: { limit, after, filter = '' } }) {
      const page = pageOf(leading(broker).durables(), {
        limit,
        after,
        filter,
        descending: false,
        nameOf: ({ clientId, name, topic }) => `${clientId} ${name} ${topic.name}`,
        keyOf: ({ clientId, name }) => `${clientId}\0${name}`,
        rankBy: () => 0,
      })
      return { status: 200, body: { ...page, items: page.items.map(subscriptionAnswer) } }
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/subscriptions/{clientId}/{name}',
    summary: 'Removes a durable subscription with all that waits for it',
    description: 'Refused while a client with this id is connected.',
    tag: 'clients',
    role: 'admin',
    parameters: object({
      clientId: text({ minLength: 1, maxLength: DESTINATION_NAME_MAX }),
      name: text({ maxLength: DESTINATION_NAME_MAX }),
    }),
    answers: { 204: null },
    async handle({ broker, clock, caller, path: { clientId, name } }) {
      const engine = leading(broker)
      await operate({ engine, clock, caller, clientId }, (perform) =>
        perform((administrator, receipt) => administrator.unsubscribe(name, receipt)),
      )
      return { status: 204 }
    },
  }),
]

function consumerPage(asked: {
  readonly limit: number
  readonly after: string | undefined
  readonly filter: string
}) {
  return {
    ...asked,
    descending: false,
    nameOf: ({ consumerId, clientId, destination }: ConsumerView) =>
      `${consumerId} ${clientId} ${destination.name}`,
    keyOf: ({ connectionId, consumerId }: ConsumerView) => `${connectionId}\0${consumerId}`,
    rankBy: () => 0,
  }
}
