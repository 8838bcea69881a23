/**
 * What requests and answers look like, in JSON Schema's words. A schema validates what comes in
 * (`check.ts`), is the type of what a handler gets (`Static`), and stands in the OpenAPI document:
 * all three are the same object. A schema library and a compiler for it would load several hundred
 * modules, a quarter of a second of every broker's start, for the dozen keywords that are used.
 */
export interface SchemaWords {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object'
  readonly description?: string
  readonly enum?: readonly string[]
  readonly default?: string | number | boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly items?: SchemaWords
  readonly properties?: Readonly<Record<string, SchemaWords>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | SchemaWords
  readonly anyOf?: readonly SchemaWords[]
  readonly $ref?: string
}

declare const typed: unique symbol

export type Schema<T> = SchemaWords & { readonly [typed]?: T }

export type Static<S> = S extends { readonly [typed]?: infer T } ? Exclude<T, undefined> : never

type Words = Omit<SchemaWords, 'type' | 'properties' | 'required' | 'items' | 'anyOf'>

export function text(words: Words = {}): Schema<string> {
  return { type: 'string', ...words }
}

export function oneOf<const T extends string>(values: readonly T[], words: Words = {}): Schema<T> {
  return { type: 'string', enum: values, ...words }
}

export function integer(words: Words = {}): Schema<number> {
  return { type: 'integer', ...words }
}

export function number(words: Words = {}): Schema<number> {
  return { type: 'number', ...words }
}

export function flag(words: Words = {}): Schema<boolean> {
  return { type: 'boolean', ...words }
}

export function list<T>(items: Schema<T>, words: Words = {}): Schema<readonly T[]> {
  return { type: 'array', items, ...words }
}

/** `null` as OpenAPI 3.1 writes it. */
export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  return { anyOf: [schema, { enum: NULL_ONLY }] }
}

const NULL_ONLY = [null] as unknown as readonly string[]

export function anyOf<T extends readonly Schema<unknown>[]>(
  ...schemas: T
): Schema<Static<T[number]>> {
  return { anyOf: schemas }
}

/** Any names, all values of one kind. */
export function record<T>(
  values: Schema<T>,
  words: Words = {},
): Schema<Readonly<Record<string, T>>> {
  return { type: 'object', ...words, additionalProperties: values }
}

type Properties = Readonly<Record<string, Schema<unknown>>>

type Present<P extends Properties, O extends string> = {
  readonly [K in Exclude<keyof P, O>]: Static<P[K]>
} & { readonly [K in Extract<keyof P, O>]?: Static<P[K]> }

/**
 * An object with these properties and no others. Those in `optional` may be left out, and those
 * with a default, which a handler finds there then.
 */
export function object<P extends Properties, const O extends string = never>(
  properties: P,
  optional: readonly O[] = [],
): Schema<Present<P, O>> {
  const mayLack = new Set<string>(optional)
  const required = Object.keys(properties).filter((name) => {
    return !mayLack.has(name) && properties[name]?.default === undefined
  })
  return { type: 'object', properties, required, additionalProperties: false }
}
