import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { BrokerError } from '@quorate/core/base/errors'
import { readConfigFile } from '../config-file.ts'
import type { ConfigFile, Decode } from '../config-file.ts'
import type { Reading } from './reading.ts'

/** A file that a configuration names, and where it does. */
export interface Reference {
  readonly location: string
  readonly where: string
  /** Where relative paths start, when that is not ActiveMQ's class path. */
  readonly from?: string
  readonly decode: Decode
  /** Say nothing when there is no such file. */
  readonly isOptional?: boolean
}

/**
 * Reads a file as Spring would find it: `file:` and absolute paths as they are, all others in the
 * folder of the configuration, which is on ActiveMQ's class path. Undefined after a complaint.
 */
export function readReferenced(reading: Reading, reference: Reference): ConfigFile | undefined {
  const { location, where, from = reading.installation.conf, isOptional = false } = reference
  if (/^(?!file:|classpath\*?:)[a-z][a-z0-9+.-]+:/i.test(location)) {
    reading.complain(where, `${location}: only files are read`)
    return undefined
  }
  const path = location.replace(/^(file|classpath\*?):(\/\/(?=\/))?/, '')
  const isFull = isAbsolute(path) && !location.startsWith('classpath')
  const full = isFull ? path : resolve(from, `./${path}`)
  if (isOptional && !existsSync(full)) return undefined
  try {
    return readConfigFile(full, reading.folder, reference.decode)
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
    reading.complain(where, error.message)
    return undefined
  }
}
