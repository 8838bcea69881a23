/**
 * `npm run chaos`: real brokers and a real ZooKeeper ensemble on hosts made with network
 * namespaces, under load, under faults; `npm run chaos -- --help` tells the flags.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { hostNames } from './cluster/chaos-cluster.ts'
import { faults } from './faults/faults.ts'
import { Network } from './hosts/network.ts'
import { isInside, runInside } from './hosts/private-namespaces.ts'
import { missingRequirements } from './hosts/requirements.ts'
import { makeWorkDirectory, removeLeftovers } from './hosts/work-directory.ts'
import { chooseCells } from './runner/choose-cells.ts'
import { inOrder, runMatrix } from './runner/matrix.ts'
import { Progress } from './runner/progress.ts'
import { seededRandom } from './runner/seeded-random.ts'
import { ResultWriter } from './runner/result-writer.ts'
import { writeReport } from './report/write-report.ts'
import { workloads } from './workloads/workloads.ts'

const EXIT_VIOLATED = 1
const EXIT_USAGE = 2
/** As the shell has it for a Ctrl-C. */
const EXIT_INTERRUPTED = 130

const help = `npm run chaos -- [flags]

  --workload NAME   only this workload; may be repeated
  --fault NAME      only this fault; may be repeated
  --cell W:F        only this workload under this fault; may be repeated
  --rounds N        strikes in a cell (3)
  --sync MODE       what a confirmation promises (quorum_disk)
  --seed N          for what faults choose by chance
  --out DIR         results, histories, logs, report.txt and report.html (.build/chaos)
  --json            the results on standard output
  --list            the workloads and faults
`

function readFlags(): ReturnType<typeof parseFlags> {
  try {
    return parseFlags()
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

function parseFlags() {
  const { values } = parseArgs({
    options: {
      workload: { type: 'string', multiple: true, default: [] },
      fault: { type: 'string', multiple: true, default: [] },
      cell: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string', default: '3' },
      sync: { type: 'string', default: 'quorum_disk' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      out: { type: 'string', default: '.build/chaos' },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return values
}

function fail(message: string): never {
  console.error(`${message}\n\n${help}`)
  process.exit(EXIT_USAGE)
}

function list(): void {
  console.log('Workloads:')
  for (const [name, { describe }] of Object.entries(workloads))
    console.log(`  ${name}: ${describe}`)
  console.log('Faults:')
  for (const [name, fault] of Object.entries(faults)) {
    console.log(`  ${name}: ${fault.describe}\n    may cost: ${fault.mayCost}`)
  }
}

const flags = readFlags()
const rounds = Number(flags.rounds)
if (!Number.isInteger(rounds) || rounds < 1) fail('--rounds takes a number from 1 on')
const chosen = chooseCells({ workloads, faults }, flags)
if (typeof chosen === 'string') fail(chosen)

if (flags.help || flags.list) {
  if (flags.help) console.log(help)
  else list()
  process.exit()
}

const missing = missingRequirements()
if (missing.length > 0) {
  console.error(`chaos cannot run here:\n${missing.map((reason) => `  ${reason}`).join('\n')}`)
  process.exit(EXIT_USAGE)
}

if (!isInside()) {
  removeLeftovers()
  const exitCode = await runInside()
  removeLeftovers()
  process.exit(exitCode)
}

const cells = inOrder(chosen)
mkdirSync(flags.out, { recursive: true })
const progress = new Progress(cells)
const writer = new ResultWriter(flags.out, flags.sync)
// Children are dead by now (see ManagedProcess), hosts and mounts go with this process.
process.on('SIGINT', () => process.exit(EXIT_INTERRUPTED))
process.on('SIGTERM', () => process.exit(EXIT_INTERRUPTED))
process.on('exit', () => {
  if (writer.result.cells.length === 0) return
  writeReport(flags.out, writer.result)
  console.error(`report: ${join(flags.out, 'report.html')}`)
})

console.error(`seed ${flags.seed}, ${cells.length} cells of ${rounds} rounds`)
const results = await runMatrix({
  cells,
  rounds,
  network: await Network.open(hostNames),
  sync: flags.sync,
  out: flags.out,
  workDirectory: makeWorkDirectory(),
  random: seededRandom(Number(flags.seed)),
  onProgress: (at, what) => progress.tell(at, what),
  onResult: (result) => {
    progress.finish(result)
    writer.add(result)
  },
})
progress.summary(results)
if (flags.json) process.stdout.write(`${JSON.stringify(writer.result, null, 2)}\n`)
const isSound = results.every(({ outcome }) => outcome === 'passed' || outcome === 'skipped')
process.exit(isSound ? 0 : EXIT_VIOLATED)
