import { didYouMean } from '../nearest-word.ts'
import type { JavaProperty } from './java-properties.ts'

/** Placeholders inside of the values of placeholders. */
export const PLACEHOLDER_DEPTH_MAX = 8
/** Placeholders that are replaced for one text, those inside of their values included. */
export const PLACEHOLDERS_MAX = 10_000
/** Length of a text after its placeholders are replaced. */
export const PLACEHOLDER_TEXT_MAX = 64 * 1024

/** A text without placeholders, or why there is none. */
export type Resolved =
  { readonly text: string; readonly isHidden: boolean } | { readonly problem: string }

interface Replacing {
  isHidden: boolean
  problem: string
  count: number
}

export interface PlaceholderSources {
  /** What the command line and the layout of the installation say: `activemq.data` and others. */
  readonly definitions: ReadonlyMap<string, string>
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * Replaces `${name}` and `${name:default}` as Spring does: property files first, then definitions
 * (Java's system properties), then the environment. A value that came out of a file, of -D or of
 * a variable may be a secret: it is remembered, and `hide` takes it out of messages.
 */
export class Placeholders {
  readonly #sources: PlaceholderSources
  readonly #properties = new Map<string, JavaProperty>()
  readonly #hidden = new Map<string, string>()

  constructor(sources: PlaceholderSources) {
    this.#sources = sources
  }

  /** Later files win over earlier ones. */
  addProperties(properties: ReadonlyMap<string, JavaProperty>): void {
    for (const [name, property] of properties) this.#properties.set(name, property)
  }

  get properties(): ReadonlyMap<string, JavaProperty> {
    return this.#properties
  }

  get definitions(): ReadonlyMap<string, string> {
    return this.#sources.definitions
  }

  resolve(text: string): Resolved {
    if (!text.includes('${')) return { text, isHidden: false }
    const state = { isHidden: false, problem: '', count: 0 }
    const resolved = this.#replace(text, 0, state)
    if (state.problem !== '') return { problem: state.problem }
    if (resolved.length > PLACEHOLDER_TEXT_MAX) {
      return { problem: `"${text}" becomes longer than ${PLACEHOLDER_TEXT_MAX} characters` }
    }
    if (state.isHidden) this.#remember(resolved, text)
    return { text: resolved, isHidden: state.isHidden }
  }

  /** A message without the values that came out of files and variables. */
  hide(message: string): string {
    let shown = message
    const longestFirst = [...this.#hidden].sort(([a], [b]) => b.length - a.length)
    for (const [value, placeholder] of longestFirst) {
      if (value.length >= 4) shown = shown.replaceAll(value, () => placeholder)
      // Of a short value only whole words: each digit of a message is not a secret.
      else shown = shown.replaceAll(`"${value}"`, () => `"${placeholder}"`)
    }
    return shown
  }

  /** The whole text, and the pieces that checks of lists and URIs speak of. */
  #remember(value: string, placeholder: string): void {
    for (const piece of [value, ...value.split(/[,?&=]/).map((each) => each.trim())]) {
      if (piece !== '' && !this.#hidden.has(piece)) this.#hidden.set(piece, placeholder)
    }
  }

  #replace(text: string, depth: number, state: Replacing): string {
    let result = ''
    let from = 0
    for (;;) {
      const start = text.indexOf('${', from)
      const end = start < 0 ? -1 : closingBrace(text, start + 2)
      if (end < 0) return result + text.slice(from)
      result += text.slice(from, start)
      result += this.#valueOf(text.slice(start + 2, end), depth, state)
      from = end + 1
      if (state.problem !== '' || result.length > PLACEHOLDER_TEXT_MAX) return result
    }
  }

  #valueOf(inner: string, depth: number, state: Replacing): string {
    if (++state.count > PLACEHOLDERS_MAX) {
      state.problem ||= `more than ${PLACEHOLDERS_MAX} placeholders in one another`
      return ''
    }
    if (depth >= PLACEHOLDER_DEPTH_MAX) {
      state.problem ||= `"\${${inner}}" refers to itself, or is nested too deep`
      return ''
    }
    const written = this.#replace(inner, depth + 1, state)
    const colon = written.indexOf(':')
    const name = colon < 0 ? written : written.slice(0, colon)
    const found = this.#lookUp(name)
    if (found !== undefined) {
      state.isHidden ||= found.isHidden
      const value = this.#replace(found.value, depth + 1, state)
      if (/^ENC\(.*\)$/.test(value)) {
        state.problem ||= `"\${${name}}" is encrypted (Jasypt), which is not supported yet`
      }
      if (found.isHidden) this.#remember(value, `\${${name}}`)
      return value
    }
    if (colon >= 0) return written.slice(colon + 1)
    const known = [...this.#properties.keys(), ...this.#sources.definitions.keys()]
    state.problem ||=
      `nobody says what "\${${name}}" is: no property file, no -D${name}=..., no variable ` +
      `of the environment${didYouMean(name, known)}`
    return ''
  }

  #lookUp(name: string): { readonly value: string; readonly isHidden: boolean } | undefined {
    const property = this.#properties.get(name)
    if (property !== undefined) return { value: property.value, isHidden: true }
    const definition = this.#sources.definitions.get(name)
    // Passwords are given by -D too; where the installation is can be told.
    if (definition !== undefined) return { value: definition, isHidden: !isPlace(name) }
    const variable = this.#sources.environment[name]
    return variable === undefined ? undefined : { value: variable, isHidden: true }
  }
}

function isPlace(name: string): boolean {
  return /^activemq\.(base|conf|data|home)$/.test(name)
}

/** The brace that ends a placeholder, past those inside of it; -1 when there is none. */
function closingBrace(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('${', at)) depth++
    else if (text[at] === '}' && depth-- === 0) return at
  }
  return -1
}
