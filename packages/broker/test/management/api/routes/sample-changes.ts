/** A request that a changing route carries out, and the line that it leaves in the log. */
export interface SampleChange {
  readonly path: string
  readonly body?: unknown
  readonly status: number
  /** Besides who, from where, what, and that it is done; `answer` is what the route answered. */
  readonly audited: (answer: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
}

/** Where the samples find what they change: two messages in a queue, one subscription. */
export const sampled = {
  queue: 'Q',
  ids: ['1', '2'],
  topic: 'topic://PRICES',
  clientId: 'billing',
  subscription: 'nightly',
} as const

const MESSAGES = '/api/v1/destinations/{kind}/{name}/messages'
const DESTINATION = '/api/v1/destinations/{kind}/{name}'
const messages = `/api/v1/destinations/queue/${sampled.queue}/messages`
const [first, second] = sampled.ids
const ids = `${first} ${second}`
const relocated = { ids: sampled.ids, to: 'queue://R' }

/**
 * One for each changing route, by its method and path: a route that is added without one fails the
 * tests that go through all of them.
 */
export const sampleChanges: Readonly<Record<string, SampleChange>> = {
  [`PUT ${DESTINATION}`]: {
    path: '/api/v1/destinations/queue/NEW',
    body: {},
    status: 200,
    audited: () => ({}),
  },
  [`DELETE ${DESTINATION}`]: {
    path: `/api/v1/destinations/queue/${sampled.queue}`,
    status: 204,
    audited: () => ({}),
  },
  [`POST ${MESSAGES}`]: {
    path: messages,
    body: { body: 'a secret of the sender' },
    status: 200,
    audited: ({ messageId }) => ({ messageId }),
  },
  [`POST ${MESSAGES}/delete`]: {
    path: `${messages}/delete`,
    body: { ids: sampled.ids },
    status: 200,
    audited: () => ({ ids, count: 2 }),
  },
  [`DELETE ${MESSAGES}/{id}`]: {
    path: `${messages}/${first}`,
    status: 204,
    audited: () => ({}),
  },
  [`POST ${MESSAGES}/move`]: {
    path: `${messages}/move`,
    body: relocated,
    status: 200,
    audited: () => ({ ids, to: 'queue://R', count: 2 }),
  },
  [`POST ${MESSAGES}/copy`]: {
    path: `${messages}/copy`,
    body: relocated,
    status: 200,
    audited: () => ({ ids, to: 'queue://R', count: 2 }),
  },
  [`POST ${MESSAGES}/purge`]: {
    path: `${messages}/purge`,
    body: {},
    status: 200,
    audited: () => ({ count: 2, isMore: false }),
  },
  'DELETE /api/v1/subscriptions/{clientId}/{name}': {
    path: `/api/v1/subscriptions/${sampled.clientId}/${sampled.subscription}`,
    status: 204,
    audited: () => ({}),
  },
}
