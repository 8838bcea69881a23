import { MemoryFileSystem } from '@quorate/broker/store/journal/memory-file-system'
import type { Fault, FileOperation } from '@quorate/broker/store/journal/memory-file-system'
import { MemoryIndexBackend } from '@quorate/broker/store/leveldb/memory-index-backend'
import type { Chance } from './chance.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** How long operations take, in milliseconds: of a good disk, and of one that is overloaded. */
const WRITE_MS = [0.02, 0.3] as const
/** What draws more than this waits behind others: longer than most syncs take. */
const QUEUED_FROM_MS = 0.29
const QUEUED_TIMES = 15
const SYNC_MS = [0.3, 3] as const
const SLOW_SYNC_MS = [100, 700] as const

type OperationKind = FileOperation['kind']

const syncs: ReadonlySet<OperationKind> = new Set(['syncData', 'sync', 'syncDirectory'])

export interface DiskListener {
  /** A write finds hardly any room. */
  full(): void
  /** An operation fails with EIO. */
  failed(operation: FileOperation): void
  /** The index is asked for a page that memory does not hold. */
  pageRead(): void
}

/** A node's disk: the file system and the index, and what goes wrong with them. */
export class Disk {
  files: MemoryFileSystem
  readonly index = new MemoryIndexBackend()
  isSlow = false
  /** Operations of this kind take so much longer, on files whose path ends like this. */
  delayed: { readonly kind: 'read' | 'write'; readonly ms: number; readonly on?: string } | null =
    null
  /** Told of each operation that is asked for and has had no effect yet: traps snap here. */
  onOperation: (operation: FileOperation) => void = () => undefined
  /** Told when the index is about to write. */
  onIndexWrite: () => void = () => undefined
  /** Told when an operation has failed, before whoever asked for it is. */
  onFailure: () => void = () => undefined
  #failing: { readonly kind: OperationKind; countdown: number; readonly on: string } | null = null
  #process: SimulatedProcess | null = null
  readonly #chance: Chance
  readonly #listener: DiskListener

  constructor(chance: Chance, listener: DiskListener) {
    this.#chance = chance
    this.#listener = listener
    this.files = new MemoryFileSystem({
      turn: (operation) => this.#turn(operation),
      fault: (operation) => this.#fault(operation),
    })
    this.index.onRead = () => this.#listener.pageRead()
    this.index.turn = () => {
      this.onIndexWrite()
      return this.#wait(this.#chance.between(...SYNC_MS))
    }
  }

  /** The process that uses it from now on. */
  mount(process: SimulatedProcess): void {
    this.#process = process
  }

  kill(): void {
    this.files = this.files.kill()
    this.index.kill()
  }

  /** What was not synced may be gone, torn, or half there. */
  losePower(): void {
    this.files = this.files.crash(this.#chance.integer(1, 1 << 30))
    this.index.kill()
  }

  /**
   * The operation of this kind after so many others of it fails with EIO; only those count whose
   * path ends like this.
   */
  fail(kind: OperationKind, countdown = 1, on = ''): void {
    this.#failing = { kind, countdown, on }
  }

  /** Something is still going to fail. */
  get isFailing(): boolean {
    return this.#failing !== null
  }

  /** So many bytes fit, and no more. */
  fill(freeBytes: number): void {
    this.files.capacityBytes = this.files.usedBytes + freeBytes
  }

  heal(): void {
    this.isSlow = false
    this.delayed = null
    this.#failing = null
    this.onOperation = () => undefined
    this.onIndexWrite = () => undefined
    this.onFailure = () => undefined
    this.files.capacityBytes = Infinity
  }

  #turn(operation: FileOperation): Promise<void> {
    this.onOperation(operation)
    const chance = this.#chance
    if (!syncs.has(operation.kind)) {
      const { kind, ms = 0, on = '' } = this.delayed ?? {}
      const delayMs = operation.kind === kind && operation.path.endsWith(on) ? ms : 0
      const ownMs = chance.between(...WRITE_MS)
      return this.#wait(delayMs + (ownMs > QUEUED_FROM_MS ? QUEUED_TIMES * ownMs : ownMs))
    }
    const [low, high] = this.isSlow ? SLOW_SYNC_MS : SYNC_MS
    return this.#wait(chance.between(low, high))
  }

  #wait(ms: number): Promise<void> {
    const process = this.#process
    // In no machine yet: somebody prepares it.
    if (process === null) return Promise.resolve()
    return new Promise((resolve) => void process.after(ms, resolve))
  }

  #fault(operation: FileOperation): Fault | null {
    const { files } = this
    // What is used is counted file by file: only where it matters.
    if (operation.kind === 'write' && files.capacityBytes < Infinity) {
      if (files.usedBytes + operation.length > files.capacityBytes) this.#listener.full()
    }
    const failing = this.#failing
    if (failing?.kind !== operation.kind || !operation.path.endsWith(failing.on)) return null
    if (--failing.countdown > 0) return null
    this.#failing = null
    this.#listener.failed(operation)
    this.onFailure()
    return { errno: 'EIO' }
  }
}
