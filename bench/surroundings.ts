import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'

/** What a number depends on, and is printed with. */
export interface Surroundings {
  readonly machine: string
  readonly node: string
  readonly commit: string
}

export function surroundings(): Surroundings {
  const cores = cpus()
  const memory = Math.round(totalmem() / 1024 ** 3)
  return {
    machine: `${cores.length} cores ${cores[0]?.model.trim() ?? 'unknown'}, ${memory} GB`,
    node: process.version,
    commit: commit(),
  }
}

function commit(): string {
  try {
    const words = ['describe', '--always', '--dirty']
    return execFileSync('git', words, {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .toString()
      .trim()
  } catch {
    return 'unknown'
  }
}
