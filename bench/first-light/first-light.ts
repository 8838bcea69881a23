/**
 * How many 1 KB persistent sends a second are confirmed by a cluster of three, and by a stock
 * ActiveMQ on the same machine in the same run? See bench/README.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startCluster } from '../../test/support/cluster.ts'
import { activemqMissing } from '../../test/support/failover-programs.ts'
import { StockActiveMq } from '../../test/support/stock-activemq.ts'
import { surroundings } from '../surroundings.ts'
import { Ceiling } from './ceiling.ts'
import type { RateRun, Scenario, Timing } from './rates-client.ts'
import { measureRates } from './rates-client.ts'

const scenarios: readonly Scenario[] = [
  { name: 'one at a time', senders: 1, window: 1 },
  { name: '64 senders', senders: 64, window: 1 },
  { name: '1,000 in flight', senders: 1, window: 1000 },
]

const systems = ['quorate', 'activemq', 'ceiling'] as const
type System = (typeof systems)[number]

const titles: Readonly<Record<System, string>> = {
  quorate: 'Quorate, 3 brokers, quorum_disk',
  activemq: 'ActiveMQ 5.17.2, 1 broker, KahaDB with disk sync',
  ceiling: 'bare Node, 3 files, fdatasync on 2 of 3, no broker',
}

interface Measurement extends RateRun {
  readonly system: System
  readonly scenario: string
  readonly round: number
  readonly perSecond: number
}

interface Summary {
  readonly system: System
  readonly scenario: string
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

type Measure = (scenario: Scenario, round: number) => Promise<RateRun>
type Measures = Readonly<Record<System, Measure>>

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const low = sorted[Math.floor(middle)] ?? Number.NaN
  const high = sorted[Math.ceil(middle)] ?? Number.NaN
  return (low + high) / 2
}

/** The systems take turns within each scenario, and who goes first alternates. */
async function measureAll(measures: Measures, rounds: number): Promise<Measurement[]> {
  const all: Measurement[] = []
  for (let round = 1; round <= rounds; round++) {
    for (const scenario of scenarios) {
      for (const system of round % 2 === 1 ? systems : systems.toReversed()) {
        const run = await measures[system](scenario, round)
        const perSecond = Math.round(run.confirmed / run.seconds)
        all.push({ system, scenario: scenario.name, round, perSecond, ...run })
        process.stderr.write(`round ${round}, ${scenario.name}, ${system}: ${perSecond}/s\n`)
      }
    }
  }
  return all
}

function summarize(measurements: readonly Measurement[]): Summary[] {
  return systems.flatMap((system) =>
    scenarios.map(({ name }) => {
      const runs = measurements.filter((run) => run.system === system && run.scenario === name)
      return {
        system,
        scenario: name,
        perSecond: Math.round(median(runs.map((run) => run.perSecond))),
        p50Ms: median(runs.map((run) => run.p50Ms ?? Number.NaN)),
        p99Ms: median(runs.map((run) => run.p99Ms ?? Number.NaN)),
      }
    }),
  )
}

function cell({ perSecond, p50Ms, p99Ms }: Summary): string {
  const rate = perSecond.toLocaleString('en-US')
  if (Number.isNaN(p50Ms)) return `${rate}/s`
  return `${rate}/s, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`
}

function table(summaries: readonly Summary[]): string {
  const rows = systems.map((system) => {
    const own = summaries.filter((summary) => summary.system === system)
    return `| ${[titles[system], ...own.map(cell)].join(' | ')} |`
  })
  const names = scenarios.map((scenario) => scenario.name)
  return [
    `| confirmed 1 KB persistent sends | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---').join('|')}|`,
    ...rows,
  ].join('\n')
}

function writeResult(result: object): void {
  const folder = fileURLToPath(new URL('../results/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}first-light.json`, `${JSON.stringify(result, null, 2)}\n`)
}

function rateOf(uri: string, timing: Timing): Measure {
  return (scenario, round) => {
    const queue = `first-light-${round}-${scenario.senders}-${scenario.window}`
    return measureRates({ uri, queue }, scenario, timing)
  }
}

/** Starts everything that is measured, and ends it. */
async function withSystems(timing: Timing, test: (measures: Measures) => Promise<void>) {
  const running: { dispose(): Promise<void> }[] = []
  try {
    const stock = await StockActiveMq.start()
    running.push(stock)
    const ceiling = await Ceiling.start()
    running.push(ceiling)
    const cluster = await startCluster({ logSize: '100mb' })
    running.push(cluster)
    await test({
      quorate: rateOf(cluster.clientUri(), timing),
      activemq: rateOf(`failover:(${stock.uri})`, timing),
      ceiling: (scenario) => ceiling.measure(scenario, timing),
    })
  } finally {
    await Promise.all(running.map((system) => system.dispose()))
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      'warmup-ms': { type: 'string', default: '3000' },
      'measure-ms': { type: 'string', default: '5000' },
    },
  })
  const absent = activemqMissing()
  if (absent !== false) {
    process.stdout.write(`Absent, nothing measured: the client ${absent}.\n`)
    return
  }
  const config = {
    rounds: Number(values.rounds),
    warmupMs: Number(values['warmup-ms']),
    measureMs: Number(values['measure-ms']),
  }
  await withSystems(config, async (measures) => {
    const measurements = await measureAll(measures, config.rounds)
    const summaries = summarize(measurements)
    const about = surroundings()
    process.stdout.write(`${table(summaries)}\n\n`)
    process.stdout.write(`${about.machine}; Node ${about.node}; commit ${about.commit}; `)
    process.stdout.write(`medians of ${config.rounds} rounds of ${config.measureMs / 1000} s.\n`)
    writeResult({ question: 'first-light', ...about, config, summaries, measurements })
  })
}

await main()
