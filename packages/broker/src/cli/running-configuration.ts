import { loadBrokerOptions } from '../config/load.ts'
import type { LoadedSettings } from '../config/load.ts'

/** The configuration of a broker that runs, or ran: what is not supported has been told then. */
export function readConfiguration(
  file: string,
  defined: Readonly<Record<string, string>>,
): LoadedSettings {
  return loadBrokerOptions({ file, defined, environment: process.env, ignoreUnsupported: true })
}
