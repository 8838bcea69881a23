import { setTimeout as delay } from 'node:timers/promises'
import type { Receiver } from './receiver.ts'
import type { Sender } from './sender.ts'

/** How far the sender may be ahead of the receiver. */
const AHEAD = 10_000
const LOOK_EVERY_MS = 1

export interface StreamParts {
  readonly sender: Sender
  readonly receiver: Receiver
  /** Infinity: until it is halted. */
  readonly count: number
}

/** Sends to a queue and consumes from it at once, the sender never far ahead. */
export class Stream {
  readonly sender: Sender
  readonly receiver: Receiver
  /** Resolves when everything that was sent is consumed and acknowledged. */
  readonly over: Promise<void>
  #count: number
  #allowed = 0

  constructor({ sender, receiver, count }: StreamParts) {
    this.sender = sender
    this.receiver = receiver
    this.#count = count
    this.over = this.#run()
  }

  /** Sends nothing further. */
  halt(): void {
    this.#count = this.#allowed
  }

  close(): void {
    this.sender.close()
    this.receiver.close()
  }

  async #run(): Promise<void> {
    for (; this.#allowed < this.#count; await delay(LOOK_EVERY_MS)) {
      const more = Math.min(this.#count, this.receiver.received + AHEAD) - this.#allowed
      if (more <= 0) continue
      this.#allowed += more
      this.receiver.expect(more)
      this.sender.allow(more)
    }
    await this.receiver.receive(0)
    await this.receiver.acknowledge()
  }
}
