import { many } from './figures.ts'

/** On a terminal one line that changes, elsewhere one line a phase; on standard error. */
export class Progress {
  #what = ''
  #of = 0
  #startedMs = 0

  begin(what: string, of: number): void {
    this.#what = what
    this.#of = of
    this.#startedMs = performance.now()
    this.update(0)
  }

  update(done: number): void {
    if (!process.stderr.isTTY) return
    const seconds = (performance.now() - this.#startedMs) / 1000
    const rest = this.#of > 1 ? `, ${this.#pace(done, seconds)}` : ''
    const line = `${this.#what}${rest}`
    process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 100) - 1)}`)
  }

  /** One line that stays. */
  say(text: string): void {
    process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[K' : ''}${text}\n`)
  }

  #pace(done: number, seconds: number): string {
    const rate = seconds > 0 ? done / seconds : 0
    const soFar = `${many(done)} of ${many(this.#of)}, ${many(rate)}/s`
    return rate > 0 ? `${soFar}, ${many((this.#of - done) / rate)} s left` : soFar
  }
}
