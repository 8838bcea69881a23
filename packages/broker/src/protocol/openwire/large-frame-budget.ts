import { LARGE_FRAMES_BYTES_MAX } from './limits.ts'

/** Room for one large frame, wanted or held. */
export interface Claim {
  readonly bytes: number
  readonly isHeld: boolean
}

interface OpenClaim extends Claim {
  isHeld: boolean
  readonly granted: () => void
}

/**
 * The memory that large frames of all connections may take while they arrive and until they are
 * confirmed. First come, first served: a small claim does not overtake a large one, which would
 * never have its turn. One frame always fits, however large.
 */
export class LargeFrameBudget {
  readonly #limitBytes: number
  #heldBytes = 0
  /** In the order they came; at most one for each connection. */
  readonly #waiting = new Set<OpenClaim>()
  readonly #open = new Set<Claim>()

  constructor(limitBytes = LARGE_FRAMES_BYTES_MAX) {
    this.#limitBytes = limitBytes
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Somebody waits for room. */
  get isContended(): boolean {
    return this.#waiting.size > 0
  }

  /** Wants room. `granted` is called when it is held, unless it is at once. */
  claim(bytes: number, granted: () => void): Claim {
    const claim: OpenClaim = { bytes, isHeld: false, granted }
    this.#open.add(claim)
    if (!this.isContended && this.#fits(claim)) this.#hold(claim)
    else this.#waiting.add(claim)
    return claim
  }

  /** Gives the room back, or wants it no more. Doing so again is no harm. */
  release(claim: Claim): void {
    if (!this.#open.delete(claim)) return
    if (claim.isHeld) this.#heldBytes -= claim.bytes
    else this.#waiting.delete(claim as OpenClaim)
    for (const next of this.#waiting) {
      if (!this.#fits(next)) return
      this.#waiting.delete(next)
      this.#hold(next)
      next.granted()
    }
  }

  #fits({ bytes }: Claim): boolean {
    return this.#heldBytes === 0 || this.#heldBytes + bytes <= this.#limitBytes
  }

  #hold(claim: OpenClaim): void {
    claim.isHeld = true
    this.#heldBytes += claim.bytes
  }
}
