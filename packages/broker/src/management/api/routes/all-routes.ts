import { openApiOf } from '../http/openapi.ts'
import { route } from '../http/route.ts'
import type { Route } from '../http/route.ts'
import { callerRoute } from './caller.ts'
import { clientRoutes } from './clients.ts'
import { destinationRoutes } from './destinations.ts'
import { eventsRoute } from './events.ts'
import { messageRoutes } from './messages.ts'
import { metricsRoute } from './metrics.ts'
import { nodeRoutes } from './nodes.ts'

/** Of the API, not of the broker: it changes when a client of the API would notice. */
const API_VERSION = '1.0.0'

const DOCUMENT_PATH = '/api/v1/openapi.json'

const documentRoute = route({
  method: 'GET',
  path: DOCUMENT_PATH,
  summary: 'This document',
  tag: 'about',
  role: 'anybody',
  answers: { 200: { type: 'object' } },
  handle: () => ({ status: 200, body: document }),
})

/** Every route of the API, in the order of the document. */
export const allRoutes: readonly Route[] = [
  documentRoute,
  callerRoute,
  ...nodeRoutes,
  ...destinationRoutes,
  ...messageRoutes,
  ...clientRoutes,
  eventsRoute,
  metricsRoute,
]

const document = openApiOf(allRoutes, API_VERSION)
