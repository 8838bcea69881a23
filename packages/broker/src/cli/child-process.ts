import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openLogFile } from './log-file.ts'

export interface ChildOptions {
  /** Standard output and error are appended to it. */
  readonly logPath: string
  /** Variables of the child; ours when absent. */
  readonly environment?: NodeJS.ProcessEnv
  /** Ties the child to us: it stops when we end, however we end. */
  readonly tied: boolean
}

/**
 * Starts another `quorate` with these arguments, in a session of its own: a Ctrl-C in our terminal
 * is for us to handle, and a child that is not tied outlives us.
 */
export function spawnQuorate(args: readonly string[], options: ChildOptions): ChildProcess {
  mkdirSync(dirname(options.logPath), { recursive: true })
  const log = openLogFile(options.logPath)
  try {
    // The same Node with the same flags, so that a run from sources starts children from sources.
    const program = [...process.execArgv, mainFile(), ...args]
    return spawn(process.execPath, program, {
      detached: true,
      stdio: [options.tied ? 'pipe' : 'ignore', log, log],
      env: options.environment ?? process.env,
    })
  } finally {
    closeSync(log)
  }
}

/** cli/main beside this file: main.js when built, main.ts when run from sources. */
function mainFile(): string {
  const here = fileURLToPath(import.meta.url)
  return here.replace(/child-process\.(js|ts)$/, 'main.$1')
}
