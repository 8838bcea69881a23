import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../config/quantity.ts'

/** A duration like `2s`, in milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('It is no duration like 800ms or 2s.')
  return ms
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is no whole number.')
  return Number(text)
}

export function recordNumber(text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('It is no whole number.')
  return value
}

export function portOffset(text: string): number | 'auto' {
  return text === 'auto' ? text : wholeNumber(text)
}

export function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value]
}
