import { BrokerError } from '@quorate/core/base/errors'
import { TextPositions } from './text-position.ts'

/** Entries of one properties file. */
export const PROPERTIES_MAX = 10_000

export interface JavaProperty {
  readonly value: string
  /** `file:line:column` of its key. */
  readonly where: string
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

/** `\u0041`, `\t`; before any other character the backslash only keeps it as it is. */
function unescape(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|([^]))/g, (_, code?: string, letter?: string) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
    return escapes[letter ?? ''] ?? letter ?? ''
  })
}

interface LogicalLine {
  readonly text: string
  readonly offset: number
}

/** Lines without comments; a backslash at the end of a line joins the next one to it. */
function logicalLines(text: string): LogicalLine[] {
  const found: LogicalLine[] = []
  let joined: { text: string; readonly offset: number } | null = null
  let offset = 0
  for (const raw of text.split('\n')) {
    const line = raw.replace(/\r$/, '')
    const content = line.replace(/^[ \t\f]+/, '')
    const start = offset + line.length - content.length
    offset += raw.length + 1
    if (joined === null && /^([#!]|$)/.test(content)) continue
    const isContinued = /(^|[^\\])(\\\\)*\\$/.test(content)
    const part = isContinued ? content.slice(0, -1) : content
    if (joined === null) joined = { text: part, offset: start }
    else joined.text += part
    if (isContinued) continue
    found.push(joined)
    joined = null
  }
  return joined === null ? found : [...found, joined]
}

/**
 * Reads Java's properties syntax: `key=value`, `key: value`, `key value`. Of two entries with one
 * key the last one holds. Throws CONFIG_INVALID when there are too many.
 */
export function readProperties(text: string, file: string): Map<string, JavaProperty> {
  const positions = new TextPositions(file, text)
  const properties = new Map<string, JavaProperty>()
  for (const line of logicalLines(text)) {
    const match = /^((?:\\[^]|[^\\=:\s])*)[ \t\f]*[=:]?[ \t\f]*([^]*)$/.exec(line.text)
    const where = positions.where(line.offset)
    properties.set(unescape(match?.[1] ?? ''), { value: unescape(match?.[2] ?? ''), where })
    if (properties.size > PROPERTIES_MAX) {
      throw new BrokerError('CONFIG_INVALID', `${where}: more than ${PROPERTIES_MAX} properties`)
    }
  }
  return properties
}
