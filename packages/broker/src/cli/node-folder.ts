import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { BrokerError } from '@quorate/core/base/errors'
import { didYouMean } from '../config/nearest-word.ts'
import { brokerPidFile } from './pid-file.ts'

/** Where `up` keeps its brokers, and where the other commands look for them. */
export const DATA_FOLDER = 'data'
export const CONFIG_FILE = 'quorate.yaml'
export const LOG_FILE = 'broker.log'

/** Folders under `data` that belong to a broker, by node name. */
export function listNodeFolders(data: string): string[] {
  if (!existsSync(data)) return []
  const folders = readdirSync(data, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders
    .map(({ name }) => name)
    .filter((name) => isNodeFolder(join(data, name)))
    .sort()
}

function isNodeFolder(folder: string): boolean {
  return [CONFIG_FILE, brokerPidFile].some((name) => existsSync(join(folder, name)))
}

/** The folder of one node under `data`; throws INVALID_ARGUMENT that names those there are. */
export function nodeFolder(data: string, node: string): string {
  const known = listNodeFolders(data)
  if (known.includes(node)) return join(data, node)
  const choice =
    known.length === 0 ? `${shownPath(data)} holds no nodes` : `there are ${known.join(', ')}`
  const hint = didYouMean(node, known)
  throw new BrokerError('INVALID_ARGUMENT', `no node "${node}": ${choice}${hint}`)
}

/** A path as short as a person would type it here. */
export function shownPath(path: string, from: string = process.cwd()): string {
  const short = relative(from, path)
  if (short === '') return '.'
  return short.startsWith('..') ? path : short
}
