/** Encodes structures by their plans; the mirror of StructureReader. */
import { BrokerError } from '../base/errors.ts'
import type { DataStructure, WireThrowable } from './commands.ts'
import { notCached, WriteCache } from './marshal-cache.ts'
import * as hot from './message-writer.ts'
import type { FieldPlan, Plans, StructurePlan } from './plan.ts'
import { isMarshalAware, plansOf } from './plan.ts'
import { unencodable, WireWriter } from './wire-writer.ts'
import type { WireWriterOptions } from './wire-writer.ts'

export interface StructureWriterOptions extends WireWriterOptions {
  readonly version: number
  /** Entries of our cache, or 0 for none. */
  readonly cacheSize: number
  /** What the peer accepts as a frame, its size prefix not counted. */
  readonly maxFrameBytes: number
  /** Encode everything by the table, for the test that compares. */
  readonly tableOnly?: boolean
}

export class StructureWriter extends WireWriter {
  readonly version: number
  readonly #plans: Plans
  readonly #cache: WriteCache | null
  readonly #tableOnly: boolean
  readonly #maxFrameBytes: number
  /** Where the last value of each place in the hot structures was found in the cache. */
  readonly #guesses = new Int16Array(hot.placeCount)

  constructor(options: StructureWriterOptions) {
    super(options)
    this.version = options.version
    this.#plans = plansOf(options.version)
    this.#cache = options.cacheSize > 0 ? new WriteCache(options.cacheSize) : null
    this.#maxFrameBytes = options.maxFrameBytes + (options.sizePrefix ? 4 : 0)
    this.#tableOnly = options.tableOnly ?? false
  }

  /** Appends one frame to the batch. A frame that fails leaves nothing behind. */
  frame(value: DataStructure | null): void {
    const type = value === null ? 0 : value.type
    this.#cache?.startFrame()
    this.startFrame(type)
    try {
      if (value !== null) this.#fields(this.#planOf(type), value)
      this.finishFrame(type)
      if (this.frameBytes > this.#maxFrameBytes) throw this.#tooLarge()
    } catch (error) {
      this.abandonFrame()
      this.#cache?.abandonFrame()
      throw error
    }
  }

  nested(value: DataStructure | null): void {
    this.boolean(value !== null)
    if (value === null) return
    const type = value.type
    if (this.tight && isMarshalAware(type)) this.bit(false)
    this.byte(type)
    this.#fields(this.#planOf(type), value)
  }

  /** `place` numbers the field among those of the hot structures. */
  cached(value: DataStructure | null, place: number): void {
    const cache = this.#cache
    if (cache === null) {
      this.nested(value)
      return
    }
    const known = cache.find(value, this.#guesses[place] as number)
    this.boolean(known === notCached)
    if (known !== notCached) {
      this.short(known)
      this.#guesses[place] = known
      return
    }
    // ActiveMQ numbers what is inside first in the tight encoding, and last in the loose one.
    const mark = this.reserveShort()
    const early = this.tight ? notCached : cache.add(value)
    this.nested(value)
    const index = this.tight ? cache.add(value) : early
    this.fillShort(mark, index)
    if (index !== notCached) this.#guesses[place] = index
  }

  list(values: readonly (DataStructure | null)[] | null): void {
    this.boolean(values !== null)
    if (values === null) return
    this.count(values.length)
    for (const value of values) this.nested(value)
  }

  #tooLarge(): BrokerError {
    const message = `a frame of ${this.frameBytes} bytes exceeds what the peer accepts`
    return new BrokerError('FRAME_TOO_LARGE', message)
  }

  #planOf(type: number): StructurePlan {
    const plan = this.#plans[type]
    if (plan !== undefined) return plan
    throw new BrokerError('UNSUPPORTED', `OpenWire ${this.version} has no structure ${type}`)
  }

  #fields(plan: StructurePlan, value: DataStructure): void {
    if (!this.#tableOnly && hot.writeFields(this, value)) return
    for (const field of plan.fields) {
      this.#field(field, (value as unknown as Record<string, unknown>)[field.name])
    }
  }

  #exactly(value: Buffer, size: number): void {
    if (value.length !== size) throw unencodable(`${value.length} bytes where ${size} belong`)
    this.fixedBytes(value)
  }

  #field(field: FieldPlan, value: unknown): void {
    switch (field.kind) {
      case 'boolean':
        return this.boolean(value as boolean)
      case 'byte':
        return this.byte(value as number)
      case 'int':
        return this.int(value as number)
      case 'long':
        return this.long(value as number | bigint)
      case 'string':
        return this.string(value as string | null)
      case 'bytes':
        return this.bytes(value as Buffer | null)
      case 'fixedBytes':
        return this.#exactly(value as Buffer, field.size)
      case 'throwable':
        return this.throwable(value as WireThrowable | null)
      case 'nested':
        return this.nested(value as DataStructure | null)
      case 'cached':
        return this.cached(value as DataStructure | null, hot.otherPlace)
      case 'list':
        return this.list(value as (DataStructure | null)[] | null)
    }
  }
}
