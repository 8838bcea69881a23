import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Equipment } from './equipment.ts'

const libraryRoots = ['/usr/lib']
const LIBRARY = 'faketime/libfaketimeMT.so.1'

function findLibrary(): string | undefined {
  const folders = libraryRoots.flatMap((root) => [
    root,
    ...(existsSync(root) ? readdirSync(root).map((name) => join(root, name)) : []),
  ])
  return folders.map((folder) => join(folder, LIBRARY)).find((path) => existsSync(path))
}

/** Why wall clocks cannot be moved here; false when they can. */
export function wallClocksMissing(): string | false {
  return findLibrary() === undefined ? 'needs the Debian package libfaketime' : false
}

/**
 * Wall clocks that can be set while the broker runs, one a broker: libfaketime reads the offset
 * from a file, at most a second late. The monotonic clock and the times of files stay true.
 */
export class WallClocks implements Equipment {
  readonly name = 'wall clocks'
  readonly settings = {}
  readonly #directory: string
  readonly #moved = new Set<string>()

  constructor(directory: string) {
    this.#directory = directory
  }

  environmentOf(broker: string): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: findLibrary() ?? '',
      FAKETIME_TIMESTAMP_FILE: this.#fileOf(broker),
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    }
  }

  prepare({ name }: { readonly name: string }): Promise<void> {
    this.set(name, 0)
    return Promise.resolve()
  }

  /** This many seconds before (negative) or after the true time. */
  set(broker: string, seconds: number): void {
    writeFileSync(this.#fileOf(broker), `${seconds < 0 ? '' : '+'}${seconds}\n`)
    this.#moved.add(broker)
  }

  restore(): Promise<void> {
    for (const broker of this.#moved) this.set(broker, 0)
    return Promise.resolve()
  }

  dispose(): Promise<void> {
    return Promise.resolve()
  }

  #fileOf(broker: string): string {
    return join(this.#directory, `wall-clock-${broker}`)
  }
}
