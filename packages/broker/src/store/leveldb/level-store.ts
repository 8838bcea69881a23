import { BrokerError, assert, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import type { BodySource } from '../body-source.ts'
import { Changes } from '../fold/changes.ts'
import { Fold } from '../fold/fold.ts'
import { PagePool } from '../fold/page-pool.ts'
import type { PageBounds } from '../fold/page-pool.ts'
import { FoldStore } from '../fold/fold-store.ts'
import type { FoldStoreOptions } from '../fold/fold-store.ts'
import { EMPTY_LOG } from '../journal/log-batch.ts'
import type { LogPoint } from '../journal/log-batch.ts'
import { takeCheckpoint } from './checkpoint-batch.ts'
import type { RowWrite } from './checkpoint-batch.ts'
import { classicLevelBackend } from './classic-level-backend.ts'
import { asideOf } from './index-database.ts'
import type { IndexBackend, IndexDatabase } from './index-database.ts'
import { loadIndex, readApplied } from './index-loader.ts'
import { APPLIED_KEY } from './keys.ts'
import { PageReader } from './page-reader.ts'
import { RowLedger } from './row-ledger.ts'

/** What a log has at a point: this very one, another one, or nothing. */
export type Standing = 'held' | 'another' | 'absent'

export interface LevelStoreOptions {
  /**
   * LevelDB's own directory: its files in there are deleted when the index is given up, and moved
   * aside when it belongs to another log.
   */
  readonly directory: string
  readonly clusterId: string
  /**
   * What the log has where the index ends. It holds this very point when the record with this index
   * ends at this position, and its epoch and header checksum are these.
   */
  readonly standing: (applied: LogPoint) => Standing | Promise<Standing>
  /** Where a new index begins: before the oldest record of the log. EMPTY_LOG by default. */
  readonly origin?: LogPoint
  /** Where the segments of the log begin, in order; those to come are met in the log. */
  readonly segmentStarts?: readonly number[]
  /**
   * A checkpoint is written. As long as the log is whole up to the next one's beginning, no start
   * needs records before `logStart`, which begins a segment; 0 while the log keeps its beginning.
   */
  readonly onCheckpoint?: (logStart: number) => void
  readonly bodies: BodySource
  /** A body cannot be read: the store cannot go on. */
  readonly onFailure: (error: BrokerError) => void
  readonly log: Log
  /** Bytes of bodies that are kept in memory; BODY_CACHE_BYTES by default. */
  readonly cacheBytes?: number
  /** PAGE_BOUNDS by default. */
  readonly pages?: PageBounds
  /** LevelDB by default. */
  readonly backend?: IndexBackend
}

/** A fold and what belongs to its place on disk. */
interface Opened {
  readonly database: IndexDatabase
  readonly pages: PageReader
  readonly fold: Fold
  readonly changes: Changes
  readonly ledger: RowLedger
  readonly applied: LogPoint
  /** Nothing was in it: `applied` is where the log begins. */
  readonly isNew: boolean
}

/**
 * The durable store: the fold in memory, and checkpoints of it in LevelDB, each with the point of
 * the log that it is the fold of in the same write batch (R19). What was applied after the last
 * checkpoint is applied again from the log, so a checkpoint may come as late as one likes; and an
 * index that is lost, damaged or of another log is dropped, or moved aside, and comes back exactly,
 * from the start of the log. One that refers to bodies which its log does not hold is found out
 * when they are read: this store ends, and the next one begins without it.
 */
export class LevelStore extends FoldStore {
  readonly #opened: Opened
  readonly #clusterId: string
  readonly #log: Log
  readonly #onCheckpoint: (logStart: number) => void
  #checkpointed: LogPoint
  #running: Promise<unknown> = Promise.resolve()
  #waiting: Promise<LogPoint> | null = null
  #failure: BrokerError | null = null
  #isGivenUp = false
  #closing: Promise<void> | null = null

  private constructor(opened: Opened, options: LevelStoreOptions) {
    const { bodies, onFailure } = options satisfies FoldStoreOptions
    super(opened.fold, opened.applied, { bodies, onFailure, isNew: opened.isNew })
    this.#opened = opened
    this.#clusterId = options.clusterId
    this.#log = options.log
    this.#onCheckpoint = options.onCheckpoint ?? (() => undefined)
    this.#checkpointed = opened.applied
    opened.pages.onNonsense = (error) => this.#giveUp(error)
  }

  /**
   * Opens the index, or a new one when it is missing or has to be given up; the owner then applies
   * the log from `appliedIndex + 1` on. Rejects with STORE_IN_USE or STORE_UNAVAILABLE.
   */
  static async open(options: LevelStoreOptions): Promise<LevelStore> {
    const kept = await openKept(options)
    return new LevelStore(kept ?? (await openNew(options)), options)
  }

  /** The point of the log up to which a restart needs to read nothing. */
  get checkpointedPoint(): LogPoint {
    return this.#checkpointed
  }

  /** What the next checkpoint would write, as of now. */
  get changedRows(): number {
    return this.#opened.changes.size
  }

  /**
   * Writes a checkpoint of the state as it is when the one under way, if any, has ended; resolves
   * with its point. Rejects with STORE_UNAVAILABLE when it cannot be written: the log is whole, but
   * this index takes no more checkpoints, and the broker has to end.
   */
  checkpoint(): Promise<LogPoint> {
    assert(this.#closing === null, 'a closed store takes no checkpoints')
    return this.#enqueueCheckpoint()
  }

  /**
   * Stops applying, makes a last checkpoint unless told otherwise, and releases the directory.
   * Fetches under way do not call back.
   */
  close(options: { readonly checkpoint?: boolean } = {}): Promise<void> {
    this.#closing ??= this.#close(options.checkpoint ?? true)
    return this.#closing
  }

  /**
   * No checkpoint is made of it, now or at the end: the next start would apply that record twice.
   */
  protected override halfApplied(error: BrokerError): void {
    this.#failure ??= error
  }

  protected override bodiesUnreadable(error: BrokerError): void {
    // In no file of the log: the reference to it is wrong, and would be so after every start.
    if (error.code === 'JOURNAL_CORRUPT' && !('file' in error.details)) this.#giveUp(error)
    super.bodiesUnreadable(error)
  }

  /** Takes the applied row off the index: no start loads the rest without it. */
  #giveUp(reason: BrokerError): void {
    if (this.#isGivenUp) return
    this.#isGivenUp = true
    this.#failure = reason
    this.#log.error(GIVEN_UP, { reason: reason.message })
    const writes: RowWrite[] = [{ type: 'del', key: APPLIED_KEY }]
    this.#running = this.#running
      .catch(() => undefined)
      .then(() => this.#opened.database.write(writes))
      .catch((error: unknown) => this.#log.error('the index cannot be given up', { error }))
  }

  async #close(withCheckpoint: boolean): Promise<void> {
    this.markClosed()
    try {
      if (withCheckpoint && this.#failure === null) await this.#enqueueCheckpoint()
      else await this.#running.catch(() => undefined)
    } finally {
      await this.#opened.database.close()
    }
  }

  /** One checkpoint runs, and at most one waits: everybody who asks meanwhile gets that one. */
  #enqueueCheckpoint(): Promise<LogPoint> {
    if (this.#waiting !== null) return this.#waiting
    const next = this.#running.then(() => {
      this.#waiting = null
      return this.#writeCheckpoint()
    })
    this.#waiting = next
    this.#running = next
    return next
  }

  async #writeCheckpoint(): Promise<LogPoint> {
    if (this.#failure !== null) throw this.#failure
    const applied = this.appliedPoint
    if (applied.index === this.#checkpointed.index) return applied
    const { fold, changes, ledger, database } = this.#opened
    const clusterId = this.#clusterId
    const { pages } = changes
    const { logStart } = fold
    const writes = takeCheckpoint({ fold, changes, ledger, clusterId, applied })
    try {
      await database.write(writes)
    } catch (error) {
      this.#failure = error as BrokerError
      throw error
    }
    this.#checkpointed = applied
    for (const page of pages) if (!page.changed) page.written()
    this.#onCheckpoint(logStart)
    return applied
  }
}

/** The index in the directory, loaded; null when it is empty, or had to be given up. */
async function openKept(options: LevelStoreOptions): Promise<Opened | null> {
  try {
    const database = await backendOf(options).open(options.directory)
    const outcome = await load(database, options).catch(async (error: unknown) => {
      await database.close()
      throw error
    })
    if (outcome !== null && !('reason' in outcome)) return outcome
    await database.close()
    if (outcome !== null) await refuse(options, outcome)
  } catch (error) {
    if (!(error instanceof BrokerError) || error.code !== 'INDEX_CORRUPT') throw error
    drop(options, error.message)
  }
  return null
}

/** Why an index cannot be used. */
interface Refusal {
  readonly reason: string
  /**
   * It is whole: somebody may have put it, or the log, in the wrong place, and may want it back.
   */
  readonly isForeign: boolean
}

async function refuse(options: LevelStoreOptions, { reason, isForeign }: Refusal): Promise<void> {
  const { directory, log } = options
  const keptIn = asideOf(directory)
  const isKept = isForeign && (await isSetAside(options))
  if (isKept) log.warn(SET_ASIDE, { directory, reason, keptIn })
  else drop(options, reason)
}

/** A directory that is a place where a disk is mounted cannot be moved. */
async function isSetAside(options: LevelStoreOptions): Promise<boolean> {
  try {
    await backendOf(options).setAside(options.directory)
    return true
  } catch (error) {
    options.log.warn('the index cannot be set aside', { reason: toBrokerError(error).message })
    return false
  }
}

/** All that is in it comes back from the log: nothing of the messages is lost with it. */
function drop({ log, directory }: LevelStoreOptions, reason: string): void {
  log.warn(DROPPED, { directory, reason })
}

const DROPPED = 'the index is dropped and rebuilt from the log'
const SET_ASIDE = 'the index is set aside and rebuilt from the log'
const GIVEN_UP = 'the index is given up: the next start rebuilds it from the log'

/** The state that the index holds; null when nothing is there. */
async function load(
  database: IndexDatabase,
  options: LevelStoreOptions,
): Promise<Opened | Refusal | null> {
  const first = await readApplied(database)
  if (first === 'empty') return null
  if (first === 'unknown-format') return { reason: 'it is of another format', isForeign: false }
  const { clusterId, applied } = first
  if (clusterId !== options.clusterId) {
    return { reason: `it belongs to another cluster, ${clusterId}`, isForeign: true }
  }
  const standing = await options.standing(applied)
  if (standing !== 'held') {
    const { index, epoch, position } = applied
    const where = `record ${index} of epoch ${epoch}, which ends at position ${position}`
    return standing === 'absent'
      ? { reason: `the log has nothing any more, or yet, at its point: ${where}`, isForeign: false }
      : { reason: `the log holds something else at its point: ${where}`, isForeign: true }
  }
  const opened = { ...emptyState(options, database), applied, isNew: false }
  // What lies behind is not committed for certain: it begins when it is applied.
  for (const position of options.segmentStarts ?? []) {
    if (position < applied.position) opened.fold.segments.begin(position)
  }
  await loadIndex(database, first, opened)
  return opened
}

async function openNew(options: LevelStoreOptions): Promise<Opened> {
  const backend = backendOf(options)
  await backend.destroy(options.directory)
  const database = await backend.open(options.directory)
  return { ...emptyState(options, database), applied: options.origin ?? EMPTY_LOG, isNew: true }
}

function backendOf(options: LevelStoreOptions): IndexBackend {
  return options.backend ?? classicLevelBackend
}

function emptyState(
  options: LevelStoreOptions,
  database: IndexDatabase,
): Omit<Opened, 'applied' | 'isNew'> {
  const changes = new Changes()
  const { cacheBytes } = options
  const pool = new PagePool(options.pages)
  const fold = new Fold({ changes, pool, ...(cacheBytes === undefined ? {} : { cacheBytes }) })
  const pages = new PageReader(database)
  pool.source = pages
  return { database, pages, fold, changes, ledger: new RowLedger() }
}
