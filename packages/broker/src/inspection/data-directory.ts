import { basename, dirname, join } from 'node:path'
import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import { nearestWord } from '../config/nearest-word.ts'
import type { StoredMeta } from '../replication/meta.ts'
import { decodeMeta } from '../replication/meta.ts'
import { hasRebooted } from '../replication/suspicion.ts'
import type { Checkpoint } from '../store/journal/checkpoint-file.ts'
import { decodeCheckpoint } from '../store/journal/checkpoint-file.ts'
import type { FileSystem } from '../store/journal/file-system.ts'
import { readFully } from '../store/journal/file-system.ts'
import { nodeFileSystem } from '../store/journal/node-file-system.ts'
import { segmentPosition } from '../store/journal/segment.ts'
import type { FoundFile } from '../store/journal/segment-directory.ts'
import { SegmentDirectory } from '../store/journal/segment-directory.ts'
import { contentIn } from '../store/two-slot-file.ts'

/** A small file that was read without being opened as its owner opens it. */
export interface SmallFile<T> {
  /** 'unreadable': it is whole, and this version does not understand it. */
  readonly state: 'absent' | 'valid' | 'bad' | 'unreadable'
  readonly value: T | null
  /** Why it is unreadable. */
  readonly problem: string | null
}

/** What lies in a node's data directory, as far as an inspection needs it. */
export interface DataDirectory {
  readonly path: string
  readonly journalPath: string
  readonly fileSystem: FileSystem
  readonly checkpoint: SmallFile<Checkpoint>
  readonly meta: SmallFile<StoredMeta>
  /** Segment files in order. */
  readonly files: readonly FoundFile[]
  /** Names in the journal's folder that the journal knows nothing about. */
  readonly strangers: readonly string[]
  readonly hasIndex: boolean
}

const JOURNAL = 'journal'
const META = 'meta'
const INDEX = 'index'
/** Copies of both slots of the largest two-slot file there is. */
const SMALL_FILE_BYTES_MAX = 256 * 1024
/** Names in or beside a wrong path that are looked at for a hint. */
const NEIGHBOURS_MAX = 100

const known = new Set(['next.spare', 'checkpoint', 'diverged'])

/**
 * Looks into a data directory; nothing in it is opened for writing. The small files are read before
 * the names of the segments: what they say is true of every later moment of a running broker.
 * Rejects with INVALID_ARGUMENT, and a hint, when there is no store: a meta file without a journal
 * is one that has lost it.
 */
export async function openDataDirectory(
  path: string,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<DataDirectory> {
  const names = await namesIn(fileSystem, path)
  if (!names.includes(JOURNAL) && !names.includes(META))
    throw await notADataDirectory(fileSystem, path, names)
  const journalPath = join(path, JOURNAL)
  const checkpoint = await readSmall(fileSystem, join(journalPath, 'checkpoint'), decodeCheckpoint)
  const meta = await readSmall(fileSystem, join(path, META), decodeMeta)
  const files = await new SegmentDirectory(fileSystem, journalPath).findFiles()
  const inJournal = await namesIn(fileSystem, journalPath)
  const strangers = inJournal.filter((name) => segmentPosition(name) === null && !known.has(name))
  const hasIndex = names.includes(INDEX)
  return {
    path,
    journalPath,
    fileSystem,
    checkpoint,
    meta,
    files,
    strangers: strangers.sort(),
    hasIndex,
  }
}

/**
 * Whether the machine stopped while this log was open, as the next start would see it: it has
 * booted since. Never, where boots cannot be told apart.
 */
export function hasLostPower({ meta }: DataDirectory, bootId: string): boolean {
  const { value } = meta
  return value !== null && bootId !== '' && !value.clean && hasRebooted(value, bootId)
}

async function readSmall<T>(
  fileSystem: FileSystem,
  path: string,
  decode: (payload: Buffer) => T,
): Promise<SmallFile<T>> {
  if ((await fileSystem.size(path)) === null) return { state: 'absent', value: null, problem: null }
  const file = await fileSystem.open(path, 'read')
  try {
    const { state, payload } = contentIn(await readFully(file, 0, SMALL_FILE_BYTES_MAX))
    return { state, value: payload === null ? null : decode(payload), problem: null }
  } catch (error) {
    const { code, message } = toBrokerError(error)
    if (code === 'INTERNAL') throw error
    return { state: 'unreadable', value: null, problem: message }
  } finally {
    await file.close()
  }
}

/** Empty for what is no directory, or not there. */
async function namesIn(fileSystem: FileSystem, path: string): Promise<string[]> {
  return fileSystem.list(path).catch(() => [])
}

/** Names what was probably meant: a folder above, below or beside that holds a journal. */
async function notADataDirectory(
  fileSystem: FileSystem,
  path: string,
  names: readonly string[],
): Promise<BrokerError> {
  const refusal = (what: string, hint: string): BrokerError =>
    new BrokerError('INVALID_ARGUMENT', `${path} is no data directory: ${what}${hint}`)
  if (names.some((name) => segmentPosition(name) !== null)) {
    return refusal('it is the journal itself', `; name the directory above it, ${dirname(path)}`)
  }
  const inside = await dataDirectoriesIn(fileSystem, path, names)
  if (inside.length > 0) {
    const choice = inside.map((name) => join(path, name)).join(', ')
    return refusal('it holds no journal', `; these do: ${choice}`)
  }
  const above = dirname(path)
  const beside = await dataDirectoriesIn(fileSystem, above, await namesIn(fileSystem, above))
  const nearest = nearestWord(basename(path), beside)
  const hint = nearest === undefined ? '' : `; did you mean ${join(above, nearest)}?`
  return refusal(names.length === 0 ? 'it is empty, or not there' : 'it holds no journal', hint)
}

async function dataDirectoriesIn(
  fileSystem: FileSystem,
  path: string,
  names: readonly string[],
): Promise<string[]> {
  const found: string[] = []
  for (const name of [...names].sort().slice(0, NEIGHBOURS_MAX)) {
    if ((await namesIn(fileSystem, join(path, name))).includes(JOURNAL)) found.push(name)
  }
  return found
}
