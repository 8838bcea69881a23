import type { LogPoint } from './log-batch.ts'

/** Known points of a segment lie at least this far apart, so a lookup passes few headers. */
export const POINT_SPACING_BYTES = 64 * 1024

/**
 * The points of one segment that are known without reading it, ascending, beginning with its start:
 * 1,600 for a segment of 100 MB that has been walked through, one for a segment never looked into.
 */
export class SparsePoints {
  readonly #points: LogPoint[]

  constructor(start: LogPoint) {
    this.#points = [start]
  }

  get length(): number {
    return this.#points.length
  }

  /** The last known point at or before the end of record `index`. */
  before(index: number): LogPoint {
    return this.#points[this.#search((point) => point.index <= index)]!
  }

  /** The last known point at or before this position. */
  beforePosition(position: number): LogPoint {
    return this.#points[this.#search((point) => point.position <= position)]!
  }

  /** Remembers a point, unless one nearby is known. */
  add(point: LogPoint): void {
    const at = this.#search((known) => known.index <= point.index)
    const lower = this.#points[at]!
    const upper = this.#points[at + 1]
    if (point.position - lower.position < POINT_SPACING_BYTES) return
    if (upper !== undefined && upper.position - point.position < POINT_SPACING_BYTES) return
    this.#points.splice(at + 1, 0, point)
  }

  /** Forgets what lies behind a cut. */
  truncateAfter(index: number): void {
    this.#points.length = this.#search((point) => point.index <= index) + 1
  }

  /** Forgets everything but the start. */
  clear(): void {
    this.#points.length = 1
  }

  /** The last place whose point is `atOrBefore`; the start always is. */
  #search(atOrBefore: (point: LogPoint) => boolean): number {
    let low = 0
    let high = this.#points.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (atOrBefore(this.#points[middle]!)) low = middle
      else high = middle - 1
    }
    return low
  }
}
