/**
 * The marshal caches: per connection and direction a table that both ends fill in step, so that a
 * repeated id or destination travels as an int16 index.
 */
import { assert } from '../base/errors.ts'
import type { DataStructure, Long } from './commands.ts'
import { TypeId } from './commands.ts'
import { malformed } from './malformed.ts'

/** ActiveMQ's largest cache: half the range of the index. */
export const cacheSizeMax = 16_383
/** What we offer, as ActiveMQ does. */
export const cacheSizeDefault = 1_024
/** Bytes of frames that the structures in one read cache may come from. */
export const readCacheBytesMax = 4 * 1024 * 1024
/** Places that the writer has free when it starts on a frame. */
const freeSpace = 100

/** The index that says: new, and not to be remembered. */
export const notCached = -1

type Cacheable = DataStructure | null

const cacheableTypes = new Set<number>([
  TypeId.ActiveMQQueue,
  TypeId.ActiveMQTopic,
  TypeId.ActiveMQTempQueue,
  TypeId.ActiveMQTempTopic,
  TypeId.LocalTransactionId,
  TypeId.XATransactionId,
  TypeId.ConnectionId,
  TypeId.SessionId,
  TypeId.ConsumerId,
  TypeId.ProducerId,
  TypeId.BrokerId,
])

/** What the peer has put into its table. */
export class ReadCache {
  readonly #size: number
  readonly #values: Cacheable[] = []
  readonly #bytes: number[] = []
  #bytesTotal = 0

  constructor(size: number) {
    this.#size = Math.min(size, cacheSizeMax)
  }

