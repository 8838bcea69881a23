import { BrokerError } from '@quorate/core/base/errors'
import { MEM_SYNC, SYNC_BESIDE_WRITES } from '../store/journal/appender.ts'
import type { SyncPolicy } from '../store/journal/appender.ts'

/**
 * What a confirmation promises, in ActiveMQ's words: a comma list, the promises added up.
 *
 * | word        | leader fsyncs first | waits for followers | followers fsync first |
 * |-------------|---------------------|---------------------|-----------------------|
 * | local_mem   | no                  | no                  | -                     |
 * | local_disk  | yes                 | no                  | -                     |
 * | remote_mem  | no                  | yes                 | no                    |
 * | remote_disk | no                  | yes                 | yes                   |
 * | quorum_mem  | no                  | yes                 | no                    |
 * | quorum_disk | yes                 | yes                 | yes                   |
 */
export interface SyncLevel {
  /** The words, as configured. */
  readonly words: string
  readonly leaderDisk: boolean
  readonly waitsForFollowers: boolean
  readonly followerDisk: boolean
}

const words = {
  local_mem: { leaderDisk: false, waitsForFollowers: false, followerDisk: false },
  local_disk: { leaderDisk: true, waitsForFollowers: false, followerDisk: false },
  remote_mem: { leaderDisk: false, waitsForFollowers: true, followerDisk: false },
  remote_disk: { leaderDisk: false, waitsForFollowers: true, followerDisk: true },
  quorum_mem: { leaderDisk: false, waitsForFollowers: true, followerDisk: false },
  quorum_disk: { leaderDisk: true, waitsForFollowers: true, followerDisk: true },
} as const

export type SyncWord = keyof typeof words
export const syncWords = Object.keys(words) as readonly SyncWord[]

function isSyncWord(word: string): word is SyncWord {
  return Object.hasOwn(words, word)
}

/** Parses `sync`. An unknown word is an error, never a weaker promise. */
export function parseSyncLevel(text: string): SyncLevel {
  const parts = text.split(',').map((part) => part.trim())
  let leaderDisk = false
  let waitsForFollowers = false
  let followerDisk = false
  for (const part of parts) {
    if (!isSyncWord(part)) {
      throw new BrokerError('CONFIG_INVALID', `sync: unknown word "${part}"`, {
        details: { word: part, valid: syncWords },
      })
    }
    leaderDisk ||= words[part].leaderDisk
    waitsForFollowers ||= words[part].waitsForFollowers
    followerDisk ||= words[part].followerDisk
  }
  return { words: parts.join(','), leaderDisk, waitsForFollowers, followerDisk }
}

/**
 * True when an acknowledgement of a replica may be lost by a power cut, whichever role it has: its
 * unclean restart on another boot then makes it suspect (R33).
 */
export function isVolatile(sync: SyncLevel): boolean {
  return !(sync.leaderDisk && sync.followerDisk)
}

/**
 * When a replica syncs: group commit where every confirmation waits for its disk, and at leisure
 * where none does. Where it depends on the role (remote_disk, local_disk) it syncs at once, for the
 * one, and writes beside it, for the other: a leader in remote_disk is counted for its memory, and
 * waits for its disk only where writing itself does (UNSYNCED_MAX_BYTES, a segment not prepared).
 */
export function syncPolicyOf({ leaderDisk, followerDisk }: SyncLevel): SyncPolicy {
  if (leaderDisk && followerDisk) return 'always'
  return leaderDisk || followerDisk ? SYNC_BESIDE_WRITES : MEM_SYNC
}
