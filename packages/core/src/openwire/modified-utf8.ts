/**
 * Java's modified UTF-8: every UTF-16 unit by itself (surrogates too), NUL as two bytes.
 *
 *   0001..007F  0xxxxxxx
 *   0000, 0080..07FF  110xxxxx 10xxxxxx
 *   0800..FFFF  1110xxxx 10xxxxxx 10xxxxxx
 */
import { isAscii } from 'node:buffer'
import { malformed } from './malformed.ts'

/** Up to this length a loop over the characters beats the call into the runtime. */
const loopMax = 48

/** Standard and modified UTF-8 agree on every string without these. */
const differsFromUtf8 = /[\0\ud800-\udfff]/

/** Bytes that `text` takes. */
export function modifiedUtf8Length(text: string): number {
  if (text.length > loopMax && !differsFromUtf8.test(text)) return Buffer.byteLength(text)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) length += unit > 0x7ff ? 3 : 2
    else length += unit === 0 ? 2 : 1
  }
  return length
}

/** Writes `text` at `at`, where there must be room, and returns the position behind it. */
export function writeModifiedUtf8(text: string, target: Buffer, at: number): number {
  if (text.length > loopMax && !differsFromUtf8.test(text)) {
    return at + target.write(text, at, 'utf8')
  }
  let to = at
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit <= 0x7f && unit !== 0) {
      target[to++] = unit
    } else if (unit <= 0x7ff) {
      target[to++] = 0xc0 | (unit >> 6)
      target[to++] = 0x80 | (unit & 0x3f)
    } else {
      target[to++] = 0xe0 | (unit >> 12)
      target[to++] = 0x80 | ((unit >> 6) & 0x3f)
      target[to++] = 0x80 | (unit & 0x3f)
    }
  }
  return to
}

/** The string in bytes[start, end), or MALFORMED_FRAME. */
export function decodeModifiedUtf8(bytes: Buffer, start: number, end: number): string {
  if (end - start > loopMax) {
    if (isAscii(bytes.subarray(start, end))) return bytes.toString('latin1', start, end)
    return decodeUnits(bytes, start, end)
  }
  for (let at = start; at < end; at++) {
    if ((bytes[at] as number) > 0x7f) return decodeUnits(bytes, start, end)
  }
  return bytes.toString('latin1', start, end)
}

function decodeUnits(bytes: Buffer, start: number, end: number): string {
  const units = Buffer.allocUnsafe((end - start) * 2)
  let length = 0
  let at = start
  while (at < end) {
    const first = bytes[at] as number
    const width = first < 0x80 ? 1 : first >> 5 === 0b110 ? 2 : first >> 4 === 0b1110 ? 3 : 0
    if (width === 0 || at + width > end) throw malformed('a string is not modified UTF-8')
    let unit = first
    if (width === 2) unit = ((first & 0x1f) << 6) | continuation(bytes, at + 1)
    if (width === 3) {
      const high = continuation(bytes, at + 1)
      unit = ((first & 0x0f) << 12) | (high << 6) | continuation(bytes, at + 2)
    }
    units[length++] = unit & 0xff
    units[length++] = unit >> 8
    at += width
  }
  return units.toString('utf16le', 0, length)
}

function continuation(bytes: Buffer, at: number): number {
  const byte = bytes[at] as number
  if (byte >> 6 !== 0b10) throw malformed('a string is not modified UTF-8')
  return byte & 0x3f
}
