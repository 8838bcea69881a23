import { decodeAs } from '../config-file.ts'

/** An XML declaration is at the very beginning, in letters that nearly all encodings share. */
const DECLARATION_BYTES = 256

/** The text of an XML file in the encoding that its first bytes or its declaration say. */
export function decodeXml(bytes: Uint8Array): string {
  return decodeAs(encodingOf(bytes))(bytes)
}

function encodingOf(bytes: Uint8Array): string {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return 'utf-16le'
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return 'utf-16be'
  const start = Buffer.from(bytes.subarray(0, DECLARATION_BYTES)).toString('latin1')
  const declaration = /^<\?xml\s[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(start)
  return declaration?.[1] ?? 'utf-8'
}

/** Java reads property files so unless it is told another encoding. */
export const PROPERTIES_ENCODING = 'iso-8859-1'
