import { BrokerError } from '@quorate/core/base/errors'
import { parseConnectorUri } from '../listener/connector-uri.ts'

/** What is wrong with the options of a connector's URI; undefined when nothing is. */
export function objectionToConnector(uri: string): string | undefined {
  try {
    parseConnectorUri(uri)
    return undefined
  } catch (error) {
    if (error instanceof BrokerError) return error.message
    throw error
  }
}