  /** Remembers `value`, which took `byteCount` bytes of its frame. Null is a value like any. */
  set(index: number, value: Cacheable, byteCount: number): void {
    if (index === notCached) return
    if (index < 0 || index >= this.#size) throw malformed('a cache index is out of range')
    if (value !== null && !cacheableTypes.has(value.type)) {
      throw malformed(`a structure of type ${value.type} cannot be cached`)
    }
    this.#bytesTotal += byteCount - (this.#bytes[index] ?? 0)
    if (this.#bytesTotal > readCacheBytesMax) throw malformed('the marshal cache is too large')
    while (this.#values.length < index) this.#values.push(null)
    this.#bytes[index] = byteCount
    this.#values[index] = detached(value)
  }

  get(index: number): Cacheable {
    if (index < 0 || index >= this.#size) throw malformed('a cache index is out of range')
    return this.#values[index] ?? null
  }
}

/** Slices would keep their whole frame alive for as long as the connection lasts. */
function detached(value: Cacheable): Cacheable {
  if (value === null || value.type !== TypeId.XATransactionId) return value
  if (value.globalTransactionId !== null) {
    value.globalTransactionId = Buffer.from(value.globalTransactionId)
  }
  if (value.branchQualifier !== null) value.branchQualifier = Buffer.from(value.branchQualifier)
  return value
}

/**
 * Our own table: a ring of slots, filled in order and given up in the same order before a frame
 * that might not find room, as ActiveMQ does it. Slots are found by value:
 *
 *   hash(value) -> heads[hash] -> slot -> chain[slot] -> slot ... -> -1
 */
export class WriteCache {
  readonly #size: number
  readonly #values: (Cacheable | undefined)[]
  readonly #heads: Int16Array
  readonly #chain: Int16Array
  readonly #hashes: Int32Array
  #used = 0
  #next = 0
  #oldest = 0
  #frameAdditions = 0

  constructor(size: number) {
    this.#size = Math.min(size, cacheSizeMax)
    this.#values = new Array<Cacheable | undefined>(this.#size).fill(undefined)
    let buckets = 16
    while (buckets < this.#size) buckets *= 2
    this.#heads = new Int16Array(buckets).fill(-1)
    this.#chain = new Int16Array(this.#size).fill(-1)
    this.#hashes = new Int32Array(this.#size)
  }

  /** Makes room before a frame; inside a frame nothing is given up. */
  startFrame(): void {
    this.#frameAdditions = 0
    const most = this.#size > freeSpace ? this.#size - freeSpace : this.#size >> 1
    while (this.#used > most) {
      this.#remove(this.#oldest)
      this.#oldest = this.#after(this.#oldest)
    }
  }

  /** Forgets what the frame added: it failed, and the peer will never see it. */
  abandonFrame(): void {
    for (; this.#frameAdditions > 0; this.#frameAdditions--) {
      this.#next = (this.#next + this.#size - 1) % this.#size
      this.#remove(this.#next)
    }
  }

  /** The slot whose value equals `value`, or notCached. `guess` is tried first. */
  find(value: Cacheable, guess: number): number {
    const guessed = this.#values[guess]
    if (guessed !== undefined && sameValue(guessed, value)) return guess
    let slot = this.#heads[this.#bucket(hashOf(value))] as number
    while (slot !== -1) {
      if (sameValue(this.#values[slot] as Cacheable, value)) return slot
      slot = this.#chain[slot] as number
    }
    return notCached
  }

  /** Gives `value` a slot, or returns notCached when there is none left or it is no cacheable. */
  add(value: Cacheable): number {
    if (this.#used === this.#size) return notCached
    if (value !== null && !cacheableTypes.has(value.type)) return notCached
    const slot = this.#next
    this.#next = this.#after(slot)
    const hash = hashOf(value)
    const bucket = this.#bucket(hash)
    this.#values[slot] = value
    this.#hashes[slot] = hash
    this.#chain[slot] = this.#heads[bucket] as number
    this.#heads[bucket] = slot
    this.#used += 1
    this.#frameAdditions += 1
    return slot
  }

  #after(slot: number): number {
    return slot + 1 === this.#size ? 0 : slot + 1
  }

  #bucket(hash: number): number {
    return (hash ^ (hash >>> 15)) & (this.#heads.length - 1)
  }

  #remove(slot: number): void {
    assert(this.#values[slot] !== undefined, 'the ring gives up slots in the order of filling')
    const bucket = this.#bucket(this.#hashes[slot] as number)
    const behind = this.#chain[slot] as number
    let at = this.#heads[bucket] as number
    if (at === slot) this.#heads[bucket] = behind
    else {
      while (this.#chain[at] !== slot) at = this.#chain[at] as number
      this.#chain[at] = behind
    }
    this.#values[slot] = undefined
    this.#used -= 1
  }
}

function sameValue(a: Cacheable, b: Cacheable): boolean {
  if (a === b) return true
  if (a === null || b === null) return false
  switch (a.type) {
    case 100:
    case 101:
    case 102:
    case 103:
      return b.type === a.type && a.physicalName === b.physicalName
    case 120:
    case 124:
      return b.type === a.type && a.value === b.value
    case 121:
      return b.type === 121 && a.value === b.value && a.connectionId === b.connectionId
    case 122:
    case 123:
      return b.type === a.type && sameOwner(a, b)
    case 111:
      return b.type === 111 && a.value === b.value && sameValue(a.connectionId, b.connectionId)
    case 112:
      return (
        b.type === 112 &&
        a.formatId === b.formatId &&
        sameBytes(a.globalTransactionId, b.globalTransactionId) &&
        sameBytes(a.branchQualifier, b.branchQualifier)
      )
    default:
      return false
  }
}

interface OwnedId {
  readonly connectionId: string | null
  readonly sessionId: Long
  readonly value: Long
}

function sameOwner(a: OwnedId, b: OwnedId): boolean {
  return a.value === b.value && a.sessionId === b.sessionId && a.connectionId === b.connectionId
}

function sameBytes(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b)
}

function hashOf(value: Cacheable): number {
  if (value === null) return 0
  switch (value.type) {
    case 100:
    case 101:
    case 102:
    case 103:
      return (hashOfString(value.physicalName) + value.type) | 0
    case 120:
    case 124:
      return (hashOfString(value.value) + value.type) | 0
    case 121:
      return mix(hashOfLong(value.value), hashOfString(value.connectionId))
    case 122:
    case 123: {
      const numbers = mix(hashOfLong(value.value), hashOfLong(value.sessionId))
      return mix(numbers, hashOfString(value.connectionId))
    }
    case 111:
      return mix(hashOfLong(value.value), hashOf(value.connectionId))
    case 112:
      return mix(value.formatId, hashOfBytes(value.globalTransactionId))
    default:
      return value.type
  }
}

function mix(a: number, b: number): number {
  return (Math.imul(a, 31) + b) | 0
}

function hashOfLong(value: Long): number {
  return typeof value === 'number' ? value | 0 : Number(BigInt.asIntN(32, value))
}

/** The end of a name tells more than its start. */
const hashedUnits = 16

function hashOfString(text: string | null): number {
  if (text === null) return 0
  let hash = text.length
  for (let i = Math.max(0, text.length - hashedUnits); i < text.length; i++) {
    hash = mix(hash, text.charCodeAt(i))
  }
  return hash
}

function hashOfBytes(bytes: Buffer | null): number {
  if (bytes === null) return 0
  let hash = bytes.length
  const start = Math.max(0, bytes.length - hashedUnits)
  for (let i = start; i < bytes.length; i++) hash = mix(hash, bytes[i] as number)
  return hash
}
