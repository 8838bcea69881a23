/** Says where brokers spent their time: `npm run bench:profile -- --help`. */
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseProfile, summarize } from './cpu-profile.ts'
import type { ProfileSummary, Share } from './cpu-profile.ts'

const EXIT_USAGE = 2
const help = `npm run bench:profile -- [--top N] FILE|FOLDER ...

  FILE       a .cpuprofile; FOLDER: all that are in it
  --top N    functions of each profile that are shown (20)
`

function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  const names = readdirSync(path).filter((name) => name.endsWith('.cpuprofile'))
  if (names.length === 0) throw new Error(`${path} holds no .cpuprofile`)
  return names.sort().map((name) => join(path, name))
}

function linesOf(shares: readonly Share[], { busyMicroseconds }: ProfileSummary): string[] {
  return shares.map(({ name, microseconds }) => {
    const share = ((100 * microseconds) / busyMicroseconds).toFixed(1)
    return `  ${share.padStart(5)}%  ${(microseconds / 1000).toFixed(0).padStart(7)} ms  ${name}`
  })
}

/** Shares of less than this are left out: a hundred of them say nothing. */
const SHOWN_FROM_SHARE = 0.005

function report(file: string, top: number): string {
  const summary = summarize(parseProfile(readFileSync(file, 'utf8')))
  const { totalMicroseconds, busyMicroseconds, rooms, functions } = summary
  const busy = ((100 * busyMicroseconds) / totalMicroseconds).toFixed(0)
  const shown = rooms.filter((room) => room.microseconds >= SHOWN_FROM_SHARE * busyMicroseconds)
  return [
    `${basename(file)}: ${(totalMicroseconds / 1e6).toFixed(1)} s, busy ${busy}%`,
    ...linesOf(shown, summary),
    '  --',
    ...linesOf(functions.slice(0, top), summary),
  ].join('\n')
}

try {
  const { values, positionals } = parseArgs({
    options: { top: { type: 'string', default: '20' }, help: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  if (values.help || positionals.length === 0) process.stdout.write(help)
  else {
    const top = Number(values.top)
    if (!Number.isSafeInteger(top) || top < 0) throw new Error(`--top ${values.top} is no number`)
    const reports = positionals.flatMap(filesOf).map((file) => report(file, top))
    process.stdout.write(`${reports.join('\n\n')}\n`)
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = EXIT_USAGE
}
