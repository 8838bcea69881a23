import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A step of a README: commands in a fence of `sh`, and what they print in one of `text`. */
export interface Step {
  readonly commands: string
  /** As the README has it; '' where it shows nothing. */
  readonly output: string
}

/** Fences of these languages, in order; others are neither commands nor their output. */
const fence = /^```(sh|text)\n([\s\S]*?)^```$/gm

export function stepsOf(readme: string): Step[] {
  const steps: { commands: string; output: string }[] = []
  for (const [, language, text = ''] of readme.matchAll(fence)) {
    const last = steps.at(-1)
    if (language === 'sh') steps.push({ commands: text, output: '' })
    else if (last?.output === '') last.output = text
    else throw new Error(`output that belongs to no commands: ${text}`)
  }
  return steps
}

/**
 * What two runs on two machines have in common: process ids, positions, times and ports are masked,
 * and so is who came first. Other numbers of one digit count: of brokers, of messages.
 */
export function shapeOf(output: string): string[] {
  return output
    .split('\n')
    .map((line) => {
      // Rows of a table, and what a client tells of its steady work.
      const isAllOurs = /^localhost-| confirmed after /.test(line)
      const masked = isAllOurs
        ? line.replaceAll(/\d+/g, '#')
        : line.replaceAll(/(?<=\b(epoch|after|pid|port) )\d+|\d{2,}/g, '#')
      return masked.replaceAll(/\s+/g, ' ').trim()
    })
    .filter((line) => line !== '')
    .sort()
}

/** The lines, when nothing is left to chance but process ids and times. */
export function linesOf(output: string): string[] {
  return output
    .split('\n')
    .map((line) => line.replaceAll(/(?<=\bpid )\d+|\d+(?= ms\b)/g, '#').trim())
    .filter((line) => line !== '')
}

/** Between the outputs of two steps. */
const MARK = '=== the next step ==='

export interface Play {
  /** Where the commands are typed. */
  readonly folder: string
  readonly steps: readonly Step[]
  /** What runs the shell: `unshare --net --`, for instance. */
  readonly prefix: readonly string[]
  readonly timeoutMs: number
}

/** Runs all steps in one shell; answers what each printed to standard output. */
export async function play({ folder, steps, prefix, timeoutMs }: Play): Promise<string[]> {
  const script = join(folder, 'played.sh')
  writeFileSync(script, steps.map(({ commands }) => `${commands}echo '${MARK}'\n`).join(''))
  const outputPath = join(folder, 'played.txt')
  const errorPath = join(folder, 'played-errors.txt')
  const [out, err] = [openSync(outputPath, 'w'), openSync(errorPath, 'w')]
  const [command = 'bash', ...words] = [...prefix, 'bash', script]
  const child = spawn(command, words, {
    cwd: folder,
    // Whoever starts brokers inherits these files, so that a pipe would stay open.
    stdio: ['ignore', out, err],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  await new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject))
  closeSync(out)
  closeSync(err)
  const outputs = readFileSync(outputPath, 'utf8').split(`${MARK}\n`)
  if (outputs.length !== steps.length + 1) {
    const said = `${outputs.at(-1)}${readFileSync(errorPath, 'utf8')}`
    throw new Error(`the shell ended in step ${outputs.length} of ${steps.length}:\n${said}`)
  }
  return outputs.slice(0, -1)
}
