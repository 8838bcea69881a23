import { BrokerError } from '@quorate/core/base/errors'
import { isDestinationPattern } from '@quorate/core/model/destination-name'
import { object, oneOf } from '../http/schema.ts'
import { pageOf, pageOfSchema, pageQuery } from '../http/paging.ts'
import type { Route } from '../http/route.ts'
import { route } from '../http/route.ts'
import { leading } from '../managed-broker.ts'
import { operate } from '../messages/operation.ts'
import type { DestinationEntry } from '../../../engine/administration/views.ts'
import {
  destinationAnswer,
  destinationPath,
  destinationSchema,
  found,
  kinds,
  lastingPath,
} from './destination-words.ts'

const orders = ['name', 'pending', 'consumers', 'enqueued', 'dequeued'] as const

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
        rankBy: (entry) => (sort === 'name' ? entry.destination.name : entry.figure(sort)),
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
  route({
    method: 'PUT',
    path: '/api/v1/destinations/{kind}/{name}',
    summary: 'Creates a queue or topic; nothing happens where it is there already',
    tag: 'destinations',
    role: 'admin',
    parameters: lastingPath,
    body: object({}),
    answers: { 200: destinationSchema },
    async handle({ broker, clock, caller, path }) {
      const engine = leading(broker)
      await operate({ engine, clock, caller }, (perform) =>
        perform((administrator, receipt) => {
          checkName(path)
          administrator.addDestination(path, receipt)
        }),
      )
      return { status: 200, body: destinationAnswer(found(leading(broker), path)) }
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/destinations/{kind}/{name}',
    summary: 'Removes a queue with all its messages, or a topic',
    description: 'Refused while somebody consumes from it, or subscribes to it durably.',
    tag: 'destinations',
    role: 'admin',
    parameters: lastingPath,
    answers: { 204: null },
    async handle({ broker, clock, caller, path }) {
      const engine = leading(broker)
      found(engine, path)
      await operate({ engine, clock, caller }, (perform) =>
        perform((administrator, receipt) => administrator.removeDestination(path, receipt)),
      )
      return { status: 204 }
    },
  }),
]

/** Patterns and lists of names stand for destinations, and are none. */
function checkName({ name }: DestinationEntry['destination']): void {
  if (!isDestinationPattern(name) && !name.includes(',')) return
  throw new BrokerError('INVALID_ARGUMENT', 'path.name stands for several destinations.')
}

function* ofKind(
  entries: Iterable<DestinationEntry>,
  kind: DestinationEntry['destination']['kind'] | undefined,
): Iterable<DestinationEntry> {
  for (const entry of entries) {
    if (kind === undefined || entry.destination.kind === kind) yield entry
  }
}
