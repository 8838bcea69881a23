import { BrokerError } from '@quorate/core/base/errors'
import { didYouMean } from '../../config/nearest-word.ts'
import { shownValue } from '../api/api-values.ts'
import { printable } from '../text-table.ts'
import type { Attributes } from './jmx-attributes.ts'

/** `QueueSize = 3`, one line an attribute, as ActiveMQ's tools print it. */
export function attributeLines(attributes: Attributes): string[] {
  return Object.entries(attributes).map(
    ([name, value]) => `${printable(name)} = ${printable(shownValue(value))}`,
  )
}

/** Those attributes that `--view` names; all without it. */
export function viewed(attributes: Attributes, names: readonly string[]): Attributes {
  if (names.length === 0) return attributes
  return Object.fromEntries(
    names.filter((name) => name in attributes).map((name) => [name, attributes[name]]),
  )
}

/** Throws INVALID_ARGUMENT for a name of `--view` that none of these has. */
export function checkView(names: readonly string[], all: readonly Attributes[]): void {
  if (all.length === 0) return
  const known = new Set(all.flatMap((attributes) => Object.keys(attributes)))
  for (const name of names) {
    if (known.has(name)) continue
    const message = `--view: there is no ${name}${didYouMean(name, known)}`
    throw new BrokerError('INVALID_ARGUMENT', message)
  }
}
