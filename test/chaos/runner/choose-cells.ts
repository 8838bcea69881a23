import type { Fault } from '../faults/fault.ts'
import type { Workload } from '../workload.ts'
import type { PlannedCell } from './planned-cell.ts'

export interface Tables {
  readonly workloads: Readonly<Record<string, Workload>>
  readonly faults: Readonly<Record<string, Fault>>
}

export interface Choice {
  /** Names; empty = all. */
  readonly workload: readonly string[]
  readonly fault: readonly string[]
  /** 'workload:fault'; instead of the two. */
  readonly cell: readonly string[]
}

/** The cells of the matrix that were asked for, or a sentence that says what there is not. */
export function chooseCells(tables: Tables, choice: Choice): PlannedCell[] | string {
  const pairs = choice.cell.length > 0 ? choice.cell.map(pairOf) : allPairs(tables, choice)
  const cells: PlannedCell[] = []
  for (const [workloadName, faultName] of pairs) {
    const workload = tables.workloads[workloadName]
    const fault = tables.faults[faultName]
    if (workload === undefined) return `there is no workload "${workloadName}": see --list`
    if (fault === undefined) return `there is no fault "${faultName}": see --list`
    cells.push({ workloadName, workload, faultName, fault })
  }
  return cells
}

type Pair = readonly [workload: string, fault: string]

function pairOf(words: string): Pair {
  const [workload = '', fault = ''] = words.split(':')
  return [workload, fault]
}

function allPairs({ workloads, faults }: Tables, choice: Choice): Pair[] {
  const names = choice.workload.length > 0 ? choice.workload : Object.keys(workloads)
  const faultNames = choice.fault.length > 0 ? choice.fault : Object.keys(faults)
  return faultNames.flatMap((fault) => names.map((workload) => [workload, fault] as const))
}
