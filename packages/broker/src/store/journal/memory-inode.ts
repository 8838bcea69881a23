/** What a disk writes as a whole: the unit in which unsynced data is lost, kept or torn. */
export const SECTOR_BYTES = 512

/** What a sector, or the size of a file, was after the change of this number. */
interface Version<T> {
  readonly change: number
  readonly value: T
}

/**
 * A file as two pictures of it: the page cache, which every process sees, and the medium, which is
 * what a power failure leaves. Between two syncs every sector remembers the versions it went
 * through, because the kernel may have written back any of them, in any order, before the lights
 * went out. Changes are numbered: a sync is good for those from before it began.
 */
export class MemoryInode {
  /** Where it lies now, whoever opened it under another name. */
  path: string
  #cached: Buffer = Buffer.alloc(0)
  #cachedSize = 0
  #medium: Buffer = Buffer.alloc(0)
  #mediumSize = 0
  /** Number of the last change. */
  #change = 0
  /** Sizes since the last sync. */
  #sizes: Version<number>[] = []
  /** Versions of each sector since the last sync, oldest first. */
  #dirty = new Map<number, Version<Buffer>[]>()
  /** Sectors of which a sync failed: they count as clean, and the medium never got them. */
  #lost = new Set<number>()

  constructor(path: string) {
    this.path = path
  }

  /** The last change so far. */
  get lastChange(): number {
    return this.#change
  }

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

  /** The medium now holds every change through this one, all of them by default. */
  sync(through = this.#change): void {
    this.#medium = grown(this.#medium, this.#cachedSize)
    for (const [sector, versions] of this.#dirty) {
      const done = lastThrough(versions, through)
      done?.value.copy(this.#medium, sector * SECTOR_BYTES)
      this.#settle(sector, versions, through)
    }
    this.#mediumSize = lastThrough(this.#sizes, through)?.value ?? this.#mediumSize
    this.#sizes = this.#sizes.filter(({ change }) => change > through)
  }

  /** The medium holds what the cache does from `from` to `to`, for certain. */
  isOnMedium(from: number, to: number): boolean {
    if (to > this.#mediumSize || to > this.#cachedSize) return false
    if (this.#sizes.some(({ value }) => value < to)) return false
    return this.#cached.compare(this.#medium, from, to, from, to) === 0
  }

  /** What is on the medium: to be read at once. */
  medium(): Buffer {
    return this.#medium.subarray(0, this.#mediumSize)
  }

  /**
   * A sync that failed, as Linux does it: the pages changed through this change count as clean from
   * now on although the medium never got them, so that the next sync succeeds and means nothing.
   */
  loseDirty(through = this.#change): void {
    for (const [sector, versions] of this.#dirty) {
      if (this.#settle(sector, versions, through)) this.#lost.add(sector)
    }
    // The size is no page: the next sync writes it.
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
    const size = pick([this.#mediumSize, ...this.#sizes.map(({ value }) => value)], random)
    const medium = grown(Buffer.from(this.#medium), Math.max(size, this.#cachedSize))
    for (const [sector, versions] of this.#dirty) {
      const choice = Math.floor(random() * (versions.length + 1))
      const version = versions[choice - 1]
      version?.value.copy(medium, sector * SECTOR_BYTES)
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
    const at = position % SECTOR_BYTES
    for (const { value } of this.#dirty.get((position - at) / SECTOR_BYTES) ?? []) {
      value[at] = change(value[at]!)
    }
  }

  #resize(size: number): void {
    this.#cached = grown(this.#cached, size)
    this.#cachedSize = size
    this.#sizes.push({ change: ++this.#change, value: size })
  }

  /**
   * Nothing of the sector through this change waits for a sync any more. True when nothing does.
   */
  #settle(sector: number, versions: readonly Version<Buffer>[], through: number): boolean {
    const later = versions.filter(({ change }) => change > through)
    if (later.length > 0) this.#dirty.set(sector, later)
    else this.#dirty.delete(sector)
    return later.length === 0
  }

  #noteVersions(start: number, end: number): void {
    const first = Math.floor(start / SECTOR_BYTES)
    const last = Math.ceil(end / SECTOR_BYTES)
    const bytes = Buffer.from(this.#cached.subarray(first * SECTOR_BYTES, last * SECTOR_BYTES))
    const change = ++this.#change
    for (let sector = first; sector < last; sector++) {
      const from = (sector - first) * SECTOR_BYTES
      const version = { change, value: bytes.subarray(from, from + SECTOR_BYTES) }
      this.#lost.delete(sector)
      const versions = this.#dirty.get(sector)
      if (versions === undefined) this.#dirty.set(sector, [version])
      else if (versions.push(version) > VERSIONS_MAX) forgetOldest(versions)
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

/** The next oldest takes its place: a sync from between the two may well have written it. */
function forgetOldest(versions: Version<Buffer>[]): void {
  const oldest = versions.shift()
  const next = versions[0]
  if (oldest !== undefined && next !== undefined) versions[0] = { ...next, change: oldest.change }
}

function lastThrough<T>(versions: readonly Version<T>[], through: number): Version<T> | undefined {
  return versions.findLast(({ change }) => change <= through)
}

function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)]!
}
