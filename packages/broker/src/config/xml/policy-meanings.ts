import { only, without } from './meaning.ts'
import type { Convert, ElementMeaning, PropertyMeaning } from './meaning.ts'

/** What `<policyEntry>` and what stands in it mean here. */

const cursor: PropertyMeaning = {
  without: 'memory is bounded whatever waits: nobody has to choose how messages are paged',
}
const paging = 'is about how ActiveMQ pages and audits messages; here memory is bounded anyway'
const notYet = 'what it would switch on is not there yet'

const timeoutUnlessNegative: Convert = (text) => (text === '-1' ? 'as if absent' : { text })

export const policyMeanings: Readonly<Record<string, ElementMeaning>> = {
  policyMap: { attributes: {}, properties: { policyEntries: 'read' } },
  policyEntry: {
    attributes: {
      queue: { policy: 'queue' },
      topic: { policy: 'topic' },
      tempQueue: { policy: 'tempQueue' },
      tempTopic: { policy: 'tempTopic' },
      memoryLimit: { policy: 'memoryLimit' },
      producerFlowControl: { policy: 'producerFlowControl' },
      sendFailIfNoSpace: { policy: 'sendFailIfNoSpace' },
      sendFailIfNoSpaceAfterTimeout: {
        policy: 'sendFailIfNoSpaceAfterTimeout',
        convert: timeoutUnlessNegative,
      },
      ...without(
        paging,
        'cursorMemoryHighWaterMark',
        'doOptimzeMessageStorage',
        'enableAudit',
        'maxAuditDepth',
        'maxPageSize',
        'maxProducersToAudit',
        'maxQueueAuditDepth',
        'optimizeMessageStoreInFlightLimit',
        'reduceMemoryFootprint',
        'storeUsageHighWaterMark',
        'useCache',
      ),
      ...without(
        'there are no threads between a queue and its consumers',
        'optimizedDispatch',
        'lazyDispatch',
      ),
      ...without('redelivery is always in the log', 'persistJMSRedelivered'),
      ...without('who waits is in the status', 'blockedProducerWarningInterval'),
      ...without('a message counts with what it takes', 'minimumMessageSize'),
      ...without(
        'is about JMX, which Quorate does not have',
        'useTopicSubscriptionInflightStats',
        'advancedNetworkStatisticsEnabled',
        'advancedMessageStatisticsEnabled',
      ),
      ...without(
        'belongs to a switch that is off',
        'inactiveTimoutBeforeGC',
        'inactiveTimeoutBeforeGC',
        'gcWithNetworkConsumers',
      ),
      ...only(
        'false',
        notYet,
        'advisoryForConsumed',
        'advisoryForDelivery',
        'advisoryForDiscardingMessages',
        'advisoryForDispatched',
        'advisoryForFastProducers',
        'advisoryForSlowConsumers',
        'advisoryWhenFull',
        'allConsumersExclusiveByDefault',
        'allowTempDestinationStealing',
        'alwaysRetroactive',
        'gcInactiveDestinations',
        'includeBodyForAdvisory',
        'prioritizedMessages',
        'sendAdvisoryIfNoConsumers',
        'sendDuplicateFromStoreToDLQ',
        'strictOrderDispatch',
      ),
      ...only('-1', notYet, 'maxDestinations'),
      ...only('0', notYet, 'consumersBeforeDispatchStarts', 'timeBeforeDispatchStarts'),
    },
    properties: {
      pendingMessageLimitStrategy: 'read',
      messageEvictionStrategy: 'read',
      deadLetterStrategy: 'read',
      pendingQueuePolicy: cursor,
      pendingSubscriberPolicy: cursor,
      pendingDurableSubscriberPolicy: cursor,
    },
  },
  constantPendingMessageLimitStrategy: {
    attributes: { limit: { policy: 'pendingMessageLimit' } },
  },
  // What happens here anyway, with the queue that is ActiveMQ's default.
  sharedDeadLetterStrategy: {
    attributes: {
      ...only('true', 'this cannot be switched off', 'processExpired'),
      ...only('false', notYet, 'processNonPersistent'),
      ...only('0', notYet, 'expiration'),
      ...without(paging, 'enableAudit', 'maxAuditDepth', 'maxProducersToAudit'),
    },
  },
  // The same: beyond the limit the oldest go first.
  oldestMessageEvictionStrategy: {
    attributes: without(
      'the oldest message always goes first',
      'evictExpiredMessagesHighWatermark',
    ),
  },
}
