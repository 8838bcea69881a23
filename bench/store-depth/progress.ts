import { many } from './figures.ts'

/** Where nothing can be overwritten, a phase tells how far it is only so often. */
const LINE_EVERY_MS = 30_000

/** On a terminal one line that changes, elsewhere a line a phase and half a minute; on stderr. */
export class Progress {
  #what = ''
  #of = 0
  #startedMs = 0
  #lineMs = 0

  begin(what: string, of: number): void {
    this.#what = what
    this.#of = of
    this.#startedMs = this.#lineMs = performance.now()
    if (process.stderr.isTTY) this.update(0)
    else this.say(`${what} ...`)
  }

  update(done: number): void {
    const seconds = (performance.now() - this.#startedMs) / 1000
    this.show(this.#of > 1 ? `, ${this.#pace(done, seconds)}` : '')
  }

  /** How far it is, in words of its own. */
  show(rest: string): void {
    const nowMs = performance.now()
    if (!process.stderr.isTTY && nowMs - this.#lineMs < LINE_EVERY_MS) return
    this.#lineMs = nowMs
    const line = `${this.#what}${rest}`
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 100) - 1)}`)
    } else {
      this.say(line)
    }
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
