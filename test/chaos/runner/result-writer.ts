import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CellResult, MatrixResult } from '../cell-result.ts'

const manifest = fileURLToPath(new URL('../../../package.json', import.meta.url))

const FILE = 'result.json'

export function readResult(directory: string): MatrixResult {
  return JSON.parse(readFileSync(join(directory, FILE), 'utf8')) as MatrixResult
}

/** Keeps `result.json` up to date after each cell, so that an interrupted run leaves something. */
export class ResultWriter {
  readonly #path: string
  readonly #sync: string
  readonly #started = new Date()
  readonly #build = (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
  readonly #cells: CellResult[] = []

  constructor(directory: string, sync: string) {
    this.#path = join(directory, FILE)
    this.#sync = sync
  }

  get result(): MatrixResult {
    return {
      startedAt: this.#started.toISOString(),
      durationMs: Date.now() - this.#started.getTime(),
      build: this.#build,
      sync: this.#sync,
      cells: this.#cells,
    }
  }

  add(cell: CellResult): void {
    this.#cells.push(cell)
    writeFileSync(this.#path, `${JSON.stringify(this.result, null, 2)}\n`)
  }
}
