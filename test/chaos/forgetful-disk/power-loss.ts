import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomNumbers } from '@quorate/core/base/random-numbers'

export interface PowerLoss {
  /** The same seed keeps the same pieces of the same directory. */
  readonly seed?: number
  /**
   * The chance of each unsynced piece of 512 bytes to have reached the medium all the same: disks
   * write back in any order, and tear what is larger than a sector. 0, the default, keeps nothing,
   * 1 everything. Names are kept up to a moment drawn for each directory, as a file system that
   * journals them does.
   */
  readonly keep?: number
}

const SECTOR_BYTES = 512
const PAGE_BYTES = 4096
/** `struct pages` in forgetful-disk.c. */
const DIRTY_BITS_AT = 64

interface Entry {
  readonly kind: 'file' | 'directory'
  readonly number: string
  readonly name: string
}

type Names = Map<string, Entry>

/** A change of one directory. A rename inside of it is one change, so it is never torn. */
type Change = (names: Names) => void

interface Directory {
  names: Names
  /** Since its last sync. */
  pending: Change[]
}

interface NameLog {
  readonly root: string
  readonly directories: Map<string, Directory>
}

/** Makes `directory` what the medium in `side` holds, and forgets what `side` knew. */
export function restore(directory: string, side: string, loss: PowerLoss): void {
  const { root, directories } = readNameLog(join(side, 'names'))
  const keep = loss.keep ?? 0
  const random = randomNumbers(loss.seed ?? 1)
  for (const { names, pending } of directories.values()) {
    const kept = keep === 0 ? 0 : Math.floor(random() * (pending.length + 1))
    for (const change of pending.slice(0, kept)) change(names)
  }
  const restored = `${directory}.restored`
  rmSync(restored, { recursive: true, force: true })
  const build = (number: string, path: string): void => {
    mkdirSync(path)
    for (const entry of directories.get(number)?.names.values() ?? []) {
      const target = join(path, entry.name)
      if (entry.kind === 'directory') build(entry.number, target)
      else
        writeFileSync(
          target,
          contentOf(side, entry.number, () => random() < keep),
        )
    }
  }
  build(root, restored)
  rmSync(directory, { recursive: true })
  renameSync(restored, directory)
  forget(side)
}

/** What is in the directory at the next start is what its medium holds. */
export function forget(side: string): void {
  for (const name of ['names', 'live', 'medium', 'dirty', 'graves']) {
    rmSync(join(side, name), { recursive: true, force: true })
  }
}

/** See record() in forgetful-disk.c. A last line without its end was never finished. */
function readNameLog(path: string): NameLog {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  const directories = new Map<string, Directory>()
  const at = (number = ''): Directory => {
    let found = directories.get(number)
    if (found === undefined) directories.set(number, (found = { names: new Map(), pending: [] }))
    return found
  }
  let root = ''
  for (const line of lines) {
    const [kind, first, ...rest] = line.split('\t')
    if (kind === 'root') root = first ?? ''
    else if (kind === '=') Object.assign(at(first), { names: namesOf(rest), pending: [] })
    else if (kind === '+') at(first).pending.push(put(entryOf(rest[0])))
    else if (kind === '-') at(first).pending.push(take(rest[0]))
    else if (kind === '>') noteRename({ at, from: first, rest })
    else throw new Error(`the log of names holds "${line}"`)
  }
  return { root, directories }
}

function noteRename(rename: {
  readonly at: (number?: string) => Directory
  readonly from: string | undefined
  readonly rest: readonly string[]
}): void {
  const { at, from, rest } = rename
  const [oldName, to, entry] = rest
  const removal = take(oldName)
  const addition = put(entryOf(entry))
  if (from === to) {
    at(from).pending.push((names) => {
      removal(names)
      addition(names)
    })
    return
  }
  at(from).pending.push(removal)
  at(to).pending.push(addition)
}

function put(entry: Entry): Change {
  return (names) => void names.set(entry.name, entry)
}

function take(name = ''): Change {
  return (names) => void names.delete(name)
}

function namesOf(entries: readonly string[]): Names {
  return new Map(entries.map(entryOf).map((entry) => [entry.name, entry]))
}

function entryOf(text = ''): Entry {
  const [, kind, number = '', name = ''] = /^([fd])(\d+)\/(.+)$/.exec(text) ?? []
  if (kind === undefined) throw new Error(`the log of names holds the entry "${text}"`)
  return { kind: kind === 'd' ? 'directory' : 'file', number, name }
}

/** The medium's content, with those unsynced sectors, and perhaps the size, that chance kept. */
function contentOf(side: string, number: string, isKept: () => boolean): Buffer {
  const medium = readFileSync(join(side, 'medium', number))
  const live = readFileSync(join(side, 'live', number))
  const dirty = readFileSync(join(side, 'dirty', number))
  const isDirty = (page: number): boolean => {
    const bits = dirty[DIRTY_BITS_AT + (page >> 3)] ?? 0
    return dirty[0] !== 0 || ((bits >> (page & 7)) & 1) === 1
  }
  const size = live.length !== medium.length && isKept() ? live.length : medium.length
  const content = Buffer.alloc(size)
  medium.copy(content)
  for (let start = 0; start < live.length; start += SECTOR_BYTES) {
    if (!isDirty(Math.floor(start / PAGE_BYTES))) continue
    if (isKept() && start < size) live.copy(content, start, start, start + SECTOR_BYTES)
  }
  return content
}
