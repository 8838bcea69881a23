import { execFile } from 'node:child_process'

const ENDS_WITHIN_MS = 10_000

/** Runs a short command of the system; rejects with what it said when it fails. */
export function runCommand(
  command: string,
  words: readonly string[],
  input?: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      [...words],
      { timeout: ENDS_WITHIN_MS },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else reject(new Error(`${command} ${words.join(' ')}: ${stderr.trim()}`, { cause: error }))
      },
    )
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input ?? '')
  })
}
