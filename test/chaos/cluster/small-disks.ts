import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../hosts/run-command.ts'
import type { Equipment } from './equipment.ts'

const DISK_MEGABYTES = 192
/** Small, so that a full disk is felt soon and not when a large preallocated segment ends. */
const SEGMENT = '128kb'
const CHUNK = Buffer.alloc(256 * 1024, 1)
const SMALLEST_CHUNK = 4096

interface Disk {
  readonly directory: string
  readonly ballast: string
}

/** A memory disk of fixed size under each broker's data directory, mounted for this run alone. */
export class SmallDisks implements Equipment {
  readonly name = 'small disks'
  readonly settings = { logSize: SEGMENT }
  readonly #disks = new Map<string, Disk>()

  environmentOf(): Readonly<Record<string, string>> {
    return {}
  }

  async prepare(node: { readonly name: string; readonly dataDirectory: string }): Promise<void> {
    // Above the data directory: a broker finds nothing but its own files in that.
    const directory = join(node.dataDirectory, '..', 'disk')
    mkdirSync(directory, { recursive: true })
    const options = ['-t', 'tmpfs', '-o', `size=${DISK_MEGABYTES}m`, 'none']
    await runCommand('mount', [...options, directory])
    const data = join(directory, 'data')
    mkdirSync(data)
    mkdirSync(node.dataDirectory, { recursive: true })
    await runCommand('mount', ['--bind', data, node.dataDirectory])
    this.#disks.set(node.name, { directory, ballast: join(directory, 'ballast') })
  }

  /** Nothing more fits on this broker's disk. */
  fill(broker: string): void {
    const file = openSync(this.#disk(broker).ballast, 'a')
    try {
      for (let size = CHUNK.length; size >= SMALLEST_CHUNK; size /= 2) fillBy(file, size)
    } finally {
      closeSync(file)
    }
  }

  release(broker: string): void {
    rmSync(this.#disk(broker).ballast, { force: true })
  }

  restore(): Promise<void> {
    for (const broker of this.#disks.keys()) this.release(broker)
    return Promise.resolve()
  }

  async dispose(): Promise<void> {
    for (const { directory } of this.#disks.values()) {
      await runCommand('umount', [join(directory, '..', 'data')])
      await runCommand('umount', [directory])
    }
    this.#disks.clear()
  }

  #disk(broker: string): Disk {
    const disk = this.#disks.get(broker)
    if (disk === undefined) throw new Error(`${broker} has no small disk`)
    return disk
  }
}

function fillBy(file: number, size: number): void {
  for (;;) {
    try {
      if (writeSync(file, CHUNK, 0, size) < size) return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return
      throw error
    }
  }
}
