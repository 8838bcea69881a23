import type { FaultMark } from '../cell-result.ts'

/** What a fault does to the nodes it hits, as far as their lanes show. */
export type NodeState = 'down' | 'paused' | 'cut' | 'struck'

const words: readonly (readonly [RegExp, NodeState])[] = [
  [/clock|flipped/, 'struck'],
  [/cut off|hears|unplugged|partition/, 'cut'],
  [/paused|stopped|frozen|asleep/, 'paused'],
  [/kill|power|lost|wiped|gone|crash/, 'down'],
]

/** Read from what the fault says it did: 'b2 (leader) killed'. */
export function effectOf({ what, fault }: FaultMark): NodeState {
  const said = words.find(([word]) => word.test(what)) ?? words.find(([word]) => word.test(fault))
  return said?.[1] ?? 'struck'
}
