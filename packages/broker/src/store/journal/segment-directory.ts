import { join } from 'node:path'
import { assert, errnoOf } from '@quorate/core/base/errors'
import type { File, FileSystem, OpenMode } from './file-system.ts'
import type { LogPoint } from './log-batch.ts'
import type { Segment } from './segment.ts'
import { segmentPosition } from './segment.ts'

/** Segment files kept open at a time, apart from those in use. */
export const OPEN_SEGMENTS_MAX = 32

/** A segment file as it lies on the disk: its place in the log and its size. */
export interface FoundFile {
  readonly position: number
  readonly sizeBytes: number
}

interface Handle {
  readonly file: Promise<File>
  users: number
}

/** The segments of a journal in order, and their open files. */
export class SegmentDirectory {
  readonly path: string
  readonly fileSystem: FileSystem
  #segments: Segment[] = []
  /** In order of use, the latest last. */
  readonly #handles = new Map<Segment, Handle>()
  /** A file was created, renamed or removed since the directory was last synced. */
  #namesChanged = false
  #namesSync: Promise<void> | null = null

  constructor(fileSystem: FileSystem, path: string) {
    this.fileSystem = fileSystem
    this.path = path
  }

  get all(): readonly Segment[] {
    return this.#segments
  }

  get first(): Segment | undefined {
    return this.#segments[0]
  }

  get last(): Segment | undefined {
    return this.#segments.at(-1)
  }

  pathOf(segment: Segment): string {
    return join(this.path, segment.fileName)
  }

  /** What is on the disk, known as a segment or not, in order. */
  async findFiles(): Promise<FoundFile[]> {
    const files: FoundFile[] = []
    for (const name of await this.fileSystem.list(this.path)) {
      const position = segmentPosition(name)
      if (position === null) continue
      const sizeBytes = (await this.fileSystem.size(join(this.path, name))) ?? 0
      files.push({ position, sizeBytes })
    }
    return files.sort((a, b) => a.position - b.position)
  }

  /** Adds the next segment, whose file exists. */
  add(segment: Segment, file?: File): void {
    const last = this.last
    assert(
      last === undefined || last.start.position < segment.start.position,
      'segments are added in order',
    )
    this.#segments.push(segment)
    if (file !== undefined) this.#handles.set(segment, { file: Promise.resolve(file), users: 0 })
  }

  /** The segment that holds the byte at `position`, or would. */
  at(position: number): Segment | undefined {
    return this.#lastWhere((start) => start.position <= position)
  }

  /** The segment that holds record `index`, or would. */
  holding(index: number): Segment | undefined {
    return this.#lastWhere((start) => start.index < index)
  }

  after(segment: Segment): Segment | undefined {
    return this.#segments[this.#segments.indexOf(segment) + 1]
  }

  /** The file of a segment; the caller releases it. */
  async acquire(segment: Segment): Promise<File> {
    const handle = this.#handles.get(segment) ?? this.#open(segment, 'write')
    this.#handles.delete(segment)
    this.#handles.set(segment, handle)
    handle.users++
    this.#closeUnused()
    try {
      return await handle.file
    } catch (error) {
      this.#handles.delete(segment)
      throw error
    }
  }

  release(segment: Segment): void {
    const handle = this.#handles.get(segment)
    if (handle !== undefined) handle.users--
  }

  async using<T>(segment: Segment, use: (file: File) => Promise<T>): Promise<T> {
    const file = await this.acquire(segment)
    try {
      return await use(file)
    } finally {
      this.release(segment)
    }
  }

  /** Removes the last segment and its file, or moves that there. Nobody may be using it. */
  async removeLast(movedTo?: string): Promise<void> {
    const segment = this.#segments.pop()
    assert(segment !== undefined, 'there is a segment to remove')
    await this.#discard(segment, movedTo)
  }

  /** Removes the first segment and its file, if that is still there. Nobody may be using it. */
  async removeFirst(): Promise<void> {
    const segment = this.#segments.shift()
    assert(segment !== undefined, 'there is a segment to remove')
    try {
      await this.#discard(segment)
    } catch (error) {
      // Somebody else was faster; nobody needs it any more.
      if (errnoOf(error) !== 'ENOENT') throw error
    }
  }

  noteNamesChanged(): void {
    this.#namesChanged = true
  }

  /** Makes the names of all files durable, if any changed; waits for a sync that is under way. */
  async syncNames(): Promise<void> {
    if (this.#namesChanged) {
      this.#namesChanged = false
      this.#namesSync = this.fileSystem.syncDirectory(this.path)
    }
    await this.#namesSync
  }

  async close(): Promise<void> {
    const handles = [...this.#handles.values()]
    this.#handles.clear()
    for (const handle of handles) await (await handle.file).close()
  }

  async #discard(segment: Segment, movedTo?: string): Promise<void> {
    const handle = this.#handles.get(segment)
    this.#handles.delete(segment)
    assert((handle?.users ?? 0) === 0, 'a segment in use is not removed')
    if (handle !== undefined) await (await handle.file).close()
    if (movedTo === undefined) await this.fileSystem.remove(this.pathOf(segment))
    else await this.fileSystem.rename(this.pathOf(segment), movedTo)
    this.#namesChanged = true
  }

  #open(segment: Segment, mode: OpenMode): Handle {
    return { file: this.fileSystem.open(this.pathOf(segment), mode), users: 0 }
  }

  #closeUnused(): void {
    if (this.#handles.size <= OPEN_SEGMENTS_MAX) return
    for (const [segment, handle] of this.#handles) {
      if (handle.users > 0) continue
      this.#handles.delete(segment)
      segment.points.clear()
      // Only ever read, or synced before it was released: closing it can lose nothing.
      void handle.file.then((file) => file.close()).catch(() => undefined)
      return
    }
  }

  #lastWhere(matches: (start: LogPoint) => boolean): Segment | undefined {
    let low = 0
    let high = this.#segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (matches(this.#segments[middle]!.start)) low = middle + 1
      else high = middle
    }
    return this.#segments[low - 1]
  }
}
