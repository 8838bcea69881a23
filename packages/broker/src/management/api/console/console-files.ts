import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errnoOf } from '@quorate/core/base/errors'

/** Where the build puts the console, for sources and for what is compiled of them alike. */
export const builtConsole = fileURLToPath(new URL('../../../../dist/console', import.meta.url))

/** Files of the console that are kept in memory. */
export const CONSOLE_FILES_MAX = 64
/** Bytes of all of them. */
export const CONSOLE_BYTES_MAX = 4 << 20

export const CONSOLE_PAGE = 'index.html'

export interface ConsoleFile {
  readonly mediaType: string
  readonly content: Buffer
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/**
 * The built console, read once when somebody comes for it. What is asked for is looked up by its
 * name among what was read, so that no name leads anywhere else.
 */
export class ConsoleFiles {
  readonly #directory: string
  #files: ReadonlyMap<string, ConsoleFile> | null = null

  constructor(directory: string) {
    this.#directory = directory
  }

  /** undefined: there is no such file, or the console was not built. */
  find(name: string): ConsoleFile | undefined {
    this.#files ??= readAll(this.#directory)
    return this.#files?.get(name)
  }
}

/** null where nothing was built: it is looked for again then. */
function readAll(directory: string): ReadonlyMap<string, ConsoleFile> | null {
  try {
    const files = new Map<string, ConsoleFile>()
    let bytes = 0
    for (const name of readdirSync(directory).sort()) {
      const mediaType = mediaTypes[extname(name)]
      if (mediaType === undefined) continue
      const content = readFileSync(join(directory, name))
      bytes += content.length
      if (files.size === CONSOLE_FILES_MAX || bytes > CONSOLE_BYTES_MAX) break
      files.set(name, { mediaType, content })
    }
    return files.has(CONSOLE_PAGE) ? files : null
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw error
  }
}
