import { Deque } from '@quorate/core/base/deque'
import { NO_RECEIPT } from '../client.ts'
import type { Message, Receipt, WaitingLoad } from '../client.ts'
import { stay } from '../dispatch/own-memory.ts'
import type { DestinationPolicy } from './destination-policy.ts'
import { ENTRY_MEMORY_BYTES } from './limits.ts'
import type { Shortage } from './shortage.ts'

/** A send as a client asks for it, or the commit of a transaction. */
export interface Send {
  /** null for the commit of `transaction`. */
  readonly message: Message | null
  /** '' outside of transactions. */
  readonly transaction: string
  readonly receipt: Receipt
}

/** What a send finds used up, and what is to become of it. */
export interface Lack {
  readonly reason: Shortage
  readonly policy: DestinationPolicy
}

/** A send that finds no room. Nothing of it has happened. */
export interface WaitingSend {
  readonly send: Send
  /** Behind another one that one's, until its own turn comes. */
  lack: Lack
  /** On the monotonic clock. */
  readonly sinceMs: number
}

/** On the monotonic clock: when it is refused; Infinity = never. */
export function deadlineOf({ lack, sinceMs }: WaitingSend): number {
  const { sendFailIfNoSpaceAfterTimeoutMs: timeoutMs } = lack.policy
  return timeoutMs === 0 ? Infinity : sinceMs + timeoutMs
}

/**
 * The sends of one connection that wait for room, in order for each producer. A later send of the
 * same producer waits behind: overtaking would break JMS's order, and the one overtaken would be
 * taken for a resend (R42).
 */
export class WaitingSends implements WaitingLoad {
  readonly #lines = new Map<string, Deque<WaitingSend>>()
  readonly #all = new Load()
  readonly #toAnswer = new Load()

  get length(): number {
    return this.#all.length
  }

  get bytes(): number {
    return this.#all.bytes
  }

  /** What all of it takes. */
  get memoryBytes(): number {
    return this.bytes + this.length * ENTRY_MEMORY_BYTES
  }

  /** Of all this, what has a receipt: its client counts what it expects an answer to. */
  get toAnswer(): WaitingLoad {
    return this.#toAnswer
  }

  /** What the first of the producer's sends lacks; null when none waits. */
  lackBefore(producer: string): Lack | null {
    if (this.length === 0) return null
    return this.#lines.get(producer)?.peek()?.lack ?? null
  }

  /** The same for a transaction: its commit must not pass what was sent in it. */
  lackWithin(transaction: string): Lack | null {
    if (this.length === 0) return null
    for (const { send, lack } of this) {
      if (send.message !== null && send.transaction === transaction) return lack
    }
    return null
  }

  add(waiting: WaitingSend): void {
    const name = lineOf(waiting)
    let line = this.#lines.get(name)
    if (line === undefined) {
      line = new Deque()
      this.#lines.set(name, line)
    }
    line.push(waiting)
    if (waiting.send.message !== null) stay(waiting.send.message)
    this.#count(waiting, 1)
  }

  /** Tries the first of each line once; `attempt` says whether it is done. Returns how many are. */
  retry(attempt: (waiting: WaitingSend) => boolean): number {
    let done = 0
    for (const [name, line] of this.#lines) {
      const first = line.peek()
      if (first === undefined || !attempt(first)) continue
      // The attempt may have ended the connection, and all of this with it.
      if (this.length === 0) return done
      this.#shift(name, line)
      done++
    }
    return done
  }

  /**
   * The same for those that have waited for as long as they may; when one is done, also for the
   * ones behind it: their own time counts when their turn has come.
   */
  expire(nowMs: number, attempt: (waiting: WaitingSend) => boolean): number {
    let done = 0
    for (const [name, line] of this.#lines) {
      for (let first = line.peek(); first !== undefined; first = line.peek()) {
        if (deadlineOf(first) > nowMs || !attempt(first)) break
        if (this.length === 0) return done
        this.#shift(name, line)
        done++
      }
    }
    return done
  }

  clear(): void {
    this.#lines.clear()
    this.#all.clear()
    this.#toAnswer.clear()
  }

  *[Symbol.iterator](): IterableIterator<WaitingSend> {
    for (const line of this.#lines.values()) yield* line
  }

  #shift(name: string, line: Deque<WaitingSend>): void {
    const first = line.shift()
    if (first === undefined) return
    this.#count(first, -1)
    if (line.length === 0) this.#lines.delete(name)
  }

  #count({ send: { message, receipt } }: WaitingSend, times: 1 | -1): void {
    const bytes = message === null ? 0 : message.body.length
    this.#all.add(times, times * bytes)
    if (receipt !== NO_RECEIPT) this.#toAnswer.add(times, times * bytes)
  }
}

/** A producer's id has colons and no space, so that no commit stands in a producer's line. */
function lineOf({ send: { message, transaction } }: WaitingSend): string {
  return message === null ? `commit ${transaction}` : message.producer
}

class Load implements WaitingLoad {
  length = 0
  bytes = 0

  add(length: number, bytes: number): void {
    this.length += length
    this.bytes += bytes
  }

  clear(): void {
    this.length = 0
    this.bytes = 0
  }
}
