import { FILTER_CHARS_MAX } from '../http/paging.ts'
import { route } from '../http/route.ts'
import type { Route } from '../http/route.ts'
import { object, text } from '../http/schema.ts'
import {
  DESTINATIONS_SHOWN_MAX,
  destinationMetrics,
  sumsOf,
} from '../metrics/destination-metrics.ts'
import { exposition, METRICS_MEDIA_TYPE } from '../metrics/exposition.ts'
import { nodeMetrics } from '../metrics/node-metrics.ts'

export const metricsRoute: Route = route({
  method: 'GET',
  path: '/metrics',
  summary: 'Figures for Prometheus, in every role',
  description:
    `At most ${DESTINATIONS_SHOWN_MAX} destinations are told by name; ` +
    '`quorate_destinations_omitted` tells how many are not.',
  tag: 'metrics',
  role: 'viewer',
  query: object(
    {
      filter: text({
        description: 'By name only destinations whose name contains this.',
        maxLength: FILTER_CHARS_MAX,
      }),
    },
    ['filter'],
  ),
  answers: { 200: text() },
  mediaType: METRICS_MEDIA_TYPE,
  handle({ broker, query: { filter = '' } }) {
    const engine = broker.administration()
    const ofNode = exposition(nodeMetrics, broker.status())
    const rest =
      engine === null ? '' : exposition(destinationMetrics, sumsOf(engine.destinations(), filter))
    return { status: 200, body: ofNode + rest, type: METRICS_MEDIA_TYPE }
  },
})
