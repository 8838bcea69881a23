import { spawnSync } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { forget, restore } from './power-loss.ts'
import type { PowerLoss } from './power-loss.ts'

/** What the disk does to a process that runs, from now on. */
export interface DiskFaults {
  /** Every sync takes so much longer; set back to 0, it ends the syncs that wait too. */
  readonly slowSyncMs?: number
  /** The n-th sync from now fails with EIO, and what it should have written is lost; 0 = none. */
  readonly failSyncIn?: number
  /** ENOSPC for whatever needs room: files neither grow nor come into being. */
  readonly full?: boolean
  /** A write takes half of what it is given. */
  readonly shortWrites?: boolean
  /** A sync answers at once and does nothing. */
  readonly lyingSyncs?: boolean
}

const source = fileURLToPath(new URL('forgetful-disk.c', import.meta.url))
const cache = fileURLToPath(new URL('../../../node_modules/.cache/quorate', import.meta.url))
const compilers = ['gcc', 'cc', 'clang']

/** Why there cannot be a forgetful disk here, or false. */
export function forgetfulDiskMissing(): string | false {
  if (process.platform !== 'linux') return 'needs Linux'
  return compiler() === undefined ? `needs a C compiler: ${compilers.join(', ')}` : false
}

function compiler(): string | undefined {
  return compilers.find((name) => spawnSync(name, ['--version']).status === 0)
}

/** Builds the library unless this text of it was built before. Returns its path. */
export function forgetfulDiskLibrary(): string {
  const version = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16)
  const library = join(cache, `forgetful-disk-${version}.so`)
  if (existsSync(library)) return library
  mkdirSync(cache, { recursive: true })
  // Two that build at once put the same file in place.
  const unfinished = `${library}.${process.pid}`
  const flags = ['-shared', '-fPIC', '-O2', '-Wall', '-Wextra', '-Werror', '-pthread']
  const built = spawnSync(compiler() ?? 'cc', [...flags, '-o', unfinished, source, '-ldl'])
  if (built.status !== 0) throw new Error(`forgetful-disk.c: ${built.stderr.toString()}`)
  renameSync(unfinished, library)
  return library
}

/**
 * One directory on a disk that forgets what was not synced, for one process at a time: the process
 * is started with `environment`, and after its kill -9 `powerLoss` makes of the directory what the
 * machine would have found at its next start. Without a `powerLoss` a kill loses nothing: the page
 * cache outlives a process. How it works is told in forgetful-disk.c.
 */
export class ForgetfulDisk {
  readonly directory: string
  /** Beside the directory: a hard link does not cross file systems. */
  readonly side: string
  #faults: Required<DiskFaults> = NO_FAULTS

  constructor(directory: string) {
    this.directory = directory
    this.side = `${directory}.medium`
    mkdirSync(directory, { recursive: true })
    mkdirSync(this.side, { recursive: true })
    this.setMode({})
  }

  /** For the process whose disk this is. */
  get environment(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: forgetfulDiskLibrary(),
      FORGETFUL_DISK_ROOT: this.directory,
      FORGETFUL_DISK_SIDE: this.side,
      // Files go through the C library, which the preloaded one stands in front of.
      UV_USE_IO_URING: '0',
    }
  }

  get faults(): Required<DiskFaults> {
    return this.#faults
  }

  /** Takes the place of all earlier faults; works at once, also on a process that runs. */
  setMode(faults: DiskFaults): void {
    this.#faults = { ...NO_FAULTS, ...faults }
    const { slowSyncMs, failSyncIn, full, shortWrites, lyingSyncs } = this.#faults
    const words = [slowSyncMs, failSyncIn, Number(full), Number(shortWrites), Number(lyingSyncs)]
    // The library has the file mapped, so it is written in place. Little-endian like the machine.
    const control = join(this.side, 'control')
    const file = openSync(control, existsSync(control) ? 'r+' : 'w')
    try {
      writeSync(file, Buffer.from(Uint32Array.from(words).buffer), 0, 4 * words.length, 0)
    } finally {
      closeSync(file)
    }
  }

  /**
   * The machine lost its power, and has booted: the directory holds what was synced, and of the
   * rest what chance kept. The process must have been killed before.
   */
  powerLoss(loss: PowerLoss = {}): void {
    restore(this.directory, this.side, loss)
    writeFileSync(join(this.side, 'boot_id'), `${randomUUID()}\n`)
  }

  /** The disk was replaced: an empty directory, in the same machine. */
  wipe(): void {
    rmSync(this.directory, { recursive: true, force: true })
    mkdirSync(this.directory)
    forget(this.side)
  }
}

const NO_FAULTS: Required<DiskFaults> = {
  slowSyncMs: 0,
  failSyncIn: 0,
  full: false,
  shortWrites: false,
  lyingSyncs: false,
}
