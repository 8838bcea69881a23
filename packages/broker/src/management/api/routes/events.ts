import { parseDestinationName, DESTINATION_NAME_MAX } from '@quorate/core/model/destination-name'
import { nodeFactsSchema } from '../events/node-facts.ts'
import { securityHeaders } from '../http/security-headers.ts'
import { streamed } from '../http/route.ts'
import type { Route } from '../http/route.ts'
import { list, object, text } from '../http/schema.ts'

/** Destinations that one stream of events watches. */
export const WATCHED_DESTINATIONS_MAX = 500

const EVENTS_MEDIA_TYPE = 'text/event-stream'

export const eventsRoute: Route = streamed({
  method: 'GET',
  path: '/api/v1/events',
  summary: 'What changes, as server-sent events, about once a second',
  description:
    'Events `node` tell of the node (first everything, then the fields that changed), events ' +
    '`destinations` of those that are watched: `changed`, each with its `destination` and the ' +
    'fields that changed, and `gone`. A `beat` comes every 15 seconds, whatever else does. Who ' +
    'does not read is cut off.',
  tag: 'events',
  role: 'viewer',
  query: object(
    {
      watch: list(text({ minLength: 1, maxLength: DESTINATION_NAME_MAX }), {
        description: '`queue://ORDERS`; once for each destination.',
        maxItems: WATCHED_DESTINATIONS_MAX,
      }),
    },
    ['watch'],
  ),
  answers: { 200: nodeFactsSchema },
  mediaType: EVENTS_MEDIA_TYPE,
  open({ query: { watch = [] } }, streams) {
    const watched = watch.map((name) => parseDestinationName(name, 'queue'))
    streams.checkRoom()
    return (response) => {
      response.writeHead(200, { ...securityHeaders, 'content-type': EVENTS_MEDIA_TYPE })
      const end = streams.open(response, watched)
      response.once('close', end)
      // Its client has left while it was let in.
      if (response.destroyed) end()
    }
  },
})
