import { BrokerError } from '@quorate/core/base/errors'
import type { ErrorCode } from '@quorate/core/base/errors'
import type { WireThrowable } from '@quorate/core/openwire/commands'

/** By the last part of the name of an exception's class. */
const codes: Readonly<Record<string, ErrorCode>> = {
  SecurityException: 'NOT_AUTHENTICATED',
  JMSSecurityException: 'NOT_AUTHENTICATED',
  InvalidClientIDException: 'INVALID_CLIENT_ID',
  InvalidDestinationException: 'INVALID_DESTINATION',
  InvalidSelectorException: 'INVALID_SELECTOR',
  IllegalStateException: 'ILLEGAL_STATE',
  ResourceAllocationException: 'RESOURCE_LIMIT',
  TransactionRolledBackException: 'TRANSACTION_ROLLED_BACK',
  IOException: 'CONNECTION_LOST',
}

/** Whether it is an answer, which says that what was asked for did not happen. */
export function isRefusal({ code, details }: BrokerError): boolean {
  // As an IOException a broker tells that it cannot know.
  return details.isAnswer === true && code !== 'CONNECTION_LOST'
}

/** What a broker refused, as an error of our table. */
export function refusedBy(exception: WireThrowable | null): BrokerError {
  const name = exception?.className?.split('.').at(-1) ?? ''
  const code = Object.hasOwn(codes, name) ? codes[name] : undefined
  const why = exception?.message ?? exception?.className ?? 'it does not say why'
  const details = { isAnswer: true }
  return new BrokerError(code ?? 'UNSUPPORTED', `the broker refuses: ${why}`, { details })
}
