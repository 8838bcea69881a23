import { BrokerError } from '@quorate/core/base/errors'
import { formatDestination } from '@quorate/core/model/destination'
import type { DestinationName } from '@quorate/core/model/destination'
import type { Receipt } from '../client.ts'
import type { TurnWork } from '../dispatch/dispatcher.ts'
import type { EngineCore } from '../engine-core.ts'
import { PendingRecord, ReceiptRecord } from '../pending-records.ts'
import type { ReceiptHolder } from '../pending-records.ts'
import { ACKNOWLEDGED_PER_RECORD_MAX } from '../policy/limits.ts'
import { Queue } from './queue.ts'
import type { Topic } from './topic.ts'

interface Answer {
  readonly holder: ReceiptHolder
  readonly receipt: Receipt
}

/** Removes a destination that is in the log. Refused while it has consumers or subscriptions. */
export function removeDestination(core: EngineCore, target: Queue | Topic, answer: Answer): void {
  if (target instanceof Queue) {
    if (target.consumers > 0) throw inUse(target.destination)
    target.removing = true
    core.acks.flush()
    core.records.behindLast(new RemovalStart(core, target, answer))
    return
  }
  const isSubscribed = target.durables.some(({ description }) => description.topicId === target.id)
  if (target.consumers > 0 || isSubscribed) throw inUse(target.destination)
  core.registry.forget(target)
  if (target.id === 0) answer.holder.confirm(answer.receipt, null)
  else appendRemoval(core, target, answer)
}

function appendRemoval(core: EngineCore, target: Queue | Topic, answer: Answer): void {
  const record = new ReceiptRecord(answer.holder, answer.receipt)
  core.records.append({ kind: 'destination-removed', id: target.id }, record)
}

/** What was on its way into the queue has arrived; nothing follows. */
class RemovalStart extends PendingRecord {
  readonly #core: EngineCore
  readonly #queue: Queue
  readonly #answer: Answer

  constructor(core: EngineCore, queue: Queue, answer: Answer) {
    super()
    this.#core = core
    this.#queue = queue
    this.#answer = answer
  }

  override applied(): void {
    this.#core.dispatcher.mark(new QueueRemoval(this.#core, this.#queue, this.#answer))
  }
}

/**
 * Empties a queue a stretch per turn, then removes it, so that neither the log's records nor the
 * turns grow with the queue's length.
 */
class QueueRemoval implements TurnWork {
  marked = false
  readonly #core: EngineCore
  readonly #queue: Queue
  readonly #answer: Answer
  #position = 0

  constructor(core: EngineCore, queue: Queue, answer: Answer) {
    this.#core = core
    this.#queue = queue
    this.#answer = answer
  }

  dispatch(): void {
    const { backlog } = this.#queue
    const page = backlog.storedList()?.next(this.#position, ACKNOWLEDGED_PER_RECORD_MAX) ?? []
    const last = page.at(-1)
    if (last !== undefined) {
      this.#position = last.sequence
      for (const { sequence } of page) this.#core.acks.add(backlog, sequence)
      this.#core.dispatcher.mark(this)
      return
    }
    this.#core.acks.flush()
    this.#core.registry.forget(this.#queue)
    appendRemoval(this.#core, this.#queue, this.#answer)
  }
}

function inUse(destination: DestinationName): BrokerError {
  return new BrokerError('DESTINATION_IN_USE', 'The destination still has consumers.', {
    details: { destination: formatDestination(destination) },
  })
}
