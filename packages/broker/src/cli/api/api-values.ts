import { BrokerError } from '@quorate/core/base/errors'

/** An object of an answer. Any server may have given it: what is used of it is looked at first. */
export type ApiObject = Readonly<Record<string, unknown>>

export function isApiObject(value: unknown): value is ApiObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Throws PROTOCOL_VIOLATION where it is no text. */
export function textIn(object: ApiObject, name: string): string {
  const value = object[name]
  if (typeof value === 'string') return value
  throw unlike(name, 'text')
}

/** null where it is null or missing: not known, or not of this kind of thing. */
export function countIn(object: ApiObject, name: string): number | null {
  const value = object[name]
  if (value === null || value === undefined) return null
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw unlike(name, 'number')
}

/** {} where it is null or missing. */
export function objectIn(object: ApiObject, name: string): ApiObject {
  const value = object[name]
  if (value === null || value === undefined) return {}
  if (isApiObject(value)) return value
  throw unlike(name, 'object')
}

export function listIn(object: ApiObject, name: string): readonly unknown[] {
  const value = object[name]
  if (Array.isArray(value)) return value
  throw unlike(name, 'list')
}

export function objectsIn(object: ApiObject, name: string): readonly ApiObject[] {
  const list = listIn(object, name)
  if (list.every(isApiObject)) return list
  throw unlike(name, 'list of objects')
}

/** As it is shown: `-` for what is not known. */
export function shownValue(value: unknown): string {
  if (value === null || value === undefined) return '-'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function unlike(name: string, kind: string): BrokerError {
  const message = `this is no answer of a broker: "${name}" of it is no ${kind}`
  return new BrokerError('PROTOCOL_VIOLATION', message)
}
