import { readFileSync, statSync } from 'node:fs'
import { isAbsolute, relative } from 'node:path'
import { BrokerError, errnoOf } from '@quorate/core/base/errors'

/** A configuration file larger than this is something else. */
export const CONFIG_FILE_BYTES_MAX = 256 * 1024

/** The text of a file, and its name as messages show it. */
export interface ConfigFile {
  readonly path: string
  readonly shown: string
  readonly text: string
}

/** A path as short as a person in this folder would type it. */
export function shownFrom(folder: string, path: string): string {
  const fromHere = relative(folder, path)
  return fromHere.startsWith('..') || isAbsolute(fromHere) ? path : fromHere
}

/** Reads a configuration file; throws CONFIG_INVALID that names it when that does not work. */
export function readConfigFile(path: string, folder: string): ConfigFile {
  const shown = shownFrom(folder, path)
  try {
    if (statSync(path).size > CONFIG_FILE_BYTES_MAX) {
      const message = `${shown}: larger than ${CONFIG_FILE_BYTES_MAX} bytes`
      throw new BrokerError('CONFIG_INVALID', message)
    }
    return { path, shown, text: readFileSync(path, 'utf8') }
  } catch (error) {
    if (error instanceof BrokerError) throw error
    const why = errnoOf(error) === 'ENOENT' ? 'no such file' : `cannot be read (${errnoOf(error)})`
    throw new BrokerError('CONFIG_INVALID', `${shown}: ${why}`, { cause: error })
  }
}
