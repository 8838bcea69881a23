import { assert, toBrokerError } from '@quorate/core/base/errors'
import type { BrokerError } from '@quorate/core/base/errors'
import type { Clock, Timer } from '@quorate/core/base/clock'
import { Deque } from '@quorate/core/base/deque'
import { sliceChunks } from './chunk-cursor.ts'
import type { File } from './file-system.ts'
import { writeFully } from './file-system.ts'
import type { LogBatch, LogPoint } from './log-batch.ts'
import type { Segment } from './segment.ts'
import type { SegmentAllocator } from './segment-allocator.ts'
import type { SegmentDirectory } from './segment-directory.ts'

/**
 * When written bytes are synced: 'always' before the next are written (group commit), or beside the
 * writing, after a time or an amount, whichever comes first.
 */
export type SyncPolicy = 'always' | BackgroundSync

export interface BackgroundSync {
  readonly backgroundMs: number
  readonly backgroundBytes: number
}

/** The background policy that the loss matrix of the mem modes is published for. */
export const MEM_SYNC: BackgroundSync = { backgroundMs: 200, backgroundBytes: 16 * 1024 * 1024 }
/** One sync after the other, and writing waits for none. */
export const SYNC_BESIDE_WRITES: BackgroundSync = { backgroundMs: 0, backgroundBytes: 1 }

/** One write and one sync cover what is queued, up to this much. */
export const TURN_MAX_BYTES = 4 * 1024 * 1024
/** Beyond this much unsynced data, writing waits for the disk with any policy. */
export const UNSYNCED_MAX_BYTES = 64 * 1024 * 1024
/**
 * More than this waiting to be written is a bug of the caller, which has to stop taking work long
 * before (R30).
 */
export const APPEND_QUEUE_MAX_BYTES = 512 * 1024 * 1024

export interface AppenderListener {
  /** Everything up to this point is in the page cache: it survives the process, not the machine. */
  written(point: LogPoint): void
  /** Everything up to this point is on the medium. */
  synced(point: LogPoint): void
  /** Called once. Nothing is reported as written or synced afterwards. */
  fatal(error: BrokerError): void
}

export interface AppenderOptions {
  readonly directory: SegmentDirectory
  readonly allocator: SegmentAllocator
  readonly policy: SyncPolicy
  readonly clock: Clock
  readonly listener: AppenderListener
}

interface OpenSegment {
  readonly segment: Segment
  readonly file: File
}

interface Waiter {
  /** What has to be written. */
  readonly index: number
  resolve(): void
  reject(error: BrokerError): void
}

/**
 * One loop takes everything that is queued, writes it, and begins again with what came meanwhile.
 * In group commit it syncs before it begins again: the slower the disk, the larger the groups. At
 * most one sync runs with any policy.
 *
 * Any error of the disk ends it for good: after a failed sync the kernel may have dropped the dirty
 * pages and report the next sync as a success, so trying again would acknowledge lost data (R37).
 */
export class Appender {
  readonly #directory: SegmentDirectory
  readonly #allocator: SegmentAllocator
  readonly #policy: SyncPolicy
  readonly #clock: Clock
  readonly #listener: AppenderListener
  readonly #queue = new Deque<LogBatch>()
  #queuedBytes = 0
  #current: OpenSegment | null = null
  #written: LogPoint
  #synced: LogPoint
  /** Segments changed since a sync of them began, each held open. */
  #dirty = new Map<Segment, File>()
  #running = false
  #loop: Promise<void> = Promise.resolve()
  #stopped = false
  #syncing: Promise<void> | null = null
  #syncTimer: Timer | null = null
  /** In the order of their indexes. */
  readonly #waiters = new Deque<Waiter>()
  #appendedIndex: number
  #failure: BrokerError | null = null

  constructor(options: AppenderOptions, tail: LogPoint) {
    this.#directory = options.directory
    this.#allocator = options.allocator
    this.#policy = options.policy
    this.#clock = options.clock
    this.#listener = options.listener
    this.#written = tail
    this.#synced = tail
    this.#appendedIndex = tail.index
  }

