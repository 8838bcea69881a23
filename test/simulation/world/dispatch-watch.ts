/** OpenWire's type of a MessageDispatch. */
const MESSAGE_DISPATCH = 21
/** length u32, type u8. */
const HEAD_BYTES = 5

/** Looks at what a broker writes to a client, frame by frame, for messages that it hands out. */
export class DispatchWatch {
  readonly #onDispatch: () => void
  /** What is left of the frame that is being written. */
  #remaining = 0
  #head = Buffer.alloc(0)

  constructor(onDispatch: () => void) {
    this.#onDispatch = onDispatch
  }

  written(buffers: readonly Buffer[]): void {
    for (const buffer of buffers) this.#look(buffer)
  }

  #look(buffer: Buffer): void {
    let rest = buffer
    while (rest.length > 0) {
      if (this.#remaining > 0) {
        const passed = Math.min(this.#remaining, rest.length)
        this.#remaining -= passed
        rest = rest.subarray(passed)
        continue
      }
      const missing = HEAD_BYTES - this.#head.length
      this.#head = Buffer.concat([this.#head, rest.subarray(0, missing)])
      rest = rest.subarray(missing)
      if (this.#head.length < HEAD_BYTES) return
      this.#remaining = this.#head.readUInt32BE(0) - 1
      if (this.#head[4] === MESSAGE_DISPATCH) this.#onDispatch()
      this.#head = Buffer.alloc(0)
    }
  }
}
