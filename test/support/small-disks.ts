import { execFileSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const CHUNK = Buffer.alloc(64 * 1024, 1)

/** Why this process can mount no disks; false when it can. For `skip`. */
export function smallDisksMissing(): string | false {
  return process.getuid?.() === 0 ? false : 'only root can mount a small disk'
}

/** A memory disk of fixed size for each node of a cluster in `directory`, by symbolic links. */
export class SmallDisks {
  /** For the cluster. */
  readonly directory = mkdtempSync(join(tmpdir(), 'quorate-cluster-'))
  readonly #disks = mkdtempSync(join(tmpdir(), 'quorate-disks-'))
  readonly #mounted: string[] = []

  constructor(nodes: readonly string[], megabytes: number) {
    try {
      for (const node of nodes) this.#mount(node, megabytes)
    } catch (error) {
      this.dispose()
      throw error
    }
  }

  freeBytes(node: string): number {
    const { bavail, bsize } = statfsSync(this.#diskOf(node))
    return bavail * bsize
  }

  /** Somebody else uses all of the disk but this. */
  leave(node: string, freeBytes: number): void {
    const file = openSync(this.#ballastOf(node), 'a')
    try {
      for (;;) {
        const length = Math.min(CHUNK.length, this.freeBytes(node) - freeBytes)
        if (length <= 0) return
        writeSync(file, CHUNK, 0, length)
      }
    } finally {
      closeSync(file)
    }
  }

  /** What somebody else had is deleted. */
  clear(node: string): void {
    rmSync(this.#ballastOf(node), { force: true })
  }

  dispose(): void {
    for (const disk of this.#mounted) execFileSync('umount', [disk])
    rmSync(this.#disks, { recursive: true, force: true })
    rmSync(this.directory, { recursive: true, force: true })
  }

  #mount(node: string, megabytes: number): void {
    const disk = this.#diskOf(node)
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', disk])
    this.#mounted.push(disk)
    const data = join(disk, 'data')
    mkdirSync(data)
    mkdirSync(join(this.directory, node), { recursive: true })
    symlinkSync(data, join(this.directory, node, 'data'))
  }

  #diskOf(node: string): string {
    return join(this.#disks, node)
  }

  #ballastOf(node: string): string {
    return join(this.#diskOf(node), 'ballast')
  }
}
