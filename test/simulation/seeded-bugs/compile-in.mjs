// Compiles one seeded bug into a process:
//
//   QUORATE_SEEDED_BUG=NAME node --conditions=quorate-source \
//     --import ./test/simulation/seeded-bugs/compile-in.mjs --import tsx FILE
//
// A load hook replaces the text of one source file. Hooks that were registered earlier lie deeper
// in the chain, so this one has to come before tsx: it hands out the broken TypeScript, and tsx
// transforms what it gets. The cache of tsx goes by the content, so neither the broken nor the
// sound file is ever taken for the other.
//
// Node 20 runs such hooks on a thread of their own: this file is loaded there a second time.
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

const VARIABLE = 'QUORATE_SEEDED_BUG'
/** The exit code of a process that ran without the bug that it was to have. */
export const NOT_BROKEN = 86

/** The text with all edits made. Throws when one of them does not occur exactly once. */
export function applyEdits(text, { name, file, edits }) {
  let broken = text
  for (const { from, to } of edits) {
    const count = broken.split(from).length - 1
    if (count !== 1) {
      throw new Error(`seeded bug ${name}: found ${count} times in ${file}, not once:\n${from}`)
    }
    const at = broken.indexOf(from)
    broken = broken.slice(0, at) + to + broken.slice(at + from.length)
  }
  return broken
}

/** What the hooks' thread knows: which file, what to do to it, and where to say that it is done. */
const given = { job: null }

export function initialize(data) {
  given.job = data
}

export async function load(url, context, nextLoad) {
  const { job } = given
  const loaded = await nextLoad(url, context)
  if (job === null || url.split('?')[0] !== job.url) return loaded
  const source = applyEdits(Buffer.from(loaded.source).toString('utf8'), job.bug)
  Atomics.add(job.loads, 0, 1)
  return { ...loaded, source }
}

/** A process that was to be broken and was not proves nothing: it must not look like a success. */
function complainAtExit(name, loads) {
  process.on('exit', () => {
    // The process that only starts others, each with this file, loads nothing itself.
    if (Atomics.load(loads, 0) > 0 || process.execArgv.includes('--test')) return
    process.stderr.write(`${VARIABLE}=${name}: its file was never loaded, nothing was broken\n`)
    process.exitCode = NOT_BROKEN
  })
}

async function compileIn(name) {
  // The list is TypeScript, and tsx is not at work yet: it is imported in a world of its own.
  const { tsImport } = await import('tsx/esm/api')
  const { findSeededBug } = await tsImport('./all-bugs.ts', import.meta.url)
  const bug = findSeededBug(name)
  const loads = new Int32Array(new SharedArrayBuffer(4))
  const url = new URL(`../../../${bug.file}`, import.meta.url).href
  register(import.meta.url, { data: { bug, url, loads } })
  complainAtExit(name, loads)
}

if (isMainThread && process.env[VARIABLE]) await compileIn(process.env[VARIABLE])
