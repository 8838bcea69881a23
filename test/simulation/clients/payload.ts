import type { MessageName } from '../../support/history/events.ts'

/**
 * Bodies that say which message they are, and show damage:
 *
 *   "producer-0:17 4711\n" | 4711 bytes, all of the value 17 (the number modulo 256)
 */
export function encodePayload(name: MessageName, fillBytes: number): Buffer {
  const head = `${name} ${fillBytes}\n`
  const bytes = Buffer.alloc(head.length + fillBytes, fillOf(name))
  bytes.write(head, 0, 'latin1')
  return bytes
}

/** The name of the message; null when the body is not as it was sent. */
export function decodePayload(content: Buffer | null): MessageName | null {
  const end = content?.indexOf(LINE_END) ?? -1
  if (content === null || end < 0) return null
  const [name, fillBytes] = content.toString('latin1', 0, end).split(' ')
  if (name === undefined || content.length !== end + 1 + Number(fillBytes)) return null
  const fill = fillOf(name)
  for (let i = end + 1; i < content.length; i++) if (content[i] !== fill) return null
  return name
}

const LINE_END = 10

function fillOf(name: MessageName): number {
  return Number(name.slice(name.lastIndexOf(':') + 1)) % 256
}
