/** Nothing in the suites waits longer than this for something that must happen. */
const PATIENCE_MS = 20_000

/** Tests that wait until something holds: they look again whenever something was heard. */
export class Waiting {
  readonly #checks = new Set<() => void>()

  async until(holds: () => boolean, complaint: () => string): Promise<void> {
    if (holds()) return
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#checks.delete(check)
        reject(new Error(`waited in vain ${complaint()}`))
      }, PATIENCE_MS)
      const check = () => {
        if (!holds()) return
        clearTimeout(timer)
        this.#checks.delete(check)
        resolve()
      }
      this.#checks.add(check)
    })
  }

  heard(): void {
    for (const check of [...this.#checks]) check()
  }
}
