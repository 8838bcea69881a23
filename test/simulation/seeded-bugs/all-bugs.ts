import { compactionBugs } from './compaction-bugs.ts'
import { coordinationBugs } from './coordination-bugs.ts'
import { engineBugs } from './engine-bugs.ts'
import { followingBugs } from './following-bugs.ts'
import { journalBugs } from './journal-bugs.ts'
import { leadingBugs } from './leading-bugs.ts'
import { membershipBugs } from './membership-bugs.ts'
import { nodeBugs } from './node-bugs.ts'
import type { SeededBug } from './seeded-bug.ts'
import { storeBugs } from './store-bugs.ts'
import { votingBugs } from './voting-bugs.ts'

/** By what they break. */
export const bugFamilies: readonly (readonly SeededBug[])[] = [
  votingBugs,
  leadingBugs,
  followingBugs,
  membershipBugs,
  journalBugs,
  nodeBugs,
  storeBugs,
  compactionBugs,
  engineBugs,
  coordinationBugs,
]

export const seededBugs: readonly SeededBug[] = bugFamilies.flat()

/** Throws for an unknown name. */
export function findSeededBug(name: string): SeededBug {
  const bug = seededBugs.find((candidate) => candidate.name === name)
  if (bug === undefined) throw new Error(`there is no seeded bug "${name}"`)
  return bug
}
