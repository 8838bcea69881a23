import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { play, shapeOf } from './played-readme.ts'
import type { Step } from './played-readme.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const tutorial = join('examples', 'zookeeper-cluster')
const TIMEOUT_MS = 240_000
const PORT_ANSWERS_WITHIN_MS = 1000

/** Ports that the tutorial's files name. */
const ports = [2191, 2192, 2193, 8161, 8162, 8163, 61_616, 61_617, 61_618, 63_631, 63_632, 63_633]

/** A network and a table of processes of their own: all that was started ends with the shell. */
const privately = [
  ...['setpriv', '--pdeathsig', 'KILL'],
  ...['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', '--'],
  ...['sh', '-c', 'ip link set lo up && exec "$@"', 'sh'],
]

function canBePrivate(): boolean {
  const [command = '', ...words] = privately
  return canRun(command, [...words, 'true'])
}

function canRun(command: string, words: readonly string[]): boolean {
  try {
    execFileSync(command, words, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Why its page's own commands cannot run here; false when they can. */
export function withoutPrograms(): string | false {
  const packages = { curl: 'curl', ps: 'procps', setsid: 'util-linux' }
  const missing = Object.entries(packages).filter(([program]) => !canRun(program, ['--version']))
  const [first] = missing
  return first === undefined ? false : `needs ${first[0]} (Debian: ${first[1]})`
}

async function takenPorts(): Promise<number[]> {
  const states = await Promise.all(
    ports.map(async (port) => ({ port, taken: await answers(port) })),
  )
  return states.filter(({ taken }) => taken).map(({ port }) => port)
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: PORT_ANSWERS_WITHIN_MS })
    const end = (isTaken: boolean): void => {
      socket.destroy()
      resolve(isTaken)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}

/** A clone with nothing but the tutorial in it, as it is before the first start. */
function copyOfTutorial(): string {
  const clone = mkdtempSync(join(tmpdir(), 'quorate-tutorial-'))
  mkdirSync(join(clone, 'examples'))
  const written = /\/data\/|\/data$|\/coordination$|\.(log|pid)$/
  cpSync(join(root, tutorial), join(clone, tutorial), {
    recursive: true,
    filter: (path) => /\/zk0\d\/data(\/myid)?$/.test(path) || !written.test(path),
  })
  for (const name of ['packages', 'node_modules', 'package.json']) {
    symlinkSync(join(root, name), join(clone, name))
  }
  return clone
}

export function tutorialPage(name: string): string {
  return readFileSync(join(root, tutorial, name), 'utf8')
}

/** Plays the steps on a copy of the folder, and compares what they print. */
export async function playTutorial(
  t: TestContext,
  steps: readonly Step[],
  comparable: (output: string) => string[] = shapeOf,
): Promise<void> {
  const isPrivate = canBePrivate()
  const taken = isPrivate ? [] : await takenPorts()
  if (taken.length > 0) {
    t.skip(`needs root, or these ports: ${taken.join(', ')}`)
    return
  }
  const clone = copyOfTutorial()
  const folder = join(clone, tutorial)
  try {
    const prefix = isPrivate ? privately : []
    const outputs = await play({ folder, steps, prefix, timeoutMs: TIMEOUT_MS })
    for (const [at, { commands, output }] of steps.entries()) {
      const said = outputs[at] ?? ''
      const message = `${commands}printed\n${said}\nand the page says\n${output}`
      assert.deepEqual(comparable(said), comparable(output), message)
    }
  } finally {
    if (!isPrivate) {
      for (const script of ['amq_batch.sh', 'zk_batch.sh']) {
        execFileSync(join(folder, script), ['stop'], { stdio: 'ignore' })
      }
    }
    rmSync(clone, { recursive: true, force: true, maxRetries: 3 })
  }
}
