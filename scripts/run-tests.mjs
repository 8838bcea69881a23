// Runs suites of tests: node scripts/run-tests.mjs SUITE [part of a path ...] [--fail-on-skip]
//
// Node 20's --test takes no globs, and several suites shall end in one summary: so the files are
// listed here, each stage runs in a node --test of its own, and the counts are added up.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const MINUTE_MS = 60_000

/**
 * concurrency: test files at a time. needsBuild: starts the quorate command from dist.
 * needsConsole: shows its pages. timeoutMs: of one file, so that a test that hangs ends.
 */
const stages = {
  unit: {
    folders: [
      ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/test`),
      'scripts',
      'bench',
    ],
    concurrency: 2,
    timeoutMs: 2 * MINUTE_MS,
  },
  conformance: { folders: ['test/conformance'], concurrency: 2, timeoutMs: 2 * MINUTE_MS },
  smoke: {
    folders: ['test/smoke'],
    concurrency: 1,
    timeoutMs: 3 * MINUTE_MS,
    needsBuild: true,
  },
  interop: {
    folders: ['test/interop'],
    concurrency: 1,
    timeoutMs: 15 * MINUTE_MS,
    needsBuild: true,
  },
  browser: {
    folders: ['test/browser'],
    concurrency: 1,
    timeoutMs: 3 * MINUTE_MS,
    needsBuild: true,
    needsConsole: true,
  },
  cluster: {
    folders: ['test/cluster'],
    concurrency: 1,
    timeoutMs: 25 * MINUTE_MS,
    needsBuild: true,
  },
  'crash-points': { folders: ['test/crash-points'], concurrency: 2, timeoutMs: 5 * MINUTE_MS },
  simulation: { folders: ['test/simulation'], concurrency: 2, timeoutMs: 15 * MINUTE_MS },
  chaos: {
    folders: ['test/chaos'],
    concurrency: 1,
    timeoutMs: 20 * MINUTE_MS,
    needsBuild: true,
  },
}

const suites = {
  ...Object.fromEntries(Object.keys(stages).map((name) => [name, [name]])),
  quick: ['unit', 'conformance', 'smoke'],
  all: Object.keys(stages),
}

function fail(message) {
  console.error(message)
  process.exit(2)
}

function readArguments(words) {
  const known = ['--fail-on-skip', '--list']
  const flags = words.filter((word) => word.startsWith('--'))
  const unknown = flags.find((flag) => !known.includes(flag))
  if (unknown !== undefined) fail(`unknown flag ${unknown}: ${known.join(', ')}`)
  const [suite = '', ...filters] = words.filter((word) => !word.startsWith('--'))
  if (!Object.hasOwn(suites, suite)) {
    fail(`unknown suite "${suite}": ${Object.keys(suites).join(', ')}`)
  }
  return {
    stageNames: suites[suite],
    filters,
    failOnSkip: flags.includes('--fail-on-skip'),
    listOnly: flags.includes('--list'),
  }
}

function testFiles(folder) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : testFiles(path)
      return entry.name.endsWith('.test.ts') ? [path] : []
    })
}

function filesOf(stageName, filters) {
  const files = stages[stageName].folders.flatMap(testFiles)
  return files.filter((file) => filters.length === 0 || filters.some((part) => file.includes(part)))
}

function build(name, script, args) {
  const command = [join(root, 'node_modules', script), ...args]
  const result = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' })
  if (result.status !== 0) fail(`the build of the ${name} failed: these suites cannot run`)
}

/** Runs one node --test; resolves to its exit code, counts and skips. */
function runStage(stageName, files, folder) {
  const { concurrency, timeoutMs } = stages[stageName]
  const countsPath = join(folder, `${stageName}.json`)
  const child = spawn(
    process.execPath,
    [
      '--conditions=quorate-source',
      '--import',
      'tsx',
      '--test',
      `--test-concurrency=${concurrency}`,
      `--test-timeout=${timeoutMs}`,
      `--test-reporter=${new URL('test-reporter.mjs', import.meta.url)}`,
      '--test-reporter-destination=stdout',
      ...files,
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, QUORATE_TEST_COUNTS: countsPath } },
  )
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      const told = existsSync(countsPath) ? JSON.parse(readFileSync(countsPath, 'utf8')) : {}
      resolve({ exitCode: code ?? 1, counts: told.counts ?? {}, skips: told.skips ?? [] })
    })
  })
}

/** The summary that node:test would print at the end of one run. */
function printSummary(results, startedMs) {
  const names = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo']
  for (const name of names) {
    const total = results.reduce((sum, { counts }) => sum + (counts[name] ?? 0), 0)
    console.log(`ℹ ${name} ${total}`)
  }
  console.log(`ℹ duration_ms ${Math.round(performance.now() - startedMs)}`)
}

const { stageNames, filters, failOnSkip, listOnly } = readArguments(process.argv.slice(2))
const planned = stageNames
  .map((stageName) => ({ stageName, files: filesOf(stageName, filters) }))
  .filter(({ files }) => files.length > 0)
if (listOnly) {
  for (const { files } of planned) console.log(files.join('\n'))
  process.exit(0)
}
if (planned.length === 0)
  fail(`no test files: ${stageNames.join(', ')} ${filters.join(' ')}`.trim())

const startedMs = performance.now()
const folder = mkdtempSync(join(tmpdir(), 'quorate-tests-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
// A Ctrl-C reaches node --test as well; we stay to print what there is.
process.on('SIGINT', () => {})
const plannedStages = planned.map(({ stageName }) => stages[stageName])
if (plannedStages.some(({ needsBuild }) => needsBuild)) {
  build('broker', 'typescript/bin/tsc', ['-b'])
}
if (plannedStages.some(({ needsConsole }) => needsConsole)) {
  build('console', 'vite/bin/vite.js', ['build', 'packages/console', '--logLevel', 'warn'])
}

const results = []
for (const { stageName, files } of planned) {
  console.log(`\n${stageName}: ${files.length} files`)
  results.push(await runStage(stageName, files, folder))
}
const skips = results.flatMap((result) => result.skips)
console.log('')
for (const { file, name, why } of skips)
  console.log(`skipped: ${relative('.', file)} ${name} ${why}`)
printSummary(results, startedMs)
const failed = results.find(({ exitCode }) => exitCode !== 0)
if (failOnSkip && skips.length > 0) console.error(`${skips.length} skipped, and none may be`)
process.exit(failed?.exitCode ?? (failOnSkip && skips.length > 0 ? 1 : 0))
