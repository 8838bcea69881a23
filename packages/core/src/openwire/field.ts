/**
 * The vocabulary of the OpenWire table (schema.ts): one row per field, one function per kind. The
 * TypeScript types of all commands are inferred from these rows (commands.ts), and both encodings
 * are compiled from them (plan.ts).
 */

export type Kind =
  | 'boolean'
  | 'byte'
  | 'int'
  | 'long'
  | 'string'
  | 'bytes'
  | 'fixedBytes'
  | 'throwable'
  | 'nested'
  | 'cached'
  | 'list'

export interface Field {
  readonly name: string
  readonly kind: Kind
  /** Which structures a nested, cached or list field may hold: a name of the table or a family. */
  readonly of: string
  /** First version that writes the field. */
  readonly since: number
  /** Last version that writes it. */
  readonly until: number
  /** Length of a fixedBytes field. */
  readonly size: number
  /** What the field holds when the negotiated version does not carry it, if not the kind's zero. */
  readonly absent: number | boolean | null
}

export interface FieldOf<N extends string, K extends Kind, O extends string = ''> extends Field {
  readonly name: N
  readonly kind: K
  readonly of: O
}

export interface FieldOptions {
  readonly until?: number
  readonly absent?: number | boolean
}

/** The newest version of the protocol that ActiveMQ speaks, and we. */
export const newestVersion = 12

interface Row<N extends string, K extends Kind, O extends string> {
  readonly name: N
  readonly kind: K
  readonly of: O
  readonly since: number
  readonly size?: number
}

function row<N extends string, K extends Kind, O extends string>(
  { name, kind, of, since, size = 0 }: Row<N, K, O>,
  options: FieldOptions = {},
): FieldOf<N, K, O> {
  const { until = newestVersion, absent = null } = options
  return { name, kind, of, since, until, size, absent }
}

export function boolean<N extends string>(name: N, since = 1, options?: FieldOptions) {
  return row({ name, kind: 'boolean', of: '', since }, options)
}

export function byte<N extends string>(name: N, since = 1, options?: FieldOptions) {
  return row({ name, kind: 'byte', of: '', since }, options)
}

export function int<N extends string>(name: N, since = 1, options?: FieldOptions) {
  return row({ name, kind: 'int', of: '', since }, options)
}

export function long<N extends string>(name: N, since = 1, options?: FieldOptions) {
  return row({ name, kind: 'long', of: '', since }, options)
}

export function string<N extends string>(name: N, since = 1) {
  return row({ name, kind: 'string', of: '', since })
}

/** A nullable byte sequence with an int32 length. */
export function bytes<N extends string>(name: N, since = 1) {
  return row({ name, kind: 'bytes', of: '', since })
}

/** Exactly `size` bytes, never null, no length. */
export function fixedBytes<N extends string>(name: N, size: number) {
  return row({ name, kind: 'fixedBytes', of: '', since: 1, size })
}

export function throwable<N extends string>(name: N, since = 1) {
  return row({ name, kind: 'throwable', of: '', since })
}

export function nested<N extends string, O extends string>(name: N, of: O, since = 1) {
  return row({ name, kind: 'nested', of, since })
}

/** A nested structure that goes through the marshal cache when the two sides agreed on one. */
export function cached<N extends string, O extends string>(name: N, of: O, since = 1) {
  return row({ name, kind: 'cached', of, since })
}

/** A nullable array of nested structures with an int16 count. */
export function list<N extends string, O extends string>(name: N, of: O, since = 1) {
  return row({ name, kind: 'list', of, since })
}

export interface Structure<
  C extends number = number,
  F extends readonly Field[] = readonly Field[],
> {
  readonly code: C
  readonly fields: F
  /** First version that knows the structure. */
  readonly since: number
}

/** One data structure of the wire: its type code, and its fields in the order of the wire. */
export function structure<const C extends number, const F extends readonly Field[]>(
  code: C,
  fields: F,
  since = 1,
): Structure<C, F> {
  return { code, fields, since }
}
