import type { DestinationName } from '@quorate/core/model/destination'
import { DestinationPattern } from '@quorate/core/model/destination-name'
import type { Client, Message } from '../client.ts'
import { Backlog } from '../dispatch/backlog.ts'
import type { BacklogPort } from '../dispatch/backlog.ts'
import type { MemoryBudget } from '../dispatch/memory-budget.ts'
import { OFFLINE_MEMORY_MESSAGES_MAX } from '../policy/limits.ts'

/** What makes a durable subscription the same one when its client comes back. */
export interface DurableDescription {
  /** Number of its list. */
  readonly id: number
  /** Number of its topic, or of the pattern it subscribes to. */
  readonly topicId: number
  readonly topic: DestinationName
  readonly clientId: string
  readonly name: string
  readonly selector: string
  readonly noLocal: boolean
}

/** A named subscription that collects messages whether its client is there or not. */
export class DurableSubscription {
  readonly description: DurableDescription
  readonly backlog: Backlog
  readonly #pattern: DestinationPattern
  readonly #memory: MemoryBudget

  constructor(port: BacklogPort, description: DurableDescription) {
    this.description = description
    this.backlog = new Backlog(port, description.topic, description.id)
    this.#memory = port.memory
    this.#pattern = new DestinationPattern(description.topic)
  }

  get isActive(): boolean {
    return this.backlog.receivers.length > 0
  }

  covers(topic: DestinationName): boolean {
    return this.#pattern.matches(topic)
  }

  /**
   * noLocal is about the client id, so that it also holds while the subscriber is away (JMS 2.0).
   */
  wants(sender: Client | null): boolean {
    return !this.description.noLocal || sender?.options.clientId !== this.description.clientId
  }

  /**
   * A non-persistent message. While nobody is connected only the newest are kept: JMS promises
   * them at most once, and nobody would free the memory, for which others would have to wait.
   */
  offer(message: Message): void {
    this.backlog.offer(message)
    if (this.isActive) return
    while (this.backlog.memoryWaiting > OFFLINE_MEMORY_MESSAGES_MAX) this.backlog.dropOldestMemory()
    // What is on the disk already would make no room.
    while (this.#isMemoryFull) if (!this.backlog.dropOldestInMemory()) return
  }

  get #isMemoryFull(): boolean {
    return this.backlog.isMemoryFull || this.#isBrokerFull()
  }

  #isBrokerFull(): boolean {
    const { usedBytes, limitBytes } = this.#memory
    return usedBytes >= limitBytes
  }
}
