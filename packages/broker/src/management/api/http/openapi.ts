import { problemSchema } from './problem.ts'
import type { Route } from './route.ts'
import type { Schema, SchemaWords } from './schema.ts'

/** The OpenAPI 3.1 document of these routes. */
export function openApiOf(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const methods = (paths[route.path] ??= {})
    methods[route.method.toLowerCase()] = operationOf(route)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Quorate',
      version,
      description: 'The management API of one broker. Every node of a cluster has one.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: { basic: { type: 'http', scheme: 'basic' } },
    },
  }
}

function operationOf(route: Route): object {
  const { path, method, summary, description, tag, role, body } = route
  const needs = role === 'anybody' ? 'Needs no login.' : `Needs the role ${role}.`
  return {
    operationId: operationIdOf(method, path),
    summary,
    description: description === undefined ? needs : `${description} ${needs}`,
    tags: [tag],
    security: role === 'anybody' ? [] : [{ basic: [] }],
    parameters: [...parametersOf(route.parameters, 'path'), ...parametersOf(route.query, 'query')],
    ...(body === undefined ? {} : { requestBody: { required: true, content: json(body) } }),
    responses: responsesOf(route),
  }
}

/** `GET /api/v1/destinations/{kind}/{name}` -> `getDestinationsKindName`. */
function operationIdOf(method: string, path: string): string {
  const words = path.replace('/api/v1', '').match(/\w+/g) ?? []
  const capital = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return method.toLowerCase() + capital.join('')
}

function parametersOf(schema: Schema<unknown> | undefined, place: 'path' | 'query'): object[] {
  const required = schema?.required ?? []
  return Object.entries(schema?.properties ?? {}).map(([name, words]) => {
    const { description, ...rest } = words
    return {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    }
  })
}

function responsesOf({ answers, mediaType }: Route): object {
  const responses: Record<string, object> = {}
  for (const [status, schema] of Object.entries(answers)) {
    const content =
      mediaType === undefined ? json : (words: SchemaWords) => contentOf(mediaType, words)
    responses[status] = {
      description: Number(status) < 400 ? 'Done.' : 'Not so.',
      ...(schema === null ? {} : { content: content(schema) }),
    }
  }
  const problem = contentOf('application/problem+json', { $ref: '#/components/schemas/Problem' })
  return { ...responses, default: { description: 'A problem (RFC 9457).', content: problem } }
}

function json(schema: SchemaWords): object {
  return contentOf('application/json', schema)
}

function contentOf(mediaType: string, schema: SchemaWords): object {
  return { [mediaType.replace(/;.*/, '')]: { schema } }
}
