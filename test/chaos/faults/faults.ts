import { bitFlips } from './bit-flips.ts'
import { clockJumps } from './clock-jumps.ts'
import { diskFaults } from './disk-faults.ts'
import type { Fault } from './fault.ts'
import { fullDisks } from './full-disks.ts'
import { kills } from './kills.ts'
import { lostDisks } from './lost-disks.ts'
import { partitions } from './partitions.ts'
import { pauses } from './pauses.ts'
import { slowLinks } from './slow-links.ts'

/** Every fault, by the name that --fault takes. */
export const faults: Readonly<Record<string, Fault>> = {
  ...kills,
  ...pauses,
  ...partitions,
  ...slowLinks,
  ...clockJumps,
  ...lostDisks,
  ...bitFlips,
  ...fullDisks,
  ...diskFaults,
}
