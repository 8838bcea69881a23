import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../packages/broker/dist/cli/main.js', import.meta.url))
const ENDS_WITHIN_MS = 30_000

/** Arguments for Node that run the built `quorate` command. */
export function quorateArgs(...words: readonly string[]): string[] {
  if (!existsSync(main)) throw new Error('the broker is not built: run `npm run build` first')
  return [main, ...words]
}

export interface CommandOutcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a `quorate` command to its end. */
export async function runQuorate(...words: readonly string[]): Promise<CommandOutcome> {
  const child = spawn(process.execPath, quorateArgs(...words), {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: ENDS_WITHIN_MS,
    killSignal: 'SIGKILL',
  })
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('exit', resolve)
    child.once('error', reject)
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { exitCode: await exit, stdout, stderr }
}
