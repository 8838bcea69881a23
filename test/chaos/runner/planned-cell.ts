import type { CellResult } from '../cell-result.ts'
import type { Fault } from '../faults/fault.ts'
import type { Workload } from '../workload.ts'

/** A workload under a fault, by the names that their tables give them. */
export interface PlannedCell {
  readonly workloadName: string
  readonly workload: Workload
  readonly faultName: string
  readonly fault: Fault
}

export function titleOf({ workloadName, faultName }: PlannedCell): string {
  return `${workloadName} x ${faultName}`
}

/** What a result says of the plan, whatever came of it. */
export function planIn(
  cell: PlannedCell,
): Pick<
  CellResult,
  'name' | 'workload' | 'fault' | 'workloadDescription' | 'faultDescription' | 'mayCost'
> {
  return {
    name: titleOf(cell),
    workload: cell.workloadName,
    fault: cell.faultName,
    workloadDescription: cell.workload.describe,
    faultDescription: cell.fault.describe,
    mayCost: cell.fault.mayCost,
  }
}
