import { BrokerError } from '@quorate/core/base/errors'

/** Damage of a file: `position N <what>`. Whoever knows its name puts that before it. */
export function damaged(position: number, what: string, cause?: unknown): BrokerError {
  const message = `position ${position} ${what}`
  return new BrokerError('INDEX_CORRUPT', message, { cause, details: { position } })
}
