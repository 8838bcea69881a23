import type { Election } from '../api/answers.ts'

/** Somebody led, or nobody did, from one moment to another; as parts of the whole time shown. */
export interface Reign {
  readonly epoch: number
  /** null: nobody led. */
  readonly leader: string | null
  /** Where it begins, and how long it is: 0 to 1. */
  readonly begin: number
  readonly length: number
}

/**
 * Who led when, from the first election that is known to now; the oldest first. The clock of who
 * looks may be behind the nodes': the last that they tell of is not later than now.
 */
export function reignsOf(elections: readonly Election[], clockMs: number): readonly Reign[] {
  const first = elections[0]
  const last = elections.at(-1)
  if (first === undefined || last === undefined) return []
  const nowMs = Math.max(clockMs, Date.parse(last.servingAt ?? last.noticedAt))
  const beganMs = Date.parse(first.noticedAt)
  const span = Math.max(1, nowMs - beganMs)
  const part = (fromMs: number, toMs: number) => ({
    begin: (fromMs - beganMs) / span,
    length: Math.max(0, toMs - fromMs) / span,
  })
  return elections.flatMap(({ epoch, leader, noticedAt, servingAt }, at) => {
    const following = elections[at + 1]
    const endMs = following === undefined ? nowMs : Date.parse(following.noticedAt)
    const noticedMs = Date.parse(noticedAt)
    const servedMs = leader === null || servingAt === null ? endMs : Date.parse(servingAt)
    return [
      { epoch, leader: null, ...part(noticedMs, Math.min(servedMs, endMs)) },
      { epoch, leader, ...part(servedMs, endMs) },
    ].filter(({ length }) => length > 0)
  })
}
