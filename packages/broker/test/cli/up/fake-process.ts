import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'

/** A child process that ends when a test, or a signal, says so. */
export class FakeProcess extends EventEmitter {
  readonly pid: number
  readonly signals: string[] = []
  /** What SIGTERM does: 'stops' ends it in good order, 'ignores' leaves it running. */
  onTerm: 'stops' | 'ignores' = 'stops'

  constructor(pid: number) {
    super()
    this.pid = pid
  }

  kill(signal: NodeJS.Signals): boolean {
    this.signals.push(signal)
    if (signal === 'SIGKILL') this.end(null, 'SIGKILL')
    else if (this.onTerm === 'stops') this.end(0, null)
    return true
  }

  end(code: number | null, signal: NodeJS.Signals | null): void {
    this.emit('exit', code, signal)
  }

  asChild(): ChildProcess {
    return this as unknown as ChildProcess
  }
}
