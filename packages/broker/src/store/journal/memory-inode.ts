/** What a disk writes as a whole: the unit in which unsynced data is lost, kept or torn. */
export const SECTOR_BYTES = 512

/**
 * A file as two pictures of it: the page cache, which every process sees, and the medium, which is
 * what a power failure leaves. Between two syncs every sector remembers the versions it went
 * through, because the kernel may have written back any of them, in any order, before the lights
 * went out.
 */
export class MemoryInode {
  #cached: Buffer = Buffer.alloc(0)
  #cachedSize = 0
  #medium: Buffer = Buffer.alloc(0)
  #mediumSize = 0
  /** Sizes since the last sync. */
  #sizes: number[] = []
  /** Versions of each sector since the last sync, oldest first. */
  #dirty = new Map<number, Buffer[]>()
  /** Sectors of which a sync failed: they count as clean, and the medium never got them. */
  #lost = new Set<number>()

  get size(): number {
    return this.#cachedSize
  }

  read(target: Buffer, position: number): number {
    const end = Math.min(position + target.length, this.#cachedSize)
    return position >= end ? 0 : this.#cached.copy(target, 0, position, end)
  }

  write(bytes: Buffer, position: number): void {
    const end = position + bytes.length
    if (end > this.#cachedSize) this.#resize(end)
    bytes.copy(this.#cached, position)
    this.#noteVersions(position, end)
  }

  truncate(size: number): void {
    const before = this.#cachedSize
    this.#resize(size)
    if (size >= before) return
    this.#cached.fill(0, size, before)
    this.#noteVersions(size, before)
  }

  /** The medium now holds what the cache holds. */
  sync(): void {
    this.#medium = grown(this.#medium, this.#cachedSize)
    for (const sector of this.#dirty.keys()) {
      const start = sector * SECTOR_BYTES
      this.#cached.copy(this.#medium, start, start, start + SECTOR_BYTES)
    }
    this.#mediumSize = this.#cachedSize
    this.#dirty.clear()
    this.#sizes = []
  }

  /** The medium holds what the cache does from `from` to `to`, for certain. */
  isOnMedium(from: number, to: number): boolean {
    if (to > this.#mediumSize || to > this.#cachedSize) return false
    if (this.#sizes.some((size) => size < to)) return false
    return this.#cached.compare(this.#medium, from, to, from, to) === 0
  }

  /** What is on the medium: to be read at once. */
  medium(): Buffer {
    return this.#medium.subarray(0, this.#mediumSize)
  }

  /**
   * A sync that failed, as Linux does it: the pages count as clean from now on although the medium
   * never got them, so that the next sync succeeds and means nothing.
   */
  loseDirty(): void {
    for (const sector of this.#dirty.keys()) this.#lost.add(sector)
    this.#dirty.clear()
    this.#sizes = []
  }

  /**
   * What counts as clean may leave the cache at any time, and is read from the medium again. False
   * when the medium has all of it.
   */
  evict(): boolean {
    const isLost = this.#lost.size > 0
    this.#medium = grown(this.#medium, this.#cachedSize)
    for (const sector of this.#lost) {
      const start = sector * SECTOR_BYTES
      this.#medium.copy(this.#cached, start, start, start + SECTOR_BYTES)
    }
    this.#lost.clear()
    return isLost
  }

  /**
   * What a power failure leaves: for each unsynced sector, and for the size, any of its versions.
   */
  crash(random: () => number): void {
    const size = pick([this.#mediumSize, ...this.#sizes], random)
    const medium = grown(Buffer.from(this.#medium), Math.max(size, this.#cachedSize))
    for (const [sector, versions] of this.#dirty) {
      const choice = Math.floor(random() * (versions.length + 1))
      const version = versions[choice - 1]
      if (version !== undefined) version.copy(medium, sector * SECTOR_BYTES)
    }
    medium.fill(0, size)
    this.#medium = medium
    this.#mediumSize = size
    this.#cached = Buffer.from(medium)
    this.#cachedSize = size
    this.#dirty.clear()
    this.#lost.clear()
    this.#sizes = []
  }

  /** The file ends there from now on, in cache and medium alike: decay of what tells its size. */
  cutShort(size: number): void {
    this.truncate(size)
    this.sync()
  }

  /** Changes cache and medium alike: decay of the medium, or a hand that should not be there. */
  corrupt(position: number, change: (byte: number) => number): void {
    for (const bytes of [this.#cached, this.#medium]) {
      if (position < bytes.length) bytes[position] = change(bytes[position]!)
    }
  }

  #resize(size: number): void {
    this.#cached = grown(this.#cached, size)
    this.#cachedSize = size
    this.#sizes.push(size)
  }

  #noteVersions(start: number, end: number): void {
    const first = Math.floor(start / SECTOR_BYTES)
    const last = Math.ceil(end / SECTOR_BYTES)
    const bytes = Buffer.from(this.#cached.subarray(first * SECTOR_BYTES, last * SECTOR_BYTES))
    for (let sector = first; sector < last; sector++) {
      const from = (sector - first) * SECTOR_BYTES
      const version = bytes.subarray(from, from + SECTOR_BYTES)
      this.#lost.delete(sector)
      const versions = this.#dirty.get(sector)
      if (versions === undefined) this.#dirty.set(sector, [version])
      else if (versions.push(version) > VERSIONS_MAX) versions.shift()
    }
  }
}

/** Older versions of a sector that was rewritten many times without a sync are forgotten. */
const VERSIONS_MAX = 8

/** A buffer of whole sectors for at least `size` bytes; the bytes beyond the old ones are zero. */
function grown(bytes: Buffer, size: number): Buffer {
  if (size <= bytes.length) return bytes
  const sectors = Math.ceil(Math.max(size, bytes.length * 2) / SECTOR_BYTES)
  const larger = Buffer.alloc(sectors * SECTOR_BYTES)
  bytes.copy(larger)
  return larger
}

function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)]!
}
