import { clockFaults } from './clock-faults.ts'
import { combinedFaults } from './combined-faults.ts'
import { compactionFaults } from './compaction-faults.ts'
import { coordinationFaults } from './coordination-faults.ts'
import { diskFaults } from './disk-faults.ts'
import { networkFaults } from './network-faults.ts'
import { processFaults } from './process-faults.ts'
import { storeFaults } from './store-faults.ts'

/** Everything that goes wrong, by name. Each history draws which of these exist in it. */
export const faults = {
  ...processFaults,
  ...networkFaults,
  ...diskFaults,
  ...clockFaults,
  ...coordinationFaults,
  ...combinedFaults,
  ...storeFaults,
  ...compactionFaults,
} as const

export type FaultName = keyof typeof faults
