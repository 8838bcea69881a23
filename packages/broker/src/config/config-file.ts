import { closeSync, openSync, readSync } from 'node:fs'
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
  return fromHere === '' || fromHere.startsWith('..') || isAbsolute(fromHere) ? path : fromHere
}

/** Turns the bytes of a file into text; throws CONFIG_INVALID where they are none. */
export type Decode = (bytes: Uint8Array) => string

/** Text in this encoding; a byte that is none would silently become another password. */
export function decodeAs(encoding: string): Decode {
  return (bytes) => {
    try {
      return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch (cause) {
      throw new BrokerError('CONFIG_INVALID', `no text in the encoding ${encoding}`, { cause })
    }
  }
}

/** Reads a configuration file; throws CONFIG_INVALID that names it when that does not work. */
export function readConfigFile(
  path: string,
  folder: string,
  decode: Decode = decodeAs('utf-8'),
): ConfigFile {
  const shown = shownFrom(folder, path)
  const bytes = readBounded(path, shown)
  try {
    return { path, shown, text: decode(bytes) }
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
    throw new BrokerError('CONFIG_INVALID', `${shown}: ${error.message}`, { cause: error })
  }
}

/** Never more than allowed, whatever a size says: a device has none and no end either. */
function readBounded(path: string, shown: string): Uint8Array {
  try {
    const bytes = new Uint8Array(CONFIG_FILE_BYTES_MAX + 1)
    const descriptor = openSync(path, 'r')
    let length = 0
    try {
      for (;;) {
        const count = readSync(descriptor, bytes, length, bytes.length - length, null)
        length += count
        if (count === 0 || length === bytes.length) break
      }
    } finally {
      closeSync(descriptor)
    }
    if (length > CONFIG_FILE_BYTES_MAX) {
      const message = `${shown}: larger than ${CONFIG_FILE_BYTES_MAX} bytes`
      throw new BrokerError('CONFIG_INVALID', message)
    }
    return bytes.subarray(0, length)
  } catch (error) {
    if (error instanceof BrokerError) throw error
    const why = errnoOf(error) === 'ENOENT' ? 'no such file' : `cannot be read (${errnoOf(error)})`
    throw new BrokerError('CONFIG_INVALID', `${shown}: ${why}`, { cause: error })
  }
}
