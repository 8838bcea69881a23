/** Left of the plot stand the names of the lanes. */
export const plotLeft = 84
export const plotRight = 992
export const pictureWidth = 1000

const stepsS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600]
const TICKS_MAX = 14

/** Milliseconds since the cell began to horizontal positions in the picture, and ticks. */
export class TimeScale {
  readonly #durationMs: number

  constructor(durationMs: number) {
    this.#durationMs = Math.max(1, durationMs)
  }

  x(atMs: number): number {
    const share = Math.min(1, Math.max(0, atMs / this.#durationMs))
    return plotLeft + share * (plotRight - plotLeft)
  }

  width(fromMs: number, toMs: number): number {
    return Math.max(1, this.x(toMs) - this.x(fromMs))
  }

  /** Where the axis has numbers, in seconds. */
  get ticks(): number[] {
    const durationS = this.#durationMs / 1000
    const stepS = stepsS.find((step) => durationS / step <= TICKS_MAX) ?? durationS / TICKS_MAX
    const count = Math.floor(durationS / stepS)
    return Array.from({ length: count + 1 }, (_, at) => at * stepS)
  }
}
