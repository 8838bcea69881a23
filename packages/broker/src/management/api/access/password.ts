import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether a password is right. Takes the same time whatever is wrong with it. */
export type PasswordCheck = (given: string) => boolean

/**
 * The check for a password as Jetty keeps it: in clear, `OBF:` (which hides it from a glance only)
 * or `MD5:`. null for `CRYPT:`, which Node cannot compute.
 */
export function passwordCheck(kept: string): PasswordCheck | null {
  if (kept.startsWith('CRYPT:')) return null
  if (kept.startsWith('MD5:')) {
    const wanted = digest(kept.slice(4).toLowerCase())
    return (given) => timingSafeEqual(digest(md5(given)), wanted)
  }
  const clear = kept.startsWith('OBF:') ? deobfuscated(kept.slice(4)) : kept
  if (clear === null) return null
  const wanted = digest(clear)
  return (given) => timingSafeEqual(digest(given), wanted)
}

/** Digests are equally long, whatever was given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest()
}

/** Jetty's choice, not ours; kept files have it. */
function md5(text: string): string {
  return createHash('md5').update(text, 'latin1').digest('hex')
}

/**
 * Undoes `org.eclipse.jetty.util.security.Password.obfuscate`: four digits of base 36 for each
 * byte, made of it and of the byte as far from the other end. null when it is none.
 */
function deobfuscated(hidden: string): string | null {
  if (!/^((U[0-9a-z]{4})|[0-9a-z]{4})*$/.test(hidden)) return null
  const bytes: number[] = []
  for (let i = 0; i < hidden.length; i += 4) {
    // Bytes above 127 are marked, and stand as they are.
    const isMarked = hidden[i] === 'U'
    if (isMarked) i++
    const value = Number.parseInt(hidden.slice(i, i + 4), 36)
    bytes.push(isMarked ? value >> 8 : (Math.floor(value / 256) + (value % 256) - 254) / 2)
  }
  return Buffer.from(bytes).toString('utf8')
}
