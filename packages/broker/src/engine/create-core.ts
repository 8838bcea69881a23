import type { BrokerError } from '@quorate/core/base/errors'
import type { EngineObserver } from './client.ts'
import { DestinationRegistry } from './destination/destination-registry.ts'
import { AckBatch } from './dispatch/ack-batch.ts'
import type { BacklogPort } from './dispatch/backlog.ts'
import { BodyLoader } from './dispatch/body-loader.ts'
import { Dispatcher } from './dispatch/dispatcher.ts'
import { MemoryBudget } from './dispatch/memory-budget.ts'
import { Spiller } from './dispatch/spiller.ts'
import { WindowSpace } from './dispatch/window-space.ts'
import type { EngineCore } from './engine-core.ts'
import type { EngineOptions } from './engine-options.ts'
import type { EnginePorts } from './engine.ts'
import { PendingRecords } from './pending-records.ts'
import { DeadLetters } from './policy/dead-letter.ts'
import { DestinationPolicies } from './policy/destination-policy.ts'
import { FlowControl } from './policy/flow-control.ts'
import {
  FEEDS_SHARE,
  TOPIC_PENDING_BYTES_MAX,
  WINDOWS_ENTRIES_MAX,
  WINDOW_BYTES_MAX,
} from './policy/limits.ts'
import { ProducerTable } from './producer-table.ts'
import { FeedBudget } from './subscription/feed-budget.ts'

export interface CoreSetup {
  readonly options: EngineOptions
  readonly events: EngineObserver
  /** The log takes no more records: this broker does not lead any more. */
  readonly onLost: (reason: BrokerError) => void
}

/** Puts the parts of an engine together, for the state that the store has now. */
export function createCore(ports: EnginePorts, setup: CoreSetup): EngineCore {
  const { store, log, clock, logger } = ports
  const { options, events } = setup
  const records = new PendingRecords(log, setup.onLost)
  const acks = new AckBatch(records)
  const memory = new MemoryBudget(options.memoryLimitBytes)
  const { uncommittedMax } = options
  const flow = new FlowControl({ records, memory, clock, uncommittedMax })
  const policies = new DestinationPolicies(options.policies, options.otherwise)
  const gather = (): void => {
    acks.flush()
    if (log.confirmableIndex > 0) records.confirmable(log.confirmableIndex)
    spiller?.run()
    flow.relax()
  }
  const dispatcher = new Dispatcher({ turn: ports.turn, lease: ports.lease, gather })
  const spiller = spillerOf(ports, { memory, flow, dispatcher })
  const deadLetters = new DeadLetters({
    store,
    records,
    acks,
    options,
    editor: ports.editor,
    deadLetterList: () => registry.deadLetterQueue(options.deadLetterQueue).id,
  })
  const windows = new WindowSpace(WINDOW_BYTES_MAX, WINDOWS_ENTRIES_MAX)
  const backlogs: BacklogPort = {
    store,
    dispatcher,
    acks,
    memory,
    spiller,
    keepsExpired: (persistent) =>
      options.deadLetterExpired && (persistent || options.deadLetterNonPersistent),
    policies,
    windows,
    loader: new BodyLoader(windows, dispatcher),
    takeoverSequence: store.nextSequence,
    takeoverDoubtMax: options.takeoverDoubtMax,
    wallMs: () => clock.wallMs(),
    expired: (list, entries, done) => {
      const source = { destination: list.destination, list }
      for (const entry of entries) entry.letGo()
      deadLetters.expired(source, entries)
      deadLetters.after([source], done)
    },
  }
  const registry = new DestinationRegistry({ store, records, backlogs, events })
  const producers = new ProducerTable(store, records)
  return {
    store,
    clock,
    log: logger,
    options,
    records,
    acks,
    dispatcher,
    backlogs,
    registry,
    producers,
    deadLetters,
    editor: ports.editor,
    flow,
    held: new MemoryBudget(options.memoryLimitBytes),
    feeds: new FeedBudget(
      Math.max(TOPIC_PENDING_BYTES_MAX, options.memoryLimitBytes * FEEDS_SHARE),
    ),
    commits: new Set(),
  }
}

/** null where there is no temporary store: everything stays in memory then. */
function spillerOf(
  { temporary }: EnginePorts,
  parts: Pick<EngineCore, 'flow' | 'dispatcher'> & { readonly memory: MemoryBudget },
): Spiller | null {
  if (temporary === undefined || temporary === null) return null
  return new Spiller({
    store: temporary,
    memory: parts.memory,
    schedule: () => parts.dispatcher.schedule(),
    setShort: (isShort) => parts.flow.setShort('temp', isShort),
  })
}
