import type { Command } from 'commander'
import { collect, timeoutOption } from './option-values.ts'

/** Flags of `status` and of `cluster status`, as commander gives them. */
export interface StatusFlags {
  readonly url: readonly string[]
  /** In milliseconds. */
  readonly timeout: number
  readonly json: boolean
  readonly watch: boolean
}

/** Returns the command. */
export function addStatusFlags(command: Command): Command {
  return command
    .option('--url <url>', 'HTTP API of a broker; may be repeated', collect, [])
    .addOption(timeoutOption('how long to wait for a broker', '2s'))
    .option('--json', 'print JSON', false)
    .option('-w, --watch', 'show it again and again', false)
}
