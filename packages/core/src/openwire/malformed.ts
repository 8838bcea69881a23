import { BrokerError } from '../base/errors.ts'

/** The one error of every decoder here: the bytes are not what the protocol demands. */
export function malformed(message: string): BrokerError {
  return new BrokerError('MALFORMED_FRAME', message)
}
