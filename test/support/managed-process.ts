import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

export interface ProcessSpec {
  /** For messages: 'node01'. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Standard error goes here, and standard output too unless `stdout` is 'pipe'. Appended. */
  readonly logFile: string
  readonly stdout?: 'log' | 'pipe'
  readonly stdin?: 'ignore' | 'pipe'
}

export interface ProcessExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const TERMINATE_WITHIN_MS = 10_000

/** Every child that runs. Whatever ends this process takes them with it. */
const running = new Set<ChildProcess>()

function killAll(): void {
  for (const child of running) child.kill('SIGKILL')
}

process.on('exit', killAll)
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.once(signal, () => {
    killAll()
    process.kill(process.pid, signal)
  })
}

/** Our environment without settings of a broker, which would reach every node. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('QUORATE_'))
  return Object.fromEntries(kept)
}

/** A process that a test started: by its pid alone it is stopped, paused or killed. */
export class ManagedProcess {
  readonly spec: ProcessSpec
  readonly child: ChildProcess
  readonly pid: number
  readonly exited: Promise<ProcessExit>

  constructor(spec: ProcessSpec) {
    this.spec = spec
    const log = openSync(spec.logFile, 'a')
    try {
      this.child = spawn(spec.command, spec.args, {
        stdio: [spec.stdin ?? 'ignore', spec.stdout === 'pipe' ? 'pipe' : log, log],
        ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
        env: { ...ownEnvironment(), ...spec.env },
      })
    } finally {
      closeSync(log)
    }
    const child = this.child
    running.add(child)
    this.exited = new Promise((resolve, reject) => {
      child.once('exit', (code, signal) => {
        running.delete(child)
        resolve({ code, signal })
      })
      child.once('error', (error) => {
        running.delete(child)
        reject(new Error(`${spec.name}: cannot run ${spec.command}`, { cause: error }))
      })
    })
    this.exited.catch(() => undefined)
    this.pid = child.pid ?? -1
  }

  get isRunning(): boolean {
    return running.has(this.child)
  }

  signal(signal: NodeJS.Signals): void {
    if (this.isRunning) this.child.kill(signal)
  }

  async kill9(): Promise<void> {
    this.signal('SIGKILL')
    await this.exited
  }

  /** Asks politely, and says so when that was not enough. */
  async terminate(withinMs = TERMINATE_WITHIN_MS): Promise<ProcessExit> {
    this.signal('SIGTERM')
    const timeout = new AbortController()
    const late = delay(withinMs, undefined, { signal: timeout.signal, ref: false }).then(
      () => true,
      () => false,
    )
    const isLate = await Promise.race([late, this.exited.then(() => false)])
    timeout.abort()
    if (!isLate) return this.exited
    await this.kill9()
    throw new Error(`${this.spec.name} did not stop within ${withinMs} ms of SIGTERM`)
  }

  logTail(lines = 40): string {
    return logTail(this.spec.logFile, lines)
  }
}

/** The last lines of a log file; a note when there is none. */
export function logTail(path: string, lines = 40): string {
  if (!existsSync(path)) return '(no log)'
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
}
