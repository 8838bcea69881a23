/**
 * Decodes structures by their plans. The structures on the way of a message have code of their own
 * (message-reader.ts), held equal to the table by a test.
 *
 *   nested = notNull, type: byte, [tight and marshal-aware: cached form: bit], fields
 *   cached = nested                              if no cache is negotiated
 *          = isNew, index: int16, [if new: nested]
 *   list   = notNull, n: int16, n * nested
 */
import type { DataStructure, StructureName, CommandOf } from './commands.ts'
import { malformed } from './malformed.ts'
import { ReadCache } from './marshal-cache.ts'
import * as hot from './message-reader.ts'
import type { Family, FieldPlan, Plans, StructurePlan } from './plan.ts'
import { blankOf, isMarshalAware, plansOf } from './plan.ts'
import { WireReader } from './wire-reader.ts'
import type { WireReaderOptions } from './wire-reader.ts'

/** Structures inside structures. */
export const nestingMax = 32
/** Structures in one frame: an empty one takes a byte of the frame and far more of the heap. */
export const structuresPerFrameMax = 131_072

export interface StructureReaderOptions extends WireReaderOptions {
  readonly version: number
  /** Entries of the peer's cache, or 0 for none. */
  readonly cacheSize: number
  /** Decode everything by the table, for the test that compares. */
  readonly tableOnly?: boolean
}

export class StructureReader extends WireReader {
  readonly version: number
  readonly #plans: Plans
  readonly #cache: ReadCache | null
  readonly #tableOnly: boolean
  #depth = 0
  #structures = 0

  constructor(options: StructureReaderOptions) {
    super(options)
    this.version = options.version
    this.#plans = plansOf(options.version)
    this.#cache = options.cacheSize > 0 ? new ReadCache(options.cacheSize) : null
    this.#tableOnly = options.tableOnly ?? false
  }

  override reset(bytes: Buffer, start: number): void {
    super.reset(bytes, start)
    this.#depth = 0
    this.#structures = 0
  }

  /** Type code and fields of a structure in a frame of its own; null for the null object. */
  root(): DataStructure | null {
    const type = this.uint8()
    if (type === 0) return null
    const plan = this.#planOf(type)
    if (this.tight) this.openBits()
    return this.#fields(plan)
  }

  nested<N extends StructureName>(family: Family): CommandOf<N> | null {
    if (!this.boolean()) return null
    const type = this.uint8()
    if (family[type] !== 1) throw malformed(`a structure of type ${type} does not belong here`)
    const plan = this.#planOf(type)
    if (++this.#depth > nestingMax) throw malformed('structures are nested too deeply')
    if (++this.#structures > structuresPerFrameMax) throw malformed('a frame has too many parts')
    const inner = this.tight && isMarshalAware(type) && this.bit()
    const value = inner ? this.#innerFrame(plan) : this.#fields(plan)
    this.#depth -= 1
    return value as CommandOf<N>
  }

  cached<N extends StructureName>(family: Family): CommandOf<N> | null {
    if (this.#cache === null) return this.nested<N>(family)
    if (this.boolean()) {
      const index = this.short()
      const start = this.position
      const value = this.nested<N>(family)
      this.#cache.set(index, value, this.position - start)
      return value
    }
    const value = this.#cache.get(this.short())
    if (value !== null && family[value.type] !== 1) {
      throw malformed(`a cached structure of type ${value.type} does not belong here`)
    }
    return value as CommandOf<N> | null
  }

  list<N extends StructureName>(family: Family): (CommandOf<N> | null)[] | null {
    if (!this.boolean()) return null
    const items: (CommandOf<N> | null)[] = []
    for (let left = this.count(); left > 0; left--) items.push(this.nested<N>(family))
    return items
  }

  #planOf(type: number): StructurePlan {
    const plan = this.#plans[type]
    if (plan === undefined) throw malformed(`version ${this.version} has no type ${type}`)
    return plan
  }

  /** A whole frame (size, type, bit stream, fields) in place of the fields. No writer makes one. */
  #innerFrame(plan: StructurePlan): DataStructure {
    this.int()
    if (this.uint8() !== plan.type) throw malformed('a cached form has another type')
    return this.withOwnBits(() => this.#fields(plan))
  }

  #fields(plan: StructurePlan): DataStructure {
    if (!this.#tableOnly) {
      const value = hot.readFields(this, plan.type)
      if (value !== null) return value
    }
    const value = blankOf(plan)
    for (const field of plan.fields)
      (value as Record<string, unknown>)[field.name] = this.#field(field)
    return value
  }

  #field(field: FieldPlan): unknown {
    switch (field.kind) {
      case 'boolean':
        return this.boolean()
      case 'byte':
        return this.byte()
      case 'int':
        return this.int()
      case 'long':
        return this.long()
      case 'string':
        return this.string()
      case 'bytes':
        return this.bytes()
      case 'fixedBytes':
        return this.fixedBytes(field.size)
      case 'throwable':
        return this.throwable()
      case 'nested':
        return this.nested(field.family)
      case 'cached':
        return this.cached(field.family)
      case 'list':
        return this.list(field.family)
    }
  }
}
