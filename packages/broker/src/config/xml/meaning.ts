import type { SettingName } from '../broker-settings.ts'

/** What the reading of a value may depend on beside its text. */
export interface ReadingContext {
  /** Bytes of the heap that ActiveMQ's JVM would have. */
  readonly heapBytes: number
}

/** A value in the words of our setting; or why it has none. */
export type Converted =
  | { readonly text: string }
  | { readonly problem: string }
  | { readonly unsupported: string }
  | 'as if absent'

export type Convert = (text: string, context: ReadingContext) => Converted

/** What an attribute of activemq.xml means here. One without a meaning is not supported. */
export type Meaning =
  /** It is this setting of a broker... */
  | { readonly setting: SettingName; readonly convert?: Convert }
  /** ...this word of the destination policy that it stands in... */
  | { readonly policy: string; readonly convert?: Convert }
  /** ...the name of a destination that is there from the start... */
  | { readonly destination: 'queue' | 'topic' }
  /** ...this part of the connector that it stands in. */
  | { readonly connector: 'name' | 'uri' }
  /** Where the store is when its own element does not say. */
  | { readonly dataDirectory: true }
  /** Accepted without meaning, and why. */
  | { readonly without: string }
  /** Not supported with any value, and why. */
  | { readonly unsupported: string }
  /** Accepted with these values only, since what is so here cannot be changed. */
  | { readonly only: readonly string[]; readonly why: string }

export type AttributeMeanings = Readonly<Record<string, Meaning>>

/** What a property, an element inside of a value's element, means here. */
export type PropertyMeaning =
  'read' | { readonly without: string } | { readonly unsupported: string }

export interface ElementMeaning {
  readonly attributes: AttributeMeanings
  readonly properties?: Readonly<Record<string, PropertyMeaning>>
  /** Settings that the presence of the element alone implies. */
  readonly implies?: Readonly<Partial<Record<SettingName, string>>>
  /** The element as such is ActiveMQ's and not ours: what happens when one goes on without it. */
  readonly unsupported?: string
}

export function without(why: string, ...names: readonly string[]): AttributeMeanings {
  return Object.fromEntries(names.map((name) => [name, { without: why }]))
}

export function only(value: string, why: string, ...names: readonly string[]): AttributeMeanings {
  return Object.fromEntries(names.map((name) => [name, { only: [value], why }]))
}
