import { BrokerError } from '@quorate/core/base/errors'
import { isQueueLike } from '@quorate/core/model/destination'
import type { Fold } from '../fold/fold.ts'
import type { ProducerEntry } from '../fold/producer-table.ts'
import { CHECK_BYTES } from '../journal/checked-bytes.ts'
import { HEADER_BYTES } from '../journal/record.ts'
import type { IndexDatabase } from './index-database.ts'
import { APPLIED_KEY, ROWS, readIdKey, readNumberKey, readPageKey } from './keys.ts'
import { decodePage } from './page-codec.ts'
import type { Stretch } from './page-codec.ts'
import {
  decodeApplied,
  decodeDestination,
  decodeOutcome,
  decodeProducer,
  decodeSubscription,
} from './row-codec.ts'
import type { AppliedRow } from './row-codec.ts'
import type { RowLedger } from './row-ledger.ts'
import { openRow, sealOf } from './row-ledger.ts'

/** No body of a log lies further ahead: the first record's header, and its check, come before. */
const FIRST_BODY_AT = HEADER_BYTES + CHECK_BYTES

/** The row that says what the index is a fold of, if there is one that we can read. */
export async function readApplied(
  database: IndexDatabase,
): Promise<AppliedRow | 'empty' | 'unknown-format'> {
  const value = await database.get(APPLIED_KEY)
  if (value === undefined) return 'empty'
  return asCorrupt(() => decodeApplied(openRow(APPLIED_KEY, value))) ?? 'unknown-format'
}

/**
 * Loads all rows into an empty fold and notes them in an empty ledger. Throws INDEX_CORRUPT unless
 * they are exactly what the checkpoint of `applied` consists of.
 */
export async function loadIndex(
  database: IndexDatabase,
  applied: AppliedRow,
  target: { readonly fold: Fold; readonly ledger: RowLedger },
): Promise<void> {
  const loader = new Loader(target.fold, target.ledger, applied.applied.position)
  for await (const rows of database.rows()) {
    asCorrupt(() => {
      for (const [key, value] of rows) loader.add(key, value)
    })
  }
  loader.finish(applied)
}

class Loader {
  readonly #fold: Fold
  readonly #ledger: RowLedger
  /** Where the part of the log ends that the rows are the fold of. */
  readonly #endPosition: number
  readonly #producers: ProducerEntry[] = []

  constructor(fold: Fold, ledger: RowLedger, endPosition: number) {
    this.#fold = fold
    this.#ledger = ledger
    this.#endPosition = endPosition
  }

  add(key: Buffer, value: Buffer): void {
    const content = openRow(key, value)
    if (key[0] === ROWS.applied) return
    this.#ledger.put(key, sealOf(value))
    switch (key[0]) {
      case ROWS.destination:
        return this.#addDestination(readIdKey(key), content)
      case ROWS.subscription:
        return this.#addSubscription(readIdKey(key), content)
      case ROWS.producer:
        this.#producers.push(decodeProducer(readNumberKey(key), content))
        return
      case ROWS.outcome:
        return this.#fold.outcomes.restore(decodeOutcome(readNumberKey(key), content))
      case ROWS.page:
        return this.#addPage(key, content)
      default:
        throw corrupt(`a row of unknown kind ${key[0]}`)
    }
  }

  finish(applied: AppliedRow): void {
    const { rows, sum } = this.#ledger
    if (rows !== applied.rows || sum !== applied.rowSum) {
      throw corrupt(`${rows} rows that are not the ${applied.rows} of its checkpoint`)
    }
    // The chain from least to most recently storing is in no key: ids ascend with introduction.
    this.#producers.sort((a, b) => a.lastUse - b.lastUse)
    const { producers, outcomes } = this.#fold
    for (const producer of this.#producers) producers.restore(producer)
    this.#fold.nextSequence = applied.nextSequence
    this.#fold.nextId = applied.nextId
    this.#fold.logStart = applied.logStart
    producers.nextId = applied.nextProducerId
    producers.nextUse = applied.nextUse
    outcomes.nextNumber = applied.nextOutcome
  }

  #addDestination(id: number, content: Buffer): void {
    const row = decodeDestination(id, content)
    this.#fold.destinations.set(id, row)
    if (isQueueLike(row.destination.kind)) this.#fold.addList(id)
  }

  #addSubscription(id: number, content: Buffer): void {
    this.#fold.subscriptions.set(id, decodeSubscription(id, content))
    this.#fold.addList(id)
  }

  #addPage(rowKey: Buffer, content: Buffer): void {
    const key = readPageKey(rowKey)
    const list = this.#fold.lists.get(key.list)
    if (list === undefined) throw corrupt(`a page of list ${key.list}, which it does not know`)
    let bytes = 0
    const visit = (stretch: Stretch): void => {
      if (stretch.position < FIRST_BODY_AT) throw corrupt('a body before the first of its log')
      if (stretch.end > this.#endPosition) throw corrupt('a body behind the end of its log')
      bytes += stretch.bytes
      this.#fold.segments.addUse(stretch.position, stretch)
    }
    list.restore(decodePage(key, content, { pool: this.#fold.pool, visit }), bytes)
  }
}

/** What does not decode was not written by us, or not by this version: the index is given up. */
function asCorrupt<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    const isDecoding = error instanceof BrokerError && error.code !== 'INDEX_CORRUPT'
    throw isDecoding ? corrupt(`a row that does not decode: ${error.message}`) : error
  }
}

function corrupt(what: string): BrokerError {
  return new BrokerError('INDEX_CORRUPT', `The index holds ${what}.`)
}
