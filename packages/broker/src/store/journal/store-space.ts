import type { DiskSpace } from './file-system.ts'

/** How much of a disk may be used. */
export interface DiskLimit {
  readonly limitBytes: number
  /** In percent of the disk, as soon as its size is known; null: the bytes count. */
  readonly limitPercent: number | null
}

/** What the log may use: above the limit the store takes no new messages. */
export interface SpaceLimits extends DiskLimit {
  /** What is kept free for everything but new messages; null: by the size of the disk. */
  readonly headRoomBytes: number | null
}

/** ActiveMQ's: 100 GiB of log, or what the disk has. */
export const STORE_LIMIT_BYTES = 100 * 1024 ** 3
/** However small the disk of which a share was asked for: the least `storeLimit`. */
const STORE_LIMIT_BYTES_MIN = 1024 ** 2
export const defaultSpaceLimits: SpaceLimits = {
  limitBytes: STORE_LIMIT_BYTES,
  limitPercent: null,
  headRoomBytes: null,
}

/**
 * Kept free by default, or two segments where those are larger: enough for what may be on its way
 * into the log, the index, and the acknowledgements that give space back.
 */
export const HEAD_ROOM_BYTES = 256 * 1024 ** 2
const HEAD_ROOM_SEGMENTS = 2
/** On small disks no more than this share of them. */
const HEAD_ROOM_SHARE_MAX = 1 / 8
/** A full store has room again when this share of the head-room is free above it... */
const RESUME_HEAD_ROOM_SHARE = 1 / 4
/** ...and the log has fallen to this share of its limit. */
const RESUME_LIMIT_SHARE = 0.95

/** What the store finds when it looks at its disk. */
export interface SpaceLook extends DiskSpace {
  /** Taken from the disk already, for records to come. */
  readonly preparedBytes: number
  /** Bytes of the log. */
  readonly usedBytes: number
}

/** Figures for people. */
export interface SpaceView {
  readonly usedBytes: number
  /** What the log may use: the configured limit, or less where the disk has less. */
  readonly limitBytes: number
  /** Free on the disk, with what is prepared; null while that is unknown. */
  readonly freeBytes: number | null
  readonly headRoomBytes: number
  readonly isShort: boolean
}

/** The size of a disk; null where the file system does not tell it, or makes nothing of it. */
export function sizeOf({ totalBytes }: Pick<DiskSpace, 'totalBytes'>): number | null {
  return Number.isFinite(totalBytes) && totalBytes > 0 ? totalBytes : null
}

/**
 * The limit in bytes on a disk of this size, a share of it no less than `leastBytes`; null: nobody
 * knows its size yet.
 */
export function limitOn(limit: DiskLimit, diskBytes: number | null, leastBytes = 0): number {
  const { limitBytes, limitPercent } = limit
  if (limitPercent === null || diskBytes === null) return limitBytes
  return Math.max(leastBytes, Math.floor((diskBytes * limitPercent) / 100))
}

/** The same for the log, which cannot do without some bytes. */
export function storeLimitOn(limits: DiskLimit, diskBytes: number | null): number {
  return limitOn(limits, diskBytes, STORE_LIMIT_BYTES_MIN)
}

export function headRoomOf(limits: SpaceLimits, segmentBytes: number, totalBytes: number): number {
  const wanted = Math.max(HEAD_ROOM_BYTES, HEAD_ROOM_SEGMENTS * segmentBytes)
  return limits.headRoomBytes ?? Math.floor(Math.min(wanted, totalBytes * HEAD_ROOM_SHARE_MAX))
}

/**
 * Whether there is room for new messages (R37):
 *
 *   enough --head-room touched, or the limit reached--> short
 *   short  --free above both by a margin--------------> enough
 *
 * Between two looks only the log's own growth is known, and it counts at once.
 */
export class StoreSpace {
  readonly #limits: SpaceLimits
  readonly #headRoomBytes: number
  #diskBytes: number | null
  #isShort = false
  #look: SpaceLook

  constructor(limits: SpaceLimits, segmentBytes: number, disk: DiskSpace) {
    this.#limits = limits
    this.#diskBytes = sizeOf(disk)
    this.#headRoomBytes = headRoomOf(limits, segmentBytes, disk.totalBytes)
    this.#look = { ...disk, preparedBytes: 0, usedBytes: 0 }
  }

  /** Size of the disk, the last that it told; null as long as it has told none. */
  get diskBytes(): number | null {
    return this.#diskBytes
  }

  /** What the log may use of a disk that nobody else uses. */
  get limitBytes(): number {
    return storeLimitOn(this.#limits, this.#diskBytes)
  }

  get headRoomBytes(): number {
    return this.#headRoomBytes
  }

  /** As of the last look. */
  get isShort(): boolean {
    return this.#isShort
  }

  /** Returns whether it became short, or has room again. */
  look(look: SpaceLook): boolean {
    const wasShort = this.#isShort
    this.#look = look
    this.#diskBytes = sizeOf(look) ?? this.#diskBytes
    this.#isShort = wasShort ? !this.#hasMargin() : this.#roomBytes() <= 0
    return wasShort !== this.#isShort
  }

  isShortAt(usedBytes: number): boolean {
    return this.#isShort || usedBytes - this.#look.usedBytes >= this.#roomBytes()
  }

  /** Whether so much may be taken from the disk before it is needed. */
  mayPrepare(bytes: number): boolean {
    return this.#look.freeBytes - bytes >= this.#headRoomBytes
  }

  viewAt(usedBytes: number): SpaceView {
    const { freeBytes, preparedBytes } = this.#look
    const free = freeBytes + preparedBytes - (usedBytes - this.#look.usedBytes)
    const onDisk = usedBytes + Math.max(0, free - this.#headRoomBytes)
    return {
      usedBytes,
      limitBytes: Math.min(this.limitBytes, onDisk),
      freeBytes: Number.isFinite(free) ? Math.max(0, free) : null,
      headRoomBytes: this.#headRoomBytes,
      isShort: this.isShortAt(usedBytes),
    }
  }

  /** What new messages may still take; below zero when they have taken too much. */
  #roomBytes(): number {
    const { freeBytes, preparedBytes, usedBytes } = this.#look
    const disk = freeBytes + preparedBytes - this.#headRoomBytes
    return Math.min(disk, this.limitBytes - usedBytes)
  }

  #hasMargin(): boolean {
    const { freeBytes, preparedBytes, usedBytes } = this.#look
    const wantedBytes = this.#headRoomBytes * (1 + RESUME_HEAD_ROOM_SHARE)
    const diskHasMargin = freeBytes + preparedBytes >= wantedBytes
    return diskHasMargin && usedBytes <= this.limitBytes * RESUME_LIMIT_SHARE
  }
}
