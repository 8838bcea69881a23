import { join } from 'node:path'
import type { File } from '../store/journal/file-system.ts'
import { FileWindow } from '../store/journal/file-window.ts'
import type { LogPoint } from '../store/journal/log-batch.ts'
import { discontinuityOf } from '../store/journal/log-batch.ts'
import { HEADER_BYTES, decodeHeader, emptyHeader, recordBytes } from '../store/journal/record.ts'
import { segmentFileName } from '../store/journal/segment.ts'
import type { FoundFile } from '../store/journal/segment-directory.ts'
import type { DataDirectory } from './data-directory.ts'
import { isSystemError } from './findings.ts'

/** Read at a time where two logs are compared by their headers. */
const HEADER_WINDOW_BYTES = 256 * 1024

/** Goes from record to record by their headers alone. */
export class HeaderWalk {
  readonly #data: DataDirectory
  readonly #header = emptyHeader()
  #point: LogPoint
  #found: FoundFile | null = null
  #file: File | null = null
  #window: FileWindow | null = null

  constructor(data: DataDirectory, start: LogPoint) {
    this.#data = data
    this.#point = start
  }

  get point(): LogPoint {
    return this.#point
  }

  /** Goes past the next record; false where no sound header continues the log. */
  async next(): Promise<boolean> {
    try {
      return await this.#next()
    } catch (error) {
      if (isSystemError(error)) return false
      throw error
    }
  }

  async #next(): Promise<boolean> {
    const window = await this.#enter()
    if (window === null || this.#found === null) return false
    const header = this.#header
    const bytes = await window.at(this.#point.position - this.#found.position, HEADER_BYTES)
    if (bytes.length < HEADER_BYTES || decodeHeader(bytes, 0, header) !== 'none') return false
    // What is known of the epoch before may be too high where a damaged part was left out.
    const previous = { ...this.#point, epoch: 0 }
    if (discontinuityOf(header, previous) !== null) return false
    const { index, epoch, headerChecksum: chain } = header
    const position = this.#point.position + recordBytes(header)
    this.#point = { index, epoch, chain, position }
    return true
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = null
    this.#window = null
    await file?.close()
  }

  /** The window on the file that should hold the next record. */
  async #enter(): Promise<FileWindow | null> {
    const { files, fileSystem, journalPath } = this.#data
    const found = files.findLast(({ position }) => position <= this.#point.position)
    if (found === undefined) return null
    if (found !== this.#found || this.#window === null) {
      await this.close()
      this.#found = found
      this.#file = await fileSystem.open(join(journalPath, segmentFileName(found.position)), 'read')
      this.#window = new FileWindow(this.#file, HEADER_WINDOW_BYTES)
    }
    return this.#window
  }
}
