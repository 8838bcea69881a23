import { BrokerError } from '@quorate/core/base/errors'
import type { MessagePage } from '../fold/message-page.ts'
import type { PackedEntries } from '../fold/packed-entries.ts'
import type { PageSource } from '../fold/page-pool.ts'
import type { IndexDatabase } from './index-database.ts'
import { pageKey } from './keys.ts'
import { decodeFirst } from './page-codec.ts'
import type { PageKey } from './page-codec.ts'
import { openRow } from './row-ledger.ts'

/**
 * Reads pages back that the fold does not keep in memory. At once, so that applying stays one step
 * and the same on every replica: a page is two or three kilobytes, and in the system's cache as a
 * rule.
 *
 * A row that is gone or damaged ends the broker: nothing can be applied or handed out without it.
 * The next start checks all rows, finds that out as well, and makes the index anew from the log. It
 * does not decode them all, so of one that was written as nonsense the owner is told.
 */
export class PageReader implements PageSource {
  onNonsense: (error: BrokerError) => void = () => {}
  readonly #database: IndexDatabase

  constructor(database: IndexDatabase) {
    this.#database = database
  }

  read({ list, first }: MessagePage, count: number): PackedEntries {
    const key = pageKey(list, first)
    const value = this.#database.getSync(key)
    if (value === undefined) throw corrupt('is not there any more', { list, first })
    const content = openRow(key, value)
    try {
      return decodeFirst({ list, first }, content, count)
    } catch (cause) {
      const error = corrupt('does not decode', { list, first, cause })
      this.onNonsense(error)
      throw error
    }
  }
}

function corrupt(
  how: string,
  { list, first, cause }: PageKey & { readonly cause?: unknown },
): BrokerError {
  const message = `Page ${list}/${first} of the index ${how}.`
  return new BrokerError('INDEX_CORRUPT', message, { cause, details: { list, first } })
}
