import { MemoryFileSystem } from '@quorate/broker/store/journal/memory-file-system'
import type { Fault, FileOperation } from '@quorate/broker/store/journal/memory-file-system'
import { MemoryIndexBackend } from '@quorate/broker/store/leveldb/memory-index-backend'
import type { Chance } from './chance.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** How long operations take, in milliseconds: of a good disk, and of one that is overloaded. */
const WRITE_MS = [0.02, 0.3] as const
const SYNC_MS = [0.3, 3] as const
const SLOW_SYNC_MS = [100, 700] as const

const syncs: ReadonlySet<FileOperation['kind']> = new Set(['syncData', 'sync', 'syncDirectory'])

/** A node's disk: the file system and the index, and what goes wrong with them. */
export class Disk {
  files: MemoryFileSystem
  readonly index = new MemoryIndexBackend()
  isSlow = false
  /** Operations of this kind take so much longer. */
  delayed: { readonly kind: 'read' | 'write'; readonly ms: number } | null = null
  /** The sync after so many fails with EIO; null when none does. */
  failingSync: number | null = null
  #process: SimulatedProcess | null = null
  readonly #chance: Chance
  readonly #onFull: () => void

  /** `onFull`: told when a write finds hardly any room. */
  constructor(chance: Chance, onFull: () => void) {
    this.#chance = chance
    this.#onFull = onFull
    this.files = new MemoryFileSystem({
      turn: (operation) => this.#turn(operation),
      fault: (operation) => this.#fault(operation),
    })
    this.index.turn = () => this.#wait(this.#chance.between(...SYNC_MS))
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

  /** So many bytes fit, and no more. */
  fill(freeBytes: number): void {
    this.files.capacityBytes = this.files.usedBytes + freeBytes
  }

  heal(): void {
    this.isSlow = false
    this.delayed = null
    this.failingSync = null
    this.files.capacityBytes = Infinity
  }

  #turn(operation: FileOperation): Promise<void> {
    const chance = this.#chance
    if (!syncs.has(operation.kind)) {
      const delayMs = operation.kind === this.delayed?.kind ? this.delayed.ms : 0
      return this.#wait(delayMs + chance.between(...WRITE_MS))
    }
    const [low, high] = this.isSlow ? SLOW_SYNC_MS : SYNC_MS
    return this.#wait(chance.between(low, high))
  }

  #wait(ms: number): Promise<void> {
    const process = this.#process
    return new Promise((resolve) => process?.after(ms, resolve))
  }

  #fault(operation: FileOperation): Fault | null {
    const isWrite = operation.kind === 'write'
    const { usedBytes, capacityBytes } = this.files
    if (isWrite && capacityBytes < Infinity && usedBytes + operation.length > capacityBytes) {
      this.#onFull()
    }
    if (this.failingSync === null || operation.kind !== 'syncData') return null
    this.failingSync--
    if (this.failingSync > 0) return null
    this.failingSync = null
    return { errno: 'EIO' }
  }
}
