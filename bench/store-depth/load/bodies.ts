import { seededRandom } from '../../../test/chaos/runner/seeded-random.ts'

const POOL_BYTES = 1024 * 1024
const FIRST_PRINTABLE = 0x20
const PRINTABLE_COUNT = 0x7f - FIRST_PRINTABLE
/** A prime: neighbours do not share a beginning, and the same one comes back late. */
const STRIDE_BYTES = 7919
/** Lengths are up to a sixteenth above or below the mean, or an index would compress too well. */
const SPREAD = 1 / 16

export interface BodiesOptions {
  /** Their mean length. */
  readonly bytes: number
  readonly seed: number
  /** By which part of the mean lengths differ; 0: not at all. */
  readonly spread?: number
}

/** Bodies of random printable bytes, cut out of one pool; the n-th is the same each time. */
export class Bodies {
  readonly #pool: Buffer
  readonly #least: number
  readonly #lengths: number
  readonly #seed: number

  constructor({ bytes, seed, ...options }: BodiesOptions) {
    const random = seededRandom(seed)
    const spread = Math.floor(bytes * (options.spread ?? SPREAD))
    this.#least = bytes - spread
    this.#lengths = 2 * spread + 1
    this.#seed = seed
    this.#pool = Buffer.alloc(POOL_BYTES + bytes + spread)
    for (let at = 0; at < this.#pool.length; at++) {
      this.#pool[at] = FIRST_PRINTABLE + Math.floor(random() * PRINTABLE_COUNT)
    }
  }

  body(n: number): Buffer {
    const at = (n * STRIDE_BYTES) % POOL_BYTES
    return this.#pool.subarray(at, at + this.#least + (mixed(n ^ this.#seed) % this.#lengths))
  }
}

/** An even spread of 32-bit numbers (the end of murmur3), cheaper than a generator each. */
function mixed(n: number): number {
  let bits = Math.imul(n ^ (n >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
