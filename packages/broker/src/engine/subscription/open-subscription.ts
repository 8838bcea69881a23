import { BrokerError } from '@quorate/core/base/errors'
import { formatDestination, isQueueLike, isTemporary } from '@quorate/core/model/destination'
import type { DestinationName } from '@quorate/core/model/destination'
import { isDestinationPattern, splitComposite } from '@quorate/core/model/destination-name'
import type { SubscriptionAddedOp } from '../../store/log-op.ts'
import type { ConsumerOptions } from '../client.ts'
import { Queue } from '../destination/queue.ts'
import type { Topic } from '../destination/topic.ts'
import type { EngineCore } from '../engine-core.ts'
import { SilentRecord } from '../pending-records.ts'
import type { DurableSubscription } from './durable-subscription.ts'
import { createMatcher } from './matcher.ts'
import { Subscription } from './subscription.ts'
import type { SubscriptionOwner } from './subscription.ts'

/**
 * Makes a subscription and attaches it to what it wants. Checks everything first: when it throws,
 * nothing has happened.
 */
export function openSubscription(
  core: EngineCore,
  client: SubscriptionOwner,
  options: ConsumerOptions,
): Subscription {
  const matcher = createMatcher(options.selector, core.options.selector)
  const parts = splitComposite(options.destination)
  if (options.durableName !== '') return openDurable(core, client, options)
  for (const part of parts) checkPart(core, client, part, options)
  const targets: (Queue | Topic | DestinationName)[] = []
  for (const part of parts) {
    if (isDestinationPattern(part.name)) targets.push(part)
    else if (isQueueLike(part.kind)) targets.push(core.registry.queue(part))
    else targets.push(core.registry.topic(part))
  }
  const subscription = new Subscription(core, client, options, matcher)
  for (const target of targets) {
    if (target instanceof Queue) subscription.attachQueue(target)
    else if ('destination' in target) subscription.attachTopic(target)
    else core.registry.subscribePattern(target, subscription)
  }
  return subscription
}

function checkPart(
  core: EngineCore,
  client: SubscriptionOwner,
  part: DestinationName,
  options: ConsumerOptions,
): void {
  if (options.browser && !isQueueLike(part.kind)) throw refuse(part, 'Only queues can be browsed.')
  if (!isTemporary(part.kind)) return
  const target = core.registry.find(part)
  if (target === undefined) throw refuse(part, 'The temporary destination does not exist.')
  if (target.owner !== client) {
    throw refuse(part, 'Only the connection that made a temporary destination may consume from it.')
  }
}

function openDurable(
  core: EngineCore,
  client: SubscriptionOwner,
  options: ConsumerOptions,
): Subscription {
  const { destination, durableName, noLocal, selector } = options
  const { clientId } = client.options
  if (clientId === '') {
    throw new BrokerError('INVALID_CLIENT_ID', 'A durable subscription needs a client id.')
  }
  if (destination.kind !== 'topic' || destination.name.includes(',') || options.browser) {
    throw refuse(destination, 'A durable subscription needs one topic.')
  }
  const present = core.registry.durable(clientId, durableName)
  if (present?.isActive === true) {
    throw new BrokerError('DESTINATION_IN_USE', 'The durable subscription is in use.', {
      details: { clientId, subscription: durableName },
    })
  }
  const matcher = createMatcher(selector, core.options.selector)
  const topicId = core.registry.topicNumber(destination)
  if (topicId === 0) throw refuse(destination, 'Advisories cannot be subscribed to durably.')
  const wanted = { topicId, topic: destination, clientId, name: durableName, selector, noLocal }
  const durable = isSame(present, wanted) ? present : replaceDurable(core, present, wanted)
  const subscription = new Subscription(core, client, options, matcher)
  subscription.attachBacklog(durable.backlog)
  return subscription
}

type Wanted = Omit<DurableSubscription['description'], 'id'>

function isSame(
  present: DurableSubscription | undefined,
  wanted: Wanted,
): present is DurableSubscription {
  if (present === undefined) return false
  const { topicId, selector, noLocal } = present.description
  return topicId === wanted.topicId && selector === wanted.selector && noLocal === wanted.noLocal
}

/** Another topic, selector or noLocal makes another subscription (JMS 1.1, 6.11.1). */
function replaceDurable(
  core: EngineCore,
  present: DurableSubscription | undefined,
  wanted: Wanted,
): DurableSubscription {
  core.acks.flush()
  if (present !== undefined) core.registry.forgetDurable(present)
  const durable = core.registry.createDurable(wanted)
  const { id, topicId, clientId, name, selector, noLocal } = durable.description
  const added: SubscriptionAddedOp = {
    kind: 'subscription-added',
    id,
    topic: topicId,
    clientId,
    name,
    selector,
    noLocal,
  }
  if (present === undefined) core.records.append(added, new SilentRecord())
  else {
    const removed = { kind: 'subscription-removed', id: present.description.id } as const
    core.records.append({ kind: 'transaction', id: '', ops: [removed, added] }, new SilentRecord())
  }
  return durable
}

function refuse(destination: DestinationName, why: string): BrokerError {
  return new BrokerError('INVALID_DESTINATION', why, {
    details: { destination: formatDestination(destination) },
  })
}