  get written(): LogPoint {
    return this.#written
  }

  get synced(): LogPoint {
    return this.#synced
  }

  /** Bytes that wait to be written. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  get failure(): BrokerError | null {
    return this.#failure
  }

  /** Continues at `tail`, the end of `segment`; null when the next record begins a segment. */
  resume(tail: LogPoint, segment: Segment | null, file: File | null): void {
    this.#written = tail
    this.#synced = tail
    this.#appendedIndex = tail.index
    this.#current = segment === null || file === null ? null : { segment, file }
  }

  /** Queues a batch. It is written in a later turn, together with what else is queued by then. */
  append(batch: LogBatch): void {
    if (this.#failure !== null) throw this.#failure
    this.#queue.push(batch)
    this.#appendedIndex = batch.lastIndex
    this.#queuedBytes += batch.byteLength
    assert(this.#queuedBytes <= APPEND_QUEUE_MAX_BYTES, 'appended faster than back-pressure allows')
    if (this.#running) return
    this.#running = true
    // Batches appended in the same turn of the event loop share the first write.
    this.#loop = Promise.resolve().then(() => this.#run())
  }

  /**
   * Resolves when everything queued by now is written (R7), whatever is queued meanwhile; rejects
   * when the disk fails first.
   */
  idle(): Promise<void> {
    const index = this.#appendedIndex
    if (this.#failure !== null) return Promise.reject(this.#failure)
    if (this.#written.index >= index) return Promise.resolve()
    return new Promise((resolve, reject) => this.#waiters.push({ index, resolve, reject }))
  }

  /** Resolves when everything queued by now is synced. */
  async sync(): Promise<void> {
    const target = this.#appendedIndex
    await this.idle()
    while (this.#synced.index < target) {
      await this.#sync()
      if (this.#failure !== null) throw this.#failure
    }
  }

  /** Everything is synced, nothing is queued, and no write or sync is under way. */
  async quiesce(): Promise<void> {
    await this.sync()
    await this.#loop
    this.#syncTimer?.cancel()
    this.#syncTimer = null
    await this.#syncing
  }

  /**
   * Drops what is queued, and resolves when nothing is being written or synced: a file that is
   * closed earlier could be written to under another file's number.
   */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#queue.clear()
    this.#queuedBytes = 0
    this.#syncTimer?.cancel()
    await this.#loop
    await this.#syncing
  }

  /** Gives back the current segment; the appender can be resumed. */
  detach(): void {
    assert(!this.#running && this.#dirty.size === 0, 'only a quiet appender lets go of its segment')
    if (this.#current !== null) this.#directory.release(this.#current.segment)
    this.#current = null
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0 && this.#failure === null) {
      const turn = this.#takeTurn()
      const last = turn.at(-1)!.last
      try {
        await this.#writeTurn(turn)
      } catch (error) {
        this.#fail(error)
        break
      }
      if (this.#failure !== null) break
      this.#written = last
      this.#settleWaiters(last.index)
      this.#listener.written(last)
      await this.#afterWrite()
    }
    this.#running = false
  }

  #takeTurn(): LogBatch[] {
    const turn: LogBatch[] = []
    let bytes = 0
    for (let next = this.#queue.peek(); next !== undefined; next = this.#queue.peek()) {
      if (turn.length > 0 && bytes + next.byteLength > TURN_MAX_BYTES) break
      this.#queue.shift()
      turn.push(next)
      bytes += next.byteLength
    }
    this.#queuedBytes -= bytes
    return turn
  }

  async #writeTurn(turn: readonly LogBatch[]): Promise<void> {
    let buffers: Buffer[] = []
    let position = this.#written.position
    for (const batch of turn) {
      const base = batch.previous.position
      let from = 0
      for (const start of batch.segmentStarts) {
        for (const slice of sliceChunks(batch.chunks, from, start.position - base)) {
          buffers.push(slice)
        }
        await this.#write(buffers, position)
        await this.#roll(start.previous)
        buffers = []
        from = start.position - base
        position = start.position
      }
      const rest = from === 0 ? batch.chunks : sliceChunks(batch.chunks, from, batch.byteLength)
      for (const chunk of rest) buffers.push(chunk)
    }
    await this.#write(buffers, position)
    this.#current?.segment.points.add(turn.at(-1)!.last)
  }

  async #write(buffers: readonly Buffer[], position: number): Promise<void> {
    if (buffers.length === 0) return
    assert(this.#current !== null, 'the first record of a journal begins a segment')
    const { segment, file } = this.#current
    const offset = segment.offsetOf(position)
    let end = offset
    for (const buffer of buffers) end += buffer.length
    const inTheWay = this.#allocator.makeWay(end)
    if (inTheWay !== null) await inTheWay
    await writeFully(file, buffers, offset)
    await this.#markDirty(segment)
    this.#allocator.noteUsed(end)
  }

  /**
   * Only after a change, and after each: a sync that began while it was under way has taken what
   * was dirty before, and is not good for it.
   */
  async #markDirty(segment: Segment): Promise<void> {
    if (this.#dirty.has(segment)) return
    const file = await this.#directory.acquire(segment)
    this.#dirty.set(segment, file)
  }

  /** Goes over to a new segment, which begins after `end`. */
  async #roll(end: LogPoint): Promise<void> {
    const { segment, file } = await this.#allocator.create(end)
    this.#directory.add(segment, file)
    const full = this.#current
    this.#current = { segment, file: await this.#directory.acquire(segment) }
    if (full === null) return
    // All replicas have the same files, so zeros behind the last record go.
    await full.file.truncate(full.segment.offsetOf(end.position))
    await this.#markDirty(full.segment)
    this.#directory.release(full.segment)
  }

  async #afterWrite(): Promise<void> {
    if (this.#policy === 'always' || this.#unsyncedBytes >= UNSYNCED_MAX_BYTES) {
      // More than once when the first only joins a sync that began before the write.
      while (this.#unsyncedBytes > 0 && this.#failure === null) await this.#sync()
    } else {
      this.#planSync(this.#policy)
    }
  }

  #planSync(policy: BackgroundSync): void {
    if (this.#stopped || this.#failure !== null) return
    if (this.#unsyncedBytes === 0 || this.#syncing !== null) return
    if (this.#unsyncedBytes >= policy.backgroundBytes) void this.#sync()
    else this.#syncTimer ??= this.#clock.after(policy.backgroundMs, () => void this.#sync())
  }

  get #unsyncedBytes(): number {
    return this.#written.position - this.#synced.position
  }

  /** Syncs what is written; joins a sync under way, which may cover less. Never rejects. */
  #sync(): Promise<void> {
    this.#syncTimer?.cancel()
    this.#syncTimer = null
    this.#syncing ??= this.#syncWritten().finally(() => {
      this.#syncing = null
      // What was written meanwhile.
      if (this.#policy !== 'always') this.#planSync(this.#policy)
    })
    return this.#syncing
  }

  async #syncWritten(): Promise<void> {
    const point = this.#written
    const dirty = this.#dirty
    this.#dirty = new Map()
    try {
      for (const [segment, file] of dirty) {
        await file.syncData()
        this.#directory.release(segment)
      }
      await this.#directory.syncNames()
    } catch (error) {
      this.#fail(error)
    }
    if (this.#failure !== null) return
    this.#synced = point
    this.#listener.synced(point)
  }

  /** Also for errors that others met on the same files. The first one counts. */
  fail(error: unknown): void {
    this.#fail(error)
  }

  #fail(error: unknown): void {
    if (this.#failure !== null) return
    const failure = toBrokerError(error, 'STORE_UNAVAILABLE')
    this.#failure = failure
    this.#queue.clear()
    this.#queuedBytes = 0
    this.#syncTimer?.cancel()
    for (const waiter of this.#waiters) waiter.reject(failure)
    this.#waiters.clear()
    this.#listener.fatal(failure)
  }

  #settleWaiters(index: number): void {
    let next = this.#waiters.peek()
    while (next !== undefined && next.index <= index) {
      this.#waiters.shift()
      next.resolve()
      next = this.#waiters.peek()
    }
  }
}
