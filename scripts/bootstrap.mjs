// Dependency-free: makes `npm start` and `npm test` work on a fresh clone. Installs when the lock
// file changed since the last install, builds when a source changed since the last build, then runs
// the command that was asked for.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stampFolder = join(root, 'node_modules')

function requireNode(minimumMajor, minimumMinor) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > minimumMajor || (major === minimumMajor && minor >= minimumMinor)) return
  console.error(
    `Quorate needs Node ${minimumMajor}.${minimumMinor} or later; this is ${process.version}.`,
  )
  process.exit(2)
}

function run(label, command, args) {
  process.stderr.write(`${label} ...\n`)
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (result.error !== undefined) throw result.error
  if (result.status !== 0) {
    console.error(`${label} failed: ${command} ${args.join(' ')}`)
    process.exit(result.status ?? 1)
  }
}

function stamped(name, fingerprint, work) {
  const stamp = join(stampFolder, `.quorate-${name}`)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return
  work()
  mkdirSync(stampFolder, { recursive: true })
  writeFileSync(stamp, fingerprint)
}

function fingerprintOf(paths) {
  const hash = createHash('sha256')
  for (const path of paths) hash.update(path).update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

function sources(folder) {
  const found = []
  for (const name of readdirSync(join(root, folder)).sort()) {
    const path = join(folder, name)
    if (statSync(join(root, path)).isDirectory()) found.push(...sources(path))
    else if (/\.(tsx?|json|css|svg)$/.test(name)) found.push(path)
  }
  return found
}

function install() {
  stamped('installed', fingerprintOf(['package-lock.json']), () =>
    run('Installing dependencies', 'npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts']),
  )
}

function build() {
  const inputs = [
    'tsconfig.base.json',
    'tsconfig.json',
    ...['core', 'broker'].flatMap((name) => [
      `packages/${name}/package.json`,
      `packages/${name}/tsconfig.json`,
      ...sources(`packages/${name}/src`),
    ]),
  ]
  builtOf('built', 'packages/broker/dist/cli/main.js', inputs, () =>
    run('Building', process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b']),
  )
}

function buildConsole() {
  const folder = 'packages/console'
  const inputs = [
    ...['index.html', 'package.json', 'tsconfig.json', 'vite.config.js'].map(
      (name) => `${folder}/${name}`,
    ),
    ...sources(`${folder}/src`),
    ...sources(`${folder}/public`),
    'package-lock.json',
  ]
  builtOf('console', 'packages/broker/dist/console/index.html', inputs, () =>
    run('Building the console', process.execPath, [
      join(root, 'node_modules/vite/bin/vite.js'),
      ...['build', folder, '--logLevel', 'warn'],
    ]),
  )
}

/** Builds when an input has changed, or when what is built was taken away. */
function builtOf(name, product, inputs, work) {
  const built = existsSync(join(root, product))
  const fingerprint = fingerprintOf(inputs)
  stamped(name, built ? fingerprint : '', work)
  if (!built) writeFileSync(join(stampFolder, `.quorate-${name}`), fingerprint)
}

/** Runs in the foreground; signals reach the child, whose exit code becomes ours. */
function become(args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // From a terminal the child has the signal already; a second one would mean "at once".
    process.on(signal, () => {
      if (!process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (signal === null ? 1 : constants.signals[signal]))
  })
}

requireNode(20, 19)
const [verb, ...rest] = process.argv.slice(2)
install()
build()
buildConsole()
if (verb === 'start') become(['packages/broker/dist/cli/main.js', 'up', ...rest])
else if (verb === 'test') become(['scripts/run-tests.mjs', 'quick', ...rest])
else if (verb === 'build') process.stderr.write('Ready.\n')
else {
  console.error(`unknown verb "${verb}": start, test or build`)
  process.exit(2)
}
