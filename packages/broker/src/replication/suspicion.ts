import { BrokerError } from '@quorate/core/base/errors'
import type { ReplicaMeta } from './meta.ts'
import { isVolatile, parseSyncLevel } from './sync-level.ts'

export interface StartFacts {
  readonly bootId: string
  /** The journal holds bytes that were valid once and are not any more (R32). */
  readonly journalIsCorrupt: boolean
}

/**
 * R33: why what this store once acknowledged may be gone, or null. A kill -9 loses nothing that was
 * written: the page cache survives as long as the machine runs.
 */
export function suspicionAtStart(meta: ReplicaMeta, facts: StartFacts): string | null {
  if (meta.suspect !== null) return meta.suspect
  if (facts.journalIsCorrupt) return 'the journal was corrupt'
  const isInMemory = meta.inMemory && wasVolatile(meta.sync)
  if (!meta.clean && hasRebooted(meta, facts.bootId) && isInMemory) {
    return `the machine restarted uncleanly while sync was "${meta.sync}"`
  }
  return null
}

/**
 * True unless this boot of the machine, known for certain, is the one that the store was used in.
 */
export function hasRebooted(meta: ReplicaMeta, bootId: string): boolean {
  return bootId === '' || bootId !== meta.bootId
}

export function wasVolatile(words: string): boolean {
  try {
    return isVolatile(parseSyncLevel(words))
  } catch (error) {
    if (error instanceof BrokerError) return true
    throw error
  }
}
