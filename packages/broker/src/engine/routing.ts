import { BrokerError } from '@quorate/core/base/errors'
import { formatDestination } from '@quorate/core/model/destination'
import type { DestinationName } from '@quorate/core/model/destination'
import { isDestinationPattern, splitComposite } from '@quorate/core/model/destination-name'
import type { MessageOp } from '../store/log-op.ts'
import type { Stored } from '../store/message-store.ts'
import type { Client, Message, Receipt } from './client.ts'
import type { DestinationRegistry } from './destination/destination-registry.ts'
import { Queue } from './destination/queue.ts'
import type { Topic } from './destination/topic.ts'
import type { Backlog } from './dispatch/backlog.ts'
import { Entry } from './dispatch/entry.ts'
import { PendingRecord } from './pending-records.ts'
import type { ReceiptHolder } from './pending-records.ts'
import type { DestinationPolicy } from './policy/destination-policy.ts'
import type { FlowControl } from './policy/flow-control.ts'
import { ROUTES_AT_HAND_MAX } from './policy/limits.ts'
import type { SendNeeds } from './policy/shortage.ts'
import type { Lack } from './policy/waiting-sends.ts'
import type { Producer } from './producer-table.ts'

/** Where messages to one name go. */
export interface Route {
  readonly queues: readonly Queue[]
  readonly topics: readonly Topic[]
}

/**
 * Finds the destinations behind names for one client, making those that do not exist. Remembers by
 * the identity of the name object: adapters hand in the same one again and again.
 */
export class Router {
  readonly #registry: DestinationRegistry
  readonly #routes = new Map<DestinationName, Route>()
  #version = -1

  constructor(registry: DestinationRegistry) {
    this.#registry = registry
  }

  route(destination: DestinationName): Route {
    if (this.#version !== this.#registry.version) {
      this.#routes.clear()
      this.#version = this.#registry.version
    }
    const known = this.#routes.get(destination)
    if (known !== undefined && !known.queues.some(({ removing }) => removing)) return known
    const route = this.#resolve(destination)
    if (this.#routes.size >= ROUTES_AT_HAND_MAX) this.#routes.clear()
    this.#routes.set(destination, route)
    return route
  }

  #resolve(destination: DestinationName): Route {
    const queues: Queue[] = []
    const topics: Topic[] = []
    const parts = splitComposite(destination)
    // All or nothing: a composite with one bad part makes no destination.
    for (const part of parts) checkTarget(part)
    for (const part of parts) {
      if (part.kind === 'queue' || part.kind === 'temp-queue') {
        queues.push(this.#registry.queue(part))
      } else topics.push(this.#registry.topic(part))
    }
    return { queues, topics }
  }
}

function checkTarget(destination: DestinationName): void {
  if (!isDestinationPattern(destination.name)) return
  throw new BrokerError('INVALID_DESTINATION', 'Messages cannot be sent to a pattern.', {
    details: { destination: formatDestination(destination) },
  })
}

/** What one message means for the log, and for memory once the log has it. */
export class Shipment implements SendNeeds {
  readonly message: Message
  /** Lists that store it; empty when nothing does. */
  readonly lists: number[] = []
  readonly #route: Route
  readonly #sender: Client

  constructor(message: Message, route: Route, sender: Client) {
    this.message = message
    this.#route = route
    this.#sender = sender
    if (!message.persistent) return
    for (const queue of route.queues) if (queue.id !== 0) this.lists.push(queue.id)
    for (const topic of route.topics) {
      for (const { description } of topic.durablesFor(sender)) {
        if (!this.lists.includes(description.id)) this.lists.push(description.id)
      }
    }
  }

  /** Whether any of it is kept in memory until somebody has it, or acknowledges it. */
  get usesMemory(): boolean {
    const { queues, topics } = this.#route
    if (topics.some((topic) => topic.holdsFrom(this.#sender))) return true
    if (!this.message.persistent) {
      return queues.length > 0 || topics.some((topic) => topic.hasActiveDurables)
    }
    return queues.some((queue) => queue.id === 0)
  }

  get usesStore(): boolean {
    return this.lists.length > 0
  }

  /** What it has to wait for; null when it may go. */
  lack(flow: FlowControl): Lack | null {
    const reason = flow.lacks(this)
    if (reason !== null) return { reason, policy: this.#firstPolicy() }
    const full = this.usesMemory ? this.#fullBacklog() : null
    return full === null ? null : { reason: 'destination', policy: full.policy }
  }

  op(producer: Producer | null): MessageOp {
    const { message } = this
    return {
      kind: 'message',
      lists: this.lists,
      producer: producer?.id ?? 0,
      producerSequence: producer === null ? 0 : message.producerSequence,
      priority: message.priority,
      expirationMs: message.expirationMs,
      redeliveries: 0,
      body: message.body,
    }
  }

  #firstPolicy(): DestinationPolicy {
    const [first] = [...this.#route.queues, ...this.#route.topics]
    return (first as Queue | Topic).policy
  }

  #fullBacklog(): Backlog | null {
    const { message } = this
    for (const { id, backlog } of this.#route.queues) {
      if ((!message.persistent || id === 0) && backlog.isMemoryFull) return backlog
    }
    for (const topic of this.#route.topics) {
      for (const backlog of topic.backlogsFor(this.#sender)) {
        if (backlog.isMemoryFull) return backlog
      }
    }
    if (message.persistent) return null
    for (const topic of this.#route.topics) {
      for (const durable of topic.durablesFor(this.#sender)) {
        // One that nobody is connected to drops its oldest instead.
        if (durable.isActive && durable.backlog.isMemoryFull) return durable.backlog
      }
    }
    return null
  }

  /** Hands out what the store does not: called when what it stores is committed. */
  deliver(): void {
    const { message } = this
    for (const queue of this.#route.queues) {
      if (!message.persistent || queue.id === 0) queue.backlog.offer(message)
    }
    if (this.#route.topics.length === 0) return
    const entry = Entry.ofMessage(message, 0, 0)
    for (const topic of this.#route.topics) {
      topic.publish(entry, this.#sender)
      if (message.persistent) continue
      for (const durable of topic.durablesFor(this.#sender)) durable.offer(message)
    }
  }
}

/** A message on its way into the store. */
export class ShipmentRecord extends PendingRecord {
  readonly #shipment: Shipment
  readonly #holder: ReceiptHolder
  readonly #receipt: Receipt
  #answered = false

  constructor(shipment: Shipment, holder: ReceiptHolder, receipt: Receipt) {
    super()
    this.#shipment = shipment
    this.#holder = holder
    this.#receipt = receipt
  }

  override message(): Message {
    return this.#shipment.message
  }

  override applied(stored: Stored | null): void {
    this.#shipment.deliver()
    if (!this.#answered) this.#holder.confirm(this.#receipt, stored)
  }

  override confirmEarly(): void {
    if (!this.#answered) this.#holder.confirm(this.#receipt, null)
    this.#answered = true
  }
}
