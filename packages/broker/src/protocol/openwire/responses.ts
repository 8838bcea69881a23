import type { BrokerError } from '@quorate/core/base/errors'
import { TypeId, create } from '@quorate/core/openwire/commands'
import type {
  ConnectionError,
  ConnectionId,
  DataStructure,
  DataArrayResponse,
  ExceptionResponse,
  Response,
  WireThrowable,
} from '@quorate/core/openwire/commands'

/** The plain answer: it is done. */
export function response(correlationId: number): Response {
  return { type: TypeId.Response, commandId: 0, responseRequired: false, correlationId }
}

export function exceptionResponse(correlationId: number, error: BrokerError): ExceptionResponse {
  return {
    type: TypeId.ExceptionResponse,
    commandId: 0,
    responseRequired: false,
    correlationId,
    exception: throwable(error),
  }
}

export function dataArrayResponse(
  correlationId: number,
  data: (DataStructure | null)[],
): DataArrayResponse {
  return create('DataArrayResponse', { correlationId, data })
}

/** What went wrong with something that nobody waits for. */
export function connectionError(
  error: BrokerError,
  connectionId: ConnectionId | null,
): ConnectionError {
  return create('ConnectionError', { exception: throwable(error), connectionId })
}

/**
 * Characters of an error's message that a client is told; ActiveMQ's oldest clients take no more.
 */
const MESSAGE_MAX = 1024

/** The error as a Java exception of the class that the error table gives. */
export function throwable(error: BrokerError): WireThrowable {
  const message = error.message.slice(0, MESSAGE_MAX)
  return { className: error.javaClass, message, stackTrace: [], cause: null }
}

/** One line that says what a client's exception said: `class: message`. */
export function throwableText(exception: WireThrowable | null): string {
  if (exception === null) return ''
  const { className, message } = exception
  return message === null ? (className ?? '') : `${className}: ${message}`
}
