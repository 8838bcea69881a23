import { LARGE_FRAMES_FACTOR_MAX, LARGE_FRAMES_BYTES_MAX } from './limits.ts'

/** Room for one large frame, wanted or held. */
export interface Claim {
  readonly bytes: number
  readonly isHeld: boolean
}

interface OpenClaim extends Claim {
  isHeld: boolean
  /** Held, but for too long to keep others waiting: see `defer`. */
  isLate: boolean
  readonly granted: () => void
}

/**
 * The memory that large frames of all connections may take, from their first byte until their
 * message is stored, refused or taken in by the engine. First come, first served: a small claim
 * does not overtake a large one, which would never have its turn. One frame always fits, however
 * large.
 *
 *   held  <= limit             what arrives, and what will be confirmed in a moment
 *   held + late <= all         what waits for nobody knows how long as well
 */
export class LargeFrameBudget {
  readonly #limitBytes: number
  readonly #allBytesMax: number
  #heldBytes = 0
  #lateBytes = 0
  /** In the order they came; at most one for each connection. */
  readonly #waiting = new Set<OpenClaim>()
  readonly #open = new Set<Claim>()

  constructor(limitBytes = LARGE_FRAMES_BYTES_MAX) {
    this.#limitBytes = limitBytes
    this.#allBytesMax = LARGE_FRAMES_FACTOR_MAX * limitBytes
  }

  /** All that is taken, late or not. */
  get heldBytes(): number {
    return this.#heldBytes + this.#lateBytes
  }

  /** Somebody waits for room. */
  get isContended(): boolean {
    return this.#waiting.size > 0
  }

  /** Whoever waits would wait even if all were given back but what is late. */
  get isStuck(): boolean {
    const [first] = this.#waiting
    if (first === undefined || this.#lateBytes === 0) return false
    return this.#lateBytes + first.bytes > this.#allBytesMax
  }

  /** Wants room. `granted` is called when it is held, unless it is at once. */
  claim(bytes: number, granted: () => void): Claim {
    const claim: OpenClaim = { bytes, isHeld: false, isLate: false, granted }
    this.#open.add(claim)
    if (!this.isContended && this.#fits(claim)) this.#hold(claim)
    else this.#waiting.add(claim)
    return claim
  }

  /** Others shall wait for this one no longer: it counts among what is late from now on. */
  defer(claim: Claim): void {
    const open = claim as OpenClaim
    if (!this.#open.has(claim) || !open.isHeld || open.isLate) return
    open.isLate = true
    this.#heldBytes -= claim.bytes
    this.#lateBytes += claim.bytes
    this.#grant()
  }

  /** Gives the room back, or wants it no more. Doing so again is no harm. */
  release(claim: Claim): void {
    if (!this.#open.delete(claim)) return
    const open = claim as OpenClaim
    if (!open.isHeld) this.#waiting.delete(open)
    else if (open.isLate) this.#lateBytes -= claim.bytes
    else this.#heldBytes -= claim.bytes
    this.#grant()
  }

  #grant(): void {
    for (const next of this.#waiting) {
      if (!this.#fits(next)) return
      this.#waiting.delete(next)
      this.#hold(next)
      next.granted()
    }
  }

  #fits({ bytes }: Claim): boolean {
    const all = this.heldBytes
    if (all > 0 && all + bytes > this.#allBytesMax) return false
    return this.#heldBytes === 0 || this.#heldBytes + bytes <= this.#limitBytes
  }

  #hold(claim: OpenClaim): void {
    claim.isHeld = true
    this.#heldBytes += claim.bytes
  }
}
