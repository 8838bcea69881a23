import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BrokerError, errnoOf } from '@quorate/core/base/errors'
import { isAlive, ownIdentity, parseIdentity } from '@quorate/core/base/process-identity'
import type { ProcessIdentity } from '@quorate/core/base/process-identity'

/** What a running process leaves in its directory, so that others find it. */
export interface PidRecord extends ProcessIdentity {
  /** The configuration that it runs on, an absolute path; none when it has no file. */
  readonly file?: string
  /** Set when the process has started completely. */
  readonly consoleUrl?: string
}

export const brokerPidFile = 'broker.pid'
export const coordinationPidFile = 'coordination.pid'
export const upPidFile = 'up.pid'

/** Claiming fails only when others claim at the same moment; this often is never. */
const CLAIM_ATTEMPTS_MAX = 3

/** The record of a process that runs now; undefined when there is none, or only of a dead one. */
export function readLivePid(path: string): PidRecord | undefined {
  const record = readRecord(path)
  return record !== null && isAlive(record) ? record : undefined
}

/** The pid of a process that left its file behind: it was killed, or lost its machine. */
export function readStalePid(path: string): number | undefined {
  const record = readRecord(path)
  return record !== null && !isAlive(record) ? record.pid : undefined
}

function readRecord(path: string): PidRecord | null {
  try {
    return parseRecord(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return null
  }
}

function parseRecord(value: unknown): PidRecord | null {
  const identity = parseIdentity(value)
  if (identity === null) return null
  const { consoleUrl, file } = value as Record<string, unknown>
  return {
    ...identity,
    ...(typeof file === 'string' ? { file } : {}),
    ...(typeof consoleUrl === 'string' ? { consoleUrl } : {}),
  }
}

/** The pid file of this process, held while it runs. */
export class PidFile {
  readonly #path: string
  readonly #file: string | undefined

  private constructor(path: string, file: string | undefined) {
    this.#path = path
    this.#file = file
  }

  /** Throws STORE_IN_USE when a living process holds the directory. */
  static claim(directory: string, name: string, file?: string): PidFile {
    const path = join(directory, name)
    for (let attempt = 0; attempt < CLAIM_ATTEMPTS_MAX; attempt++) {
      const holder = readLivePid(path)
      if (holder !== undefined && holder.pid !== process.pid) {
        throw new BrokerError('STORE_IN_USE', `${directory} is in use by pid ${holder.pid}`, {
          details: { pid: holder.pid },
        })
      }
      rmSync(path, { force: true })
      if (!createExclusively(path)) continue
      const claimed = new PidFile(path, file)
      claimed.#write({})
      return claimed
    }
    throw new BrokerError('STORE_IN_USE', `${directory} is being claimed by another process`)
  }

  /** Tells others that the start is complete, and where the HTTP API is. */
  announce(consoleUrl: string): void {
    this.#write({ consoleUrl })
  }

  /** Leaves the file of whoever has claimed the directory since. */
  release(): void {
    const { pid, startTime } = ownIdentity()
    const record = readRecord(this.#path)
    const isOurs = record === null || (record.pid === pid && record.startTime === startTime)
    if (isOurs) rmSync(this.#path, { force: true })
  }

  #write(facts: { readonly consoleUrl?: string }): void {
    const file = this.#file === undefined ? {} : { file: this.#file }
    const record: PidRecord = { ...ownIdentity(), ...file, ...facts }
    // Whole or not at all: readers come at any moment.
    const draft = `${this.#path}.${process.pid}`
    writeFileSync(draft, `${JSON.stringify(record)}\n`)
    renameSync(draft, this.#path)
  }
}

function createExclusively(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx'))
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  }
}
