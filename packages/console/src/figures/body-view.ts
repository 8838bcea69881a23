import type { MessageWithBody } from '../api/answers.ts'
import { indentedJson } from './json-text.ts'

type Body = MessageWithBody['body']

/** How the body of a message may be looked at. */
export const bodyViews = ['text', 'json', 'hex'] as const
export type BodyView = (typeof bodyViews)[number]

const HEX_COLUMNS = 16

/** The bytes of what is shown of the body. */
export function bytesOf({ encoding, content }: Body): Uint8Array {
  if (encoding !== 'base64') return new TextEncoder().encode(content)
  return Uint8Array.from(atob(content), (char) => char.charCodeAt(0))
}

/** The body as this view shows it; null where it cannot be shown so. */
export function shownBody(body: Body, view: BodyView): string | null {
  if (body.encoding === 'none') return null
  if (view === 'hex') return hexDump(bytesOf(body))
  const text = body.encoding === 'base64' ? textIn(bytesOf(body)) : body.content
  return view === 'text' || text === null ? text : indentedJson(text)
}

/** The view that shows most of it: JSON where it is JSON, bytes as they are. */
export function bestView(body: Body): BodyView {
  const { encoding, content } = body
  if (encoding === 'json') return 'json'
  if (encoding === 'text')
    return /^\s*[[{]/.test(content) && indentedJson(content) ? 'json' : 'text'
  return encoding === 'base64' && textIn(bytesOf(body)) === null ? 'hex' : 'text'
}

/** null: these bytes are no UTF-8. */
function textIn(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** Lines of sixteen bytes: where they are, what they are, and what they mean in ASCII. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += HEX_COLUMNS) {
    const row = [...bytes.subarray(at, at + HEX_COLUMNS)]
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.'))
    const place = at.toString(16).padStart(8, '0')
    lines.push(`${place}  ${hex.padEnd(HEX_COLUMNS * 3 - 1)}  ${text.join('')}`)
  }
  return lines.join('\n')
}
