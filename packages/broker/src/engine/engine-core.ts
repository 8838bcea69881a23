import type { Clock } from '@quorate/core/base/clock'
import type { Log } from '@quorate/core/base/log'
import type { MessageStore } from '../store/message-store.ts'
import type { MessageEditor } from './client.ts'
import type { DestinationRegistry } from './destination/destination-registry.ts'
import type { AckBatch } from './dispatch/ack-batch.ts'
import type { BacklogPort } from './dispatch/backlog.ts'
import type { Dispatcher } from './dispatch/dispatcher.ts'
import type { MemoryBudget } from './dispatch/memory-budget.ts'
import type { EngineOptions } from './engine-options.ts'
import type { PendingRecords } from './pending-records.ts'
import type { DeadLetters } from './policy/dead-letter.ts'
import type { FlowControl } from './policy/flow-control.ts'
import type { ProducerTable } from './producer-table.ts'
import type { FeedBudget } from './subscription/feed-budget.ts'

/** What the parts of one engine share. Lives as long as one leadership. */
export interface EngineCore {
  readonly store: MessageStore
  readonly clock: Clock
  readonly log: Log
  readonly options: EngineOptions
  readonly records: PendingRecords
  readonly acks: AckBatch
  readonly dispatcher: Dispatcher
  readonly backlogs: BacklogPort
  readonly registry: DestinationRegistry
  readonly producers: ProducerTable
  readonly deadLetters: DeadLetters
  readonly editor: MessageEditor
  readonly flow: FlowControl
  /** For the messages of open transactions. Apart from the others': nobody is paused for these. */
  readonly held: MemoryBudget
  /** For what waits for subscribers of topics that are not durable. */
  readonly feeds: FeedBudget
  /** Transactions whose commit is appended and not applied; bounded as records are. */
  readonly commits: Set<string>
}
