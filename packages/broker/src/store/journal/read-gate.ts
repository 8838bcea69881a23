/** Lets reads run side by side, and a change of the files run alone. Both wait for their turn. */
export class ReadGate {
  #readers = 0
  #changing: Promise<void> | null = null
  #noReaders: (() => void) | null = null

  async reading<T>(read: () => Promise<T>): Promise<T> {
    while (this.#changing !== null) await this.#changing
    this.#readers++
    try {
      return await read()
    } finally {
      this.#readers--
      if (this.#readers === 0) this.#noReaders?.()
    }
  }

  async exclusively<T>(change: () => Promise<T>): Promise<T> {
    while (this.#changing !== null) await this.#changing
    let end = (): void => undefined
    this.#changing = new Promise((resolve) => {
      end = resolve
    })
    try {
      if (this.#readers > 0) {
        await new Promise<void>((resolve) => {
          this.#noReaders = resolve
        })
      }
      return await change()
    } finally {
      this.#noReaders = null
      this.#changing = null
      end()
    }
  }
}
