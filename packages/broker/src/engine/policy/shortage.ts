/**
 * Why a sender has to wait, or is refused. Each reason is one row: what is used up, whose sends it
 * concerns, what these meet, and what is told to those that are refused.
 *
 *   pause   the connection is not read from until the reason has gone; what was sent is taken
 *   wait    the send waits, and with it its answer and the later sends of its producer; the
 *           connection of a sender that does not wait for answers is not read from meanwhile.
 *           With `sendFailIfNoSpace` it is refused instead, with RESOURCE_LIMIT
 *
 * `uncommitted`, `memory` and `destination` are looked up where they are counted. `store` and
 * `temp` are switched by whoever watches the disk: `FlowControl.setShort(reason, true)` when it
 * appears, `false` when it disappears; the rest follows.
 */
export type Shortage = 'uncommitted' | 'memory' | 'destination' | 'store' | 'temp'

/** Reasons that somebody outside of the engine knows of. */
export type SwitchedShortage = 'store' | 'temp'

export interface ShortageRow {
  /** For people, and for the senders that are refused. */
  readonly what: string
  /** Whose sends: everybody's, of what memory alone is to hold, of what is to be stored. */
  readonly concerns: 'all' | 'memory-only' | 'stored'
  readonly meets: 'pause' | 'wait'
}

export const shortages: Readonly<Record<Shortage, ShortageRow>> = {
  uncommitted: { what: 'too much is uncommitted', concerns: 'all', meets: 'pause' },
  memory: { what: "the broker's memoryLimit is reached", concerns: 'memory-only', meets: 'wait' },
  destination: {
    what: "the destination's memoryLimit is reached",
    concerns: 'memory-only',
    meets: 'wait',
  },
  store: { what: 'the store has no space', concerns: 'stored', meets: 'wait' },
  temp: { what: 'the temporary store has no space', concerns: 'memory-only', meets: 'wait' },
}

/** What a send asks for. */
export interface SendNeeds {
  /** Some of it waits in memory until it is acknowledged. */
  readonly usesMemory: boolean
  /** Some of it becomes a record of the log. */
  readonly usesStore: boolean
}

export function concerns(reason: Shortage, needs: SendNeeds): boolean {
  const row = shortages[reason]
  if (row.concerns === 'all') return true
  return row.concerns === 'stored' ? needs.usesStore : needs.usesMemory
}
