/** A terminal and npm may both deliver one Ctrl-C: two signals this close together are one. */
const SAME_KEYSTROKE_MS = 500

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
export type StopSignal = (typeof stopSignals)[number]

/**
 * Listens to the signals that ask a process to stop. `first` resolves at the first, `again` at a
 * later one, which means "at once".
 */
export class StopSignals {
  readonly first: Promise<StopSignal>
  readonly again: Promise<StopSignal>
  readonly #listener: (signal: NodeJS.Signals) => void

  constructor() {
    let resolveFirst: (signal: StopSignal) => void = () => {}
    let resolveAgain: (signal: StopSignal) => void = () => {}
    this.first = new Promise((resolve) => (resolveFirst = resolve))
    this.again = new Promise((resolve) => (resolveAgain = resolve))
    let firstAtMs: number | undefined
    this.#listener = (signal) => {
      const known = stopSignals.find((each) => each === signal) ?? 'SIGTERM'
      const nowMs = performance.now()
      if (firstAtMs === undefined) {
        firstAtMs = nowMs
        resolveFirst(known)
      } else if (nowMs - firstAtMs > SAME_KEYSTROKE_MS) resolveAgain(known)
    }
    for (const signal of stopSignals) process.on(signal, this.#listener)
  }

  release(): void {
    for (const signal of stopSignals) process.off(signal, this.#listener)
  }
}

/**
 * Resolves when standard input ends, which the operating system does for a parent that died however
 * it died. Never, when it is not watched.
 */
export function parentEnd(watched: boolean): Promise<string> {
  return new Promise((resolve) => {
    if (!watched) return
    process.stdin.on('end', () => resolve('end of the parent'))
    process.stdin.on('error', () => resolve('end of the parent'))
    process.stdin.resume()
  })
}
