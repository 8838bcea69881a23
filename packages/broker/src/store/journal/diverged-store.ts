import { join } from 'node:path'
import type { File, FileSystem } from './file-system.ts'
import { readFully, writeFully } from './file-system.ts'

/** Files of cut bytes that are kept, the oldest going first... */
export const DIVERGED_FILES_MAX = 4
/** ...and how much of one cut is kept at most: of what was damaged only after others have it. */
export const DIVERGED_FILE_MAX_BYTES = 64 * 1024 * 1024
/** What is left of all of it then, unless the newest file alone is larger. */
export const DIVERGED_BYTES_MAX = DIVERGED_FILES_MAX * DIVERGED_FILE_MAX_BYTES

const COPY_CHUNK_BYTES = 1024 * 1024
const NAME = /^([0-9a-f]{8})-[0-9a-f]{16}\.cut$/

export interface CutPiece {
  readonly file: File
  readonly offset: number
  readonly length: number
}

/**
 * Keeps what a truncation removes (R16), for whoever has to find out later how two logs came to
 * differ: `diverged/<number>-<position>.cut`, numbered in the order of the cuts.
 */
export class DivergedStore {
  readonly #fileSystem: FileSystem
  readonly #path: string

  constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem
    this.#path = path
  }

  /**
   * Copies the pieces, one after the other, into a new file; durable when it resolves, and gone
   * when it rejects.
   */
  async keep(position: number, pieces: readonly CutPiece[]): Promise<void> {
    const names = await this.#names()
    await this.#copy(position, { pieces, maxBytes: DIVERGED_FILE_MAX_BYTES })
    for (const old of names.slice(0, Math.max(0, names.length + 1 - DIVERGED_FILES_MAX))) {
      await this.#fileSystem.remove(join(this.#path, old))
    }
    await this.sync()
  }

  /** The same without any limit: nobody else has it. Nothing is dropped for it. */
  async keepAll(position: number, pieces: readonly CutPiece[]): Promise<void> {
    await this.#copy(position, { pieces, maxBytes: Infinity })
    await this.sync()
  }

  /** Drops the oldest until few files are left, and not much in them. */
  async prune(): Promise<void> {
    const names = (await this.#fileSystem.list(this.#path)).filter((name) => NAME.test(name)).sort()
    let kept = 0
    let keptBytes = 0
    for (const name of names.reverse()) {
      const path = join(this.#path, name)
      const bytes = (await this.#fileSystem.size(path)) ?? 0
      const fits = kept < DIVERGED_FILES_MAX && keptBytes + bytes <= DIVERGED_BYTES_MAX
      if (kept > 0 && !fits) await this.#fileSystem.remove(path)
      kept++
      keptBytes += bytes
    }
  }

  /** Where a whole segment file can be moved to; `sync` makes it durable. */
  async placeFor(position: number): Promise<string> {
    const names = await this.#names()
    const number = Number.parseInt(names.at(-1)?.slice(0, 8) ?? '0', 16) + 1
    return join(this.#path, `${hex(number, 8)}-${hex(position, 16)}.cut`)
  }

  sync(): Promise<void> {
    return this.#fileSystem.syncDirectory(this.#path)
  }

  async #names(): Promise<string[]> {
    await this.#fileSystem.makeDirectory(this.#path)
    return (await this.#fileSystem.list(this.#path)).filter((name) => NAME.test(name)).sort()
  }

  async #copy(
    position: number,
    { pieces, maxBytes }: { readonly pieces: readonly CutPiece[]; readonly maxBytes: number },
  ): Promise<void> {
    const path = await this.placeFor(position)
    const target = await this.#fileSystem.open(path, 'create')
    try {
      await copyPieces(pieces, target, maxBytes).finally(() => target.close())
    } catch (error) {
      await this.#fileSystem.remove(path)
      throw error
    }
  }
}

/** Writes and syncs. */
async function copyPieces(
  pieces: readonly CutPiece[],
  target: File,
  maxBytes: number,
): Promise<void> {
  let copied = 0
  for (const piece of pieces) {
    for (let done = 0; done < piece.length && copied < maxBytes;) {
      const room = Math.min(piece.length - done, maxBytes - copied)
      const chunk = await readFully(
        piece.file,
        piece.offset + done,
        Math.min(COPY_CHUNK_BYTES, room),
      )
      if (chunk.length === 0) break
      await writeFully(target, [chunk], copied)
      copied += chunk.length
      done += chunk.length
    }
  }
  await target.sync()
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
