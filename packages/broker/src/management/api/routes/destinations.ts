import { object, oneOf } from '../http/schema.ts'
import { pageOf, pageOfSchema, pageQuery } from '../http/paging.ts'
import type { Route } from '../http/route.ts'
import { route } from '../http/route.ts'
import { leading } from '../managed-broker.ts'
import type { DestinationEntry } from '../../../engine/administration/views.ts'
import {
  destinationAnswer,
  destinationPath,
  destinationSchema,
  found,
  kinds,
} from './destination-words.ts'

const orders = ['name', 'pending', 'consumers', 'enqueued', 'dequeued'] as const

/** What a list is sorted by. Topics count as 0 where they have no such figure. */
const values = {
  name: ({ destination }) => destination.name,
  pending: ({ figures: { queue } }) => queue?.depth ?? 0,
  consumers: ({ figures: { queue, topic } }) => (queue ?? topic).consumers,
  enqueued: ({ figures: { queue, topic } }) => queue?.enqueued ?? topic?.published ?? 0,
  dequeued: ({ figures: { queue } }) => queue?.dequeued ?? 0,
} satisfies Record<(typeof orders)[number], (entry: DestinationEntry) => string | number>

const listQuery = object(
  {
    ...pageQuery,
    kind: oneOf(kinds, { description: 'Only these.' }),
    sort: oneOf(orders, { default: 'name' }),
    order: oneOf(['ascending', 'descending'], { default: 'ascending' }),
  },
  ['after', 'filter', 'kind'],
)

export const destinationRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/destinations',
    summary: 'Destinations, a page at a time',
    description: 'Counters begin at 0 with each leadership.',
    tag: 'destinations',
    role: 'viewer',
    query: listQuery,
    answers: { 200: pageOfSchema(destinationSchema) },
    handle({ broker, query }) {
      const { kind, sort, order, limit, after, filter = '' } = query
      const page = pageOf(ofKind(leading(broker).destinations(), kind), {
        limit,
        after,
        filter,
        descending: order === 'descending',
        nameOf: ({ destination }) => destination.name,
        keyOf: ({ destination: { kind, name } }) => `${name} ${kind}`,
        rankBy: values[sort],
      })
      return { status: 200, body: { ...page, items: page.items.map(destinationAnswer) } }
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/destinations/{kind}/{name}',
    summary: 'One destination with its counters',
    tag: 'destinations',
    role: 'viewer',
    parameters: destinationPath,
    answers: { 200: destinationSchema },
    handle({ broker, path }) {
      return { status: 200, body: destinationAnswer(found(leading(broker), path)) }
    },
  }),
]

function* ofKind(
  entries: Iterable<DestinationEntry>,
  kind: DestinationEntry['destination']['kind'] | undefined,
): Iterable<DestinationEntry> {
  for (const entry of entries) {
    if (kind === undefined || entry.destination.kind === kind) yield entry
  }
}
