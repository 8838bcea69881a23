import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

/** Asks a person; null: he went away instead of answering. */
export type Ask = (question: string, how?: { readonly isHidden: boolean }) => Promise<string | null>

/**
 * Asks at the terminal of this process; what is typed is not shown where it is hidden. Ctrl-C ends
 * the process as everywhere.
 */
export const askPerson: Ask = async (question, { isHidden } = { isHidden: false }) => {
  const { stdin, stderr } = process
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  if (isHidden) stderr.write(question)
  const lines = createInterface({
    input: stdin,
    output: isHidden ? nowhere : stderr,
    terminal: true,
    historySize: 0,
  })
  let isInterrupted = false
  lines.once('SIGINT', () => {
    isInterrupted = true
    lines.close()
  })
  try {
    return await new Promise<string | null>((resolve) => {
      lines.once('close', () => resolve(null))
      lines.question(isHidden ? '' : question, resolve)
    })
  } finally {
    lines.close()
    if (isHidden || isInterrupted) stderr.write('\n')
    if (isInterrupted) process.kill(process.pid, 'SIGINT')
  }
}
