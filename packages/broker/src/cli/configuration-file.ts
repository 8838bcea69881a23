import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { BrokerError } from '@quorate/core/base/errors'
import { shownPath } from './node-folder.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Whether a word of the command line names a file rather than a node. */
export function isConfigurationFile(word: string): boolean {
  return /^(xbean|broker|properties|file):|\.(xml|ya?ml)$/.test(word)
}

/**
 * The path that a word names: a path as it is, `xbean:activemq.xml` where ActiveMQ would look too -
 * here, in its `conf`, and in `conf` here. Throws UNSUPPORTED for other URIs of `activemq start`.
 */
export function configurationFile(word: string, environment: Environment = process.env): string {
  if (/^(broker|properties):/.test(word)) {
    const message = `"${word}": only xbean: and files can be started from`
    throw new BrokerError('UNSUPPORTED', message)
  }
  const isXbean = word.startsWith('xbean:')
  const path = word.replace(/^(xbean:)?(file:)?(\/\/(?=\/))?/, '').replace(/(?<=\.xml)\?.*$/, '')
  const here = resolve(path)
  if (!isXbean || existsSync(here)) return here
  const { ACTIVEMQ_CONF: conf, ACTIVEMQ_BASE: base } = environment
  const folders = [conf, base === undefined ? undefined : join(base, 'conf'), 'conf']
  const paths = folders.flatMap((folder) => (folder === undefined ? [] : [resolve(folder, path)]))
  const found = paths.find((each) => existsSync(each))
  if (found !== undefined) return found
  const places = [here, ...paths].map((each) => shownPath(each)).join(', ')
  throw new BrokerError('CONFIG_INVALID', `${word}: no such file; looked for ${places}`)
}
