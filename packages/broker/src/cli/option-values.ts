import { InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../config/quantity.ts'

/** A duration like `2s`, in milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('It is no duration like 800ms or 2s.')
  return ms
}

/** `--timeout`, whose `usual` value is the default. */
export function timeoutOption(description: string, usual: string): Option {
  return new Option('--timeout <duration>', description)
    .argParser(duration)
    .default(duration(usual), usual)
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

/** `A,B` as a list of words, added to what came before. */
export function wordsOf(text: string, earlier: readonly string[]): readonly string[] {
  const words = text.split(',').map((word) => word.trim())
  return [...earlier, ...words.filter((word) => word !== '')]
}

/** Reads a number from 1 to `most`. */
export function countUpTo(most: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
    if (count >= 1 && count <= most) return count
    throw new InvalidArgumentError(`It is no number from 1 to ${most}.`)
  }
}

/** By what a list of destinations can be sorted. */
export const orders = ['name', 'pending', 'consumers', 'enqueued', 'dequeued'] as const
