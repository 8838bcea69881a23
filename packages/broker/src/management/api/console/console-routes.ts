import { BrokerError } from '@quorate/core/base/errors'
import type { Answer, Route } from '../http/route.ts'
import { route } from '../http/route.ts'
import { object, text } from '../http/schema.ts'
import { CONSOLE_PAGE } from './console-files.ts'
import type { ConsoleFiles } from './console-files.ts'

const CONSOLE_PATH = '/console/'
/** Characters of the name of a file of the console. */
const FILE_NAME_CHARS_MAX = 128

/** The page runs our own files and asks our own API, and nothing else. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Names that carry a hash of the content: another content has another name. */
const hashedName = /-[\w-]{8}\.(js|css)$/
const lasting = { 'cache-control': 'private, max-age=31536000, immutable' }
const asked = { 'cache-control': 'no-cache' }

/** The web console: its page, and the files that the page names. */
export function consoleRoutes(files: ConsoleFiles): readonly Route[] {
  const about = { method: 'GET', tag: 'console', role: 'viewer', answers: { 200: text() } } as const
  return [
    ...['/', '/console'].map((path) =>
      route({
        ...about,
        path,
        summary: 'To the console',
        role: 'anybody',
        handle: () => ({ status: 302, headers: { location: CONSOLE_PATH } }),
      }),
    ),
    route({
      ...about,
      path: CONSOLE_PATH,
      summary: 'The page of the console',
      handle: () => fileOf(files, CONSOLE_PAGE),
    }),
    route({
      ...about,
      path: `${CONSOLE_PATH}{file}`,
      summary: 'A file of the console',
      parameters: object({ file: text({ maxLength: FILE_NAME_CHARS_MAX }) }),
      handle: ({ path }) => fileOf(files, path.file),
    }),
  ]
}

function fileOf(files: ConsoleFiles, name: string): Answer {
  const file = files.find(name)
  if (file === undefined) {
    const why =
      files.find(CONSOLE_PAGE) === undefined
        ? 'The console was not built into this broker; `npm run build` does that.'
        : 'The console has no such file.'
    throw new BrokerError('INVALID_DESTINATION', why)
  }
  const headers = hashedName.test(name) ? lasting : asked
  return {
    status: 200,
    type: file.mediaType,
    body: file.content,
    headers: { ...headers, 'content-security-policy': pagePolicy },
  }
}
