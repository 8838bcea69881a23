import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { CellResult } from '../cell-result.ts'
import { ChaosCluster } from '../cluster/chaos-cluster.ts'
import type { EquipmentName } from '../cluster/equipment.ts'
import { equipmentMissing, makeEquipment } from '../cluster/make-equipment.ts'
import type { Network } from '../hosts/network.ts'
import { runCell } from './cell.ts'
import type { PlannedCell } from './planned-cell.ts'
import { planIn } from './planned-cell.ts'

export interface MatrixOptions {
  readonly cells: readonly PlannedCell[]
  readonly network: Network
  readonly rounds: number
  readonly sync: string
  /** Results: one folder a cell. */
  readonly out: string
  /** Data of brokers and servers: gone at the end. */
  readonly workDirectory: string
  readonly random: () => number
  readonly onProgress: (cell: number, what: string) => void
  readonly onResult: (result: CellResult) => void
}

/** Cells with the same equipment next to each other, so that they can share a cluster. */
export function inOrder(cells: readonly PlannedCell[]): PlannedCell[] {
  const names = [...new Set(cells.map(({ fault }) => fault.equipment))]
  return names.flatMap((name) => cells.filter(({ fault }) => fault.equipment === name))
}

/** Runs the cells one after the other, each on the last one's cluster if that is still sound. */
export async function runMatrix(options: MatrixOptions): Promise<CellResult[]> {
  const results: CellResult[] = []
  const clusters = new SharedCluster(options)
  try {
    for (const [at, cell] of options.cells.entries()) {
      const result = await runOne(options, { cell, at, clusters })
      results.push(result)
      options.onResult(result)
    }
  } finally {
    await clusters.dispose()
  }
  return results
}

interface Place {
  readonly cell: PlannedCell
  readonly at: number
  readonly clusters: SharedCluster
}

async function runOne(options: MatrixOptions, place: Place): Promise<CellResult> {
  const { cell, at, clusters } = place
  const { equipment } = cell.fault
  const missing = equipmentMissing(equipment)
  if (missing !== false) return notRun(options, cell, { outcome: 'skipped', reason: missing })
  const tell = (what: string): void => options.onProgress(at, what)
  const directory = join(options.out, `${cell.workloadName}--${cell.faultName}`)
  mkdirSync(directory, { recursive: true })
  try {
    tell('starting the cluster')
    const cluster = await clusters.equippedWith(equipment)
    const { rounds, sync } = options
    const result = await runCell({ ...cell, cluster, rounds, sync, directory, id: `c${at}`, tell })
    writeFileSync(join(directory, 'cell.json'), `${JSON.stringify(result, null, 2)}\n`)
    if (result.outcome !== 'passed') await clusters.giveUp(directory)
    return result
  } catch (error) {
    await clusters.giveUp(directory)
    const reason = error instanceof Error ? error.message : String(error)
    return notRun(options, cell, { outcome: 'broken', reason })
  }
}

/** One cluster at a time, used again as long as its equipment fits and nothing went wrong. */
class SharedCluster {
  readonly #options: MatrixOptions
  #cluster: ChaosCluster | null = null
  #started = 0

  constructor(options: MatrixOptions) {
    this.#options = options
  }

  async equippedWith(name: EquipmentName): Promise<ChaosCluster> {
    if (this.#cluster?.equipment.name === name) return this.#cluster
    await this.dispose()
    const { workDirectory, network, sync, random } = this.#options
    const directory = join(workDirectory, `cluster${++this.#started}`)
    mkdirSync(directory)
    const equipment = makeEquipment(name, directory)
    this.#cluster = await ChaosCluster.start({ network, directory, equipment, sync, random })
    return this.#cluster
  }

  /** Keeps what the brokers leave behind, and starts afresh for the next cell. */
  async giveUp(directory: string): Promise<void> {
    const cluster = this.#cluster
    if (cluster === null) return
    await cluster.killAll()
    const isWorthKeeping = (path: string): boolean => !path.includes(`${sep}index${sep}`)
    cpSync(cluster.cluster.directory, join(directory, 'cluster'), {
      recursive: true,
      filter: isWorthKeeping,
    })
    await this.dispose()
  }

  async dispose(): Promise<void> {
    const cluster = this.#cluster
    this.#cluster = null
    await cluster?.dispose()
    if (cluster !== null) rmSync(cluster.cluster.directory, { recursive: true, force: true })
  }
}

function notRun(
  { rounds, sync }: MatrixOptions,
  cell: PlannedCell,
  why: Pick<CellResult, 'outcome' | 'reason'>,
): CellResult {
  return {
    ...planIn(cell),
    ...why,
    startedAt: new Date().toISOString(),
    durationMs: 0,
    sync,
    rounds,
    timeline: { phases: [], faults: [], leaders: [], throughput: [] },
    counts: {},
    violations: [],
    unavailability: [],
    logComparison: { outcome: 'not compared', message: '', positions: {} },
    files: [],
  }
}
