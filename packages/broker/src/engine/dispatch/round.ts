/** A subscription, as far as sharing out messages is concerned. */
export interface Candidate<M> {
  /** Higher ones are served first. */
  readonly priority: number
  readonly exclusive: boolean
  /** Messages it can take now. */
  readonly free: number
  accepts(message: M): boolean
}

/** Who gets which message. */
export interface Round {
  /** For each message the position of its subscription, -1 for none. */
  readonly targets: readonly number[]
  /** The subscription that was served last: the next round begins behind it. */
  readonly last: number
}

/**
 * Shares out messages among subscriptions that are sorted by descending priority. Each message
 * goes to the highest priority that has room for it, in turn among equals. Stops looking when
 * nobody has room; a message that only full or unwilling subscriptions could take is skipped.
 */
export function assignRound<M>(
  messages: readonly M[],
  candidates: readonly Candidate<M>[],
  last: number,
): Round {
  const targets = new Array<number>(messages.length).fill(-1)
  const free = candidates.map((candidate) => Math.max(0, candidate.free))
  let room = free.reduce((sum, one) => sum + one, 0)
  for (let i = 0; i < messages.length && room > 0; i++) {
    const target = pick(messages[i] as M, candidates, { free, last })
    if (target === -1) continue
    targets[i] = target
    free[target] = (free[target] as number) - 1
    room--
    last = target
  }
  return { targets, last }
}

interface Standing {
  readonly free: readonly number[]
  readonly last: number
}

function pick<M>(message: M, candidates: readonly Candidate<M>[], standing: Standing): number {
  for (let from = 0; from < candidates.length;) {
    const to = endOfGroup(candidates, from)
    const size = to - from
    const inGroup = standing.last >= from && standing.last < to
    const first = inGroup ? standing.last - from + 1 : 0
    for (let step = 0; step < size; step++) {
      const position = from + ((first + step) % size)
      if (standing.free[position] === 0) continue
      if (candidates[position]?.accepts(message) === true) return position
    }
    from = to
  }
  return -1
}

function endOfGroup<M>(candidates: readonly Candidate<M>[], from: number): number {
  const priority = candidates[from]?.priority
  let to = from + 1
  while (to < candidates.length && candidates[to]?.priority === priority) to++
  return to
}

/**
 * The position of the one subscription that may be served where one of them asks to be alone, -1
 * where none does. The present one stays unless a higher priority asks.
 */
export function pickExclusive<M>(candidates: readonly Candidate<M>[], present: number): number {
  const best = candidates.findIndex((candidate) => candidate.exclusive)
  const current = candidates[present]
  if (best === -1 || current?.exclusive !== true) return best
  return (candidates[best]?.priority ?? 0) > current.priority ? best : present
}
