import { readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { BrokerError, errnoOf } from '@quorate/core/base/errors'
import { nodeFileSystem } from '../store/journal/node-file-system.ts'
import { MANIFEST_FILE } from './backup-manifest.ts'

/** Names of a directory that is not empty which its refusal tells. */
const NAMES_TOLD_MAX = 3

/**
 * A directory that appears whole or not at all: filled under another name beside it, synced, and
 * renamed at the end. Refuses, before anything is written, what holds anything already.
 */
export class FreshDirectory {
  readonly target: string
  /** Where to write until it is published. */
  readonly path: string

  private constructor(target: string) {
    this.target = target
    this.path = join(dirname(target), `${basename(target)}.unfinished-${process.pid}`)
  }

  static async prepare(path: string): Promise<FreshDirectory> {
    const target = resolve(path)
    await demandEmpty(target)
    const fresh = new FreshDirectory(target)
    await nodeFileSystem.makeDirectory(dirname(target))
    // What is there can only be of a dead process that had our number.
    await fresh.discard()
    await nodeFileSystem.makeDirectory(fresh.path)
    return fresh
  }

  /** All files in it are synced, and the directories below it. */
  async publish(): Promise<void> {
    await nodeFileSystem.syncDirectory(this.path)
    try {
      await rename(this.path, this.target)
    } catch (error) {
      if (errnoOf(error) === 'ENOTEMPTY' || errnoOf(error) === 'EEXIST') {
        await demandEmpty(this.target)
      }
      throw error
    }
    await nodeFileSystem.syncDirectory(dirname(this.target))
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

async function demandEmpty(target: string): Promise<void> {
  const names = await namesIn(target)
  if (names.length === 0) return
  throw new BrokerError('INVALID_ARGUMENT', `${target} is not empty: ${whatItIs(names)}`)
}

function whatItIs(names: readonly string[]): string {
  if (names.includes(MANIFEST_FILE)) return 'it holds a backup; name a new directory for this one'
  // A start that was refused may have come no further than its lock.
  if (['journal', 'meta', 'kernel-lock'].some((name) => names.includes(name))) {
    return 'it is the data directory of a broker; name a new one, or move it away first'
  }
  const told = names.slice(0, NAMES_TOLD_MAX).join(', ')
  return `it holds ${told}${names.length > NAMES_TOLD_MAX ? ', ...' : ''}; name a new directory`
}

async function namesIn(target: string): Promise<string[]> {
  try {
    return (await readdir(target)).sort()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    if (errnoOf(error) === 'ENOTDIR') {
      throw new BrokerError('INVALID_ARGUMENT', `${target} is a file, not a directory`)
    }
    throw error
  }
}
