import type { Clock } from '@quorate/core/base/clock'
import { BrokerError } from '@quorate/core/base/errors'
import type { FlowControl, Sender } from './flow-control.ts'
import { WAITING_SENDS_MAX } from './limits.ts'
import { shortages } from './shortage.ts'
import { WaitingSends, deadlineOf } from './waiting-sends.ts'
import type { Lack, Send, WaitingSend } from './waiting-sends.ts'

/** The connection behind a gate. */
export interface GateOwner {
  readonly isConsuming: boolean
  /** Does it, or says what it lacks: nothing has happened then. Throws what the sender is told. */
  perform(send: Send): Lack | null
  /** Nothing of it will happen. Anything but a BrokerError is a bug, and is thrown on. */
  refuse(send: Send, error: unknown): void
  pauseReading(): void
  resumeReading(): void
}

/**
 * Where the sends of one connection pass, wait or are refused.
 *
 *   performed <--- offer ---> refused           sendFailIfNoSpace; a consumer with too much waiting
 *                    |
 *                 waiting --- retry ---> performed
 *                         \-- time ----> refused  sendFailIfNoSpaceAfterTimeout
 *
 * A client that waits for its answer, or whose window runs empty, stops by itself: the rest of its
 * connection goes on. Any other is not read from, unless it consumes: its acknowledgements are what
 * makes room.
 */
export class SendGate implements Sender {
  readonly waiting = new WaitingSends()
  readonly #flow: FlowControl
  readonly #clock: Clock
  readonly #owner: GateOwner

  constructor(flow: FlowControl, clock: Clock, owner: GateOwner) {
    this.#flow = flow
    this.#clock = clock
    this.#owner = owner
  }

  get isConsuming(): boolean {
    return this.#owner.isConsuming
  }

  offer(send: Send): void {
    try {
      const before = this.#lackBefore(send)
      const lack = before ?? this.#owner.perform(send)
      if (lack !== null) this.#wait(send, lack, before !== null)
    } catch (error) {
      this.#owner.refuse(send, error)
    }
  }

  retrySends(): number {
    return this.waiting.retry((waiting) => this.#attempt(waiting))
  }

  expireSends(nowMs: number): number {
    return this.waiting.expire(nowMs, (waiting) => this.#attempt(waiting, nowMs))
  }

  pauseReading(): void {
    this.#owner.pauseReading()
  }

  resumeReading(): void {
    this.#owner.resumeReading()
  }

  close(): void {
    this.waiting.clear()
    this.#flow.forget(this)
  }

  #lackBefore({ message, transaction }: Send): Lack | null {
    return message === null
      ? this.waiting.lackWithin(transaction)
      : this.waiting.lackBefore(message.producer)
  }

  #wait(send: Send, lack: Lack, isBehind: boolean): void {
    const { policy } = lack
    // Behind another one it may find room when its turn comes.
    if (policy.sendFailIfNoSpace && !isBehind) throw noRoom(lack)
    const isFull = this.waiting.length >= WAITING_SENDS_MAX || this.#flow.isWaitingFull
    if (isFull && this.isConsuming) throw noRoom(lack)
    const waiting = { send, lack, sinceMs: this.#clock.monotonicMs() }
    this.waiting.add(waiting)
    this.#flow.waits(this, deadlineOf(waiting))
    const stopsItself = send.message === null || send.message.paced
    if ((isFull || !stopsItself) && !this.isConsuming) this.#flow.pause(this, lack.reason)
  }

  /**
   * Whether it is done, in one way or the other. With a time it is refused when its own is over.
   */
  #attempt(waiting: WaitingSend, nowMs = -Infinity): boolean {
    const { send } = waiting
    try {
      const before = send.message === null ? this.#lackBefore(send) : null
      const lack = before ?? this.#owner.perform(send)
      if (lack === null) return true
      waiting.lack = lack
      const deadlineMs = deadlineOf(waiting)
      if (lack.policy.sendFailIfNoSpace || deadlineMs <= nowMs) throw noRoom(lack)
      this.#flow.waits(this, deadlineMs)
      return false
    } catch (error) {
      this.#owner.refuse(send, error)
      return true
    }
  }
}

function noRoom({ reason, policy }: Lack): BrokerError {
  return new BrokerError('RESOURCE_LIMIT', `No room for the message: ${shortages[reason].what}.`, {
    details: { reason, afterMs: policy.sendFailIfNoSpaceAfterTimeoutMs },
  })
}
