import { closeSync, fdatasync, openSync, write, writeSync } from 'node:fs'

const FILE_BYTES = 64 * 1024 * 1024
const FILL = Buffer.alloc(1024 * 1024)

/** A preallocated file written round and round: at most one fdatasync runs, the rest waits. */
export class RingFile {
  readonly #fd: number
  readonly #synced: (position: number) => void
  #queue: Buffer[] = []
  #position = 0
  #busy = false

  constructor(path: string, synced: (position: number) => void) {
    this.#fd = openSync(path, 'w')
    for (let at = 0; at < FILE_BYTES; at += FILL.length) writeSync(this.#fd, FILL)
    this.#synced = synced
    process.once('exit', () => closeSync(this.#fd))
  }

  append(bytes: Buffer): void {
    this.#queue.push(bytes)
    if (!this.#busy) this.#next()
  }

  #next(): void {
    if (this.#queue.length === 0) return
    this.#busy = true
    const batch = this.#queue.length === 1 ? this.#queue[0] : Buffer.concat(this.#queue)
    this.#queue = []
    if (batch === undefined) return
    const start = this.#position % FILE_BYTES
    const at = start + batch.length > FILE_BYTES ? 0 : start
    this.#write(batch, { from: 0, at })
  }

  /** A write may be a short one. */
  #write(batch: Buffer, { from, at }: { readonly from: number; readonly at: number }): void {
    write(this.#fd, batch, from, batch.length - from, at + from, (error, written) => {
      if (error !== null) throw error
      if (from + written < batch.length) this.#write(batch, { from: from + written, at })
      else this.#sync(batch.length)
    })
  }

  #sync(length: number): void {
    fdatasync(this.#fd, (error) => {
      if (error !== null) throw error
      this.#position += length
      this.#busy = false
      this.#synced(this.#position)
      this.#next()
    })
  }
}
