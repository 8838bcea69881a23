import type { Frame } from '../../../src/replication/frames.ts'
import type { ReplicaEffect } from '../../../src/replication/replica/events.ts'

/** An effect of a replica, or the frame that it sends. */
export type TrapPoint = ReplicaEffect['type'] | Frame['type']

/** Where traps are set: moments at which a replica is between two durable states. */
export const trapPoints: readonly TrapPoint[] = [
  'append',
  'persist',
  'truncate',
  'commit',
  'openEpoch',
  'appendConfig',
  'quiesce',
  'read',
  'lead',
  'fence',
  'fenceReply',
  'sessionStart',
  'tail',
  'truncateTo',
  'matched',
  'ack',
]

/** Snaps once, at the `countdown`th effect of its kind. */
export class Trap {
  readonly strike: () => void
  readonly #point: TrapPoint
  #countdown: number

  constructor(point: TrapPoint, countdown: number, strike: () => void) {
    this.strike = strike
    this.#point = point
    this.#countdown = countdown
  }

  /** True once: the owner forgets the trap, and strikes. */
  snaps(effect: ReplicaEffect): boolean {
    const isSent = effect.type === 'send' && effect.frame.type === this.#point
    if (effect.type !== this.#point && !isSent) return false
    return --this.#countdown === 0
  }
}
