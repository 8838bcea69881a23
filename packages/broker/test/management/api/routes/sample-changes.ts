/** A request that a changing route carries out. */
export interface SampleChange {
  readonly path: string
  readonly body?: unknown
}

const MESSAGES = '/api/v1/destinations/{kind}/{name}/messages'
const DESTINATION = '/api/v1/destinations/{kind}/{name}'
const messages = '/api/v1/destinations/queue/Q/messages'
const relocated = { ids: ['1', '2'], to: 'queue://R' }

/**
 * One for each changing route, by its method and path: a route that is added without one fails the
 * tests that go through all of them.
 */
export const sampleChanges: Readonly<Record<string, SampleChange>> = {
  [`PUT ${DESTINATION}`]: {
    path: '/api/v1/destinations/queue/NEW',
    body: {},
  },
  [`DELETE ${DESTINATION}`]: {
    path: '/api/v1/destinations/queue/Q',
  },
  [`POST ${MESSAGES}`]: {
    path: messages,
    body: { body: 'a secret of the sender' },
  },
  [`POST ${MESSAGES}/delete`]: {
    path: `${messages}/delete`,
    body: { ids: ['1', '2'] },
  },
  [`DELETE ${MESSAGES}/{id}`]: {
    path: `${messages}/1`,
  },
  [`POST ${MESSAGES}/move`]: {
    path: `${messages}/move`,
    body: relocated,
  },
  [`POST ${MESSAGES}/copy`]: {
    path: `${messages}/copy`,
    body: relocated,
  },
  [`POST ${MESSAGES}/purge`]: {
    path: `${messages}/purge`,
    body: {},
  },
  'DELETE /api/v1/subscriptions/{clientId}/{name}': {
    path: '/api/v1/subscriptions/billing/nightly',
  },
}
