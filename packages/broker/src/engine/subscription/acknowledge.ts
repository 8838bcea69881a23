import { NO_RECEIPT } from '../client.ts'
import type { Acknowledgement, AcknowledgeMode, Receipt } from '../client.ts'
import type { Backlog } from '../dispatch/backlog.ts'
import { Entry } from '../dispatch/entry.ts'
import type { EngineCore } from '../engine-core.ts'
import type { ReceiptHolder } from '../pending-records.ts'
import type { DeadLetterSource } from '../policy/burial-queue.ts'
import { DispatchedMessage } from './dispatched-message.ts'
import { Subscription } from './subscription.ts'

interface Handling {
  readonly core: EngineCore
  readonly subscription: Subscription
  readonly cause: string
}

interface Answer {
  readonly holder: ReceiptHolder
  readonly receipt: Receipt
}

type Handler = (handling: Handling, deliveries: readonly DispatchedMessage[]) => void

const handlers: Readonly<Record<AcknowledgeMode, Handler>> = {
  consumed({ subscription }, deliveries) {
    for (const delivery of deliveries) {
      if (subscription.settle(delivery)) delivery.source?.acknowledge(delivery.entry)
    }
  },
  delivered({ subscription }, deliveries) {
    for (const delivery of deliveries) subscription.seen(delivery)
  },
  redelivered({ subscription }, deliveries) {
    for (const delivery of deliveries) delivery.redeliveries++
    for (const [source, entries] of bySource(deliveries)) {
      if (source !== null) subscription.countFailures(source, entries)
    }
  },
  poisoned({ core, subscription, cause }, deliveries) {
    leave(subscription, deliveries, (source, entries) =>
      core.deadLetters.poisoned(source, entries, cause),
    )
  },
  expired({ core, subscription }, deliveries) {
    leave(subscription, deliveries, (source, entries) => core.deadLetters.expired(source, entries))
  },
  released({ subscription }, deliveries) {
    subscription.takeBack(
      deliveries.filter((delivery) => subscription.settle(delivery)),
      -1,
    )
  },
}

/** Does what the client says about deliveries, outside of any transaction. */
export function acknowledge(core: EngineCore, ack: Acknowledgement, answer: Answer): void {
  const deliveries = outstanding(ack)
  const subscription = deliveries[0]?.consumer
  if (subscription instanceof Subscription) {
    handlers[ack.mode]({ core, subscription, cause: ack.cause }, deliveries)
    subscription.wake()
  }
  if (answer.receipt === NO_RECEIPT || !core.deadLetters.isBusy) confirm(core, answer)
  else core.deadLetters.after(awaited(ack, deliveries), () => confirm(core, answer))
}

/** What has to be buried before this is answered: null for all that waits. */
function awaited(
  ack: Acknowledgement,
  deliveries: readonly DispatchedMessage[],
): readonly DeadLetterSource[] | null {
  // Whoever repeats himself may speak of what waits to be buried.
  const isRepetition = !ack.isWhole || deliveries.length < ack.deliveries.length
  if (isRepetition || deliveries.length === 0) return null
  if (ack.mode !== 'poisoned' && ack.mode !== 'expired') return []
  return deliveries.map(({ destination, source }) => ({ destination, list: source }))
}

/** Answers when everything appended so far is committed. */
function confirm(core: EngineCore, { holder, receipt }: Answer): void {
  core.acks.await(holder, receipt)
  core.dispatcher.schedule()
}

/** The deliveries of an acknowledgement that are with the client and in no transaction. */
export function outstanding(ack: Acknowledgement): DispatchedMessage[] {
  const deliveries: DispatchedMessage[] = []
  for (const delivery of ack.deliveries) {
    // Anything else is stale: acknowledged before, or of a consumer that is gone.
    if (delivery instanceof DispatchedMessage && delivery.state === 'out') deliveries.push(delivery)
  }
  return deliveries
}

/** Groups entries by where they came from; nearly always one group. */
export function bySource(deliveries: readonly DispatchedMessage[]): Map<Backlog | null, Entry[]> {
  const groups = new Map<Backlog | null, Entry[]>()
  for (const { source, entry } of deliveries) {
    const group = groups.get(source)
    if (group === undefined) groups.set(source, [entry])
    else group.push(entry)
  }
  return groups
}

function leave(
  subscription: Subscription,
  deliveries: readonly DispatchedMessage[],
  bury: (source: DeadLetterSource, entries: readonly Entry[]) => void,
): void {
  // What a topic's subscriber had is nowhere any more, so there is nothing to bury, as in ActiveMQ.
  const settled = deliveries.filter((delivery) => {
    return subscription.settle(delivery) && delivery.entry !== Entry.SENT
  })
  for (const [source, entries] of bySource(settled)) {
    const from = settled.find((delivery) => delivery.source === source)
    // A browser's deliveries are copies: there is nothing to bury.
    if (from === undefined || subscription.options.browser) continue
    bury({ destination: from.destination, list: source }, entries)
  }
}
