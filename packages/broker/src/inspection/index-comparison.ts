import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { BrokerError } from '@quorate/core/base/errors'
import { describeFold } from '../store/digest.ts'
import { Fold } from '../store/fold/fold.ts'
import { classicLevelBackend } from '../store/leveldb/classic-level-backend.ts'
import { loadIndex, readApplied } from '../store/leveldb/index-loader.ts'
import type { AppliedRow } from '../store/leveldb/row-codec.ts'
import { RowLedger } from '../store/leveldb/row-ledger.ts'
import { foldLog } from './fold-log.ts'
import type { FoldRequest } from './fold-log.ts'

export interface IndexComparison {
  readonly state: 'equal' | 'different' | 'unreadable' | 'skipped'
  /** The record up to which the index is the fold of the log. */
  readonly appliedIndex: number | null
  readonly message: string
}

/** Characters of the line in which two states differ that are shown. */
const LINE_MAX = 160

/**
 * Holds the index against the log: loads a copy of it, folds the log up to the same record, and
 * compares both states. LevelDB writes when it opens a database, so the copy lies elsewhere.
 */
export async function compareIndex(request: FoldRequest): Promise<IndexComparison> {
  const { data, isRunning } = request
  if (!data.hasIndex) return skipped('there is no index: the next start makes it from the log')
  if (isRunning) return skipped('the index of a broker that runs cannot be opened: stop it first')
  const original = join(data.path, 'index')
  const folder = await mkdtemp(join(tmpdir(), 'quorate-inspect-'))
  const copy = join(folder, 'index')
  try {
    // The lock belongs to whoever opened the original.
    const filter = (source: string): boolean => basename(source) !== 'LOCK'
    await cp(original, copy, { recursive: true, filter })
    return await compareCopy(copy, request)
  } catch (error) {
    const isTold = error instanceof BrokerError && error.code !== 'INTERNAL'
    if (!isTold) throw error
    const state = error.code === 'UNSUPPORTED' ? 'skipped' : 'unreadable'
    // What is wrong with the copy's disk is not wrong with the original.
    const isDamage = error.code === 'INDEX_CORRUPT'
    const message = isDamage ? error.message.replaceAll(copy, () => original) : error.message
    return { state, appliedIndex: null, message }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function compareCopy(directory: string, request: FoldRequest): Promise<IndexComparison> {
  const database = await classicLevelBackend.open(directory)
  try {
    const row = await readApplied(database)
    if (row === 'empty') return skipped('the index is empty: the next start makes it from the log')
    if (row === 'unknown-format') {
      return skipped('the index is of another format: the next start makes it from the log')
    }
    const clusterId = request.data.meta.value?.clusterId ?? null
    if (clusterId !== null && clusterId !== row.clusterId) {
      return different(row, `it belongs to cluster ${row.clusterId}, and the log to ${clusterId}`)
    }
    const loaded = new Fold({ changes: null })
    await loadIndex(database, row, { fold: loaded, ledger: new RowLedger() })
    return await compareStates(row, loaded, request)
  } finally {
    await database.close()
  }
}

async function compareStates(
  row: AppliedRow,
  loaded: Fold,
  request: FoldRequest,
): Promise<IndexComparison> {
  const { applied } = row
  const {
    fold,
    outcome,
    applied: reached,
  } = await foldLog({
    ...request,
    throughIndex: applied.index,
  })
  if (outcome.ended === 'interrupted') return skipped('interrupted')
  const { epoch, chain, position } = outcome.tail
  if (reached < applied.index) {
    return different(
      row,
      `it is a fold up to record ${applied.index}; the log ends with ${reached}`,
    )
  }
  const isSame =
    applied.index === 0 ||
    (epoch === applied.epoch && chain === applied.chain && position === applied.position)
  if (!isSame) return different(row, `the log holds another record ${applied.index}`)
  const difference = firstDifference(describeFold(loaded), describeFold(fold))
  if (difference !== null) return different(row, difference)
  const message = `the index is the fold of the log up to record ${applied.index}`
  return { state: 'equal', appliedIndex: applied.index, message }
}

/** Line by line: the states need no second form in memory. */
function firstDifference(index: Iterator<string>, log: Iterator<string>): string | null {
  for (;;) {
    const [a, b] = [index.next(), log.next()]
    if (a.done === true && b.done === true) return null
    if (a.done === b.done && a.value === b.value) continue
    const shown = (line: IteratorResult<string>): string =>
      line.done === true ? 'nothing more' : line.value.slice(0, LINE_MAX)
    return `the index says "${shown(a)}", the log "${shown(b)}"`
  }
}

function different({ applied }: AppliedRow, why: string): IndexComparison {
  const message = `${why}; delete the index while the broker is down, and it is made anew`
  return { state: 'different', appliedIndex: applied.index, message }
}

function skipped(message: string): IndexComparison {
  return { state: 'skipped', appliedIndex: null, message }
}
