import type { ApiObject } from '../api/api-values.ts'
import { countIn } from '../api/api-values.ts'

/** One thing that can be asked about, with the names that ActiveMQ's JMX gave to its figures. */
export type Attributes = Readonly<Record<string, unknown>>

/** Whole percent of a limit; null where there is none. */
export function percentOf(used: number | null, limit: number | null): number | null {
  return used === null || limit === null || limit === 0 ? null : Math.floor((used / limit) * 100)
}

export function memoryPercent(destination: ApiObject): number | null {
  return percentOf(countIn(destination, 'memoryBytes'), countIn(destination, 'memoryLimitBytes'))
}

export function queueAttributes(queue: ApiObject): Attributes {
  return {
    Name: queue.name,
    QueueSize: queue.pending,
    EnqueueCount: queue.enqueued,
    DequeueCount: queue.dequeued,
    DispatchCount: queue.dispatched,
    InFlightCount: queue.inFlight,
    ExpiredCount: queue.expired,
    ConsumerCount: queue.consumers,
    StoreMessageSize: queue.pendingBytes,
    MemoryUsageByteCount: queue.memoryBytes,
    MemoryLimit: queue.memoryLimitBytes,
    MemoryPercentUsage: memoryPercent(queue),
  }
}

export function topicAttributes(topic: ApiObject): Attributes {
  return {
    Name: topic.name,
    EnqueueCount: topic.enqueued,
    ConsumerCount: topic.consumers,
    DurableSubscriptionCount: topic.durableSubscriptions,
    DiscardedCount: topic.discarded,
  }
}

export function subscriptionAttributes(subscription: ApiObject): Attributes {
  return {
    ClientId: subscription.clientId,
    SubscriptionName: subscription.name,
    DestinationName: subscription.topic,
    Active: subscription.active,
    PendingQueueSize: subscription.pending,
    DispatchedQueueSize: subscription.inFlight,
    EnqueueCounter: subscription.enqueued,
    DispatchedCounter: subscription.dispatched,
    DequeueCounter: subscription.dequeued,
  }
}

export function connectionAttributes(connection: ApiObject): Attributes {
  return {
    ConnectionId: connection.connectionId,
    ClientId: connection.clientId,
    UserName: connection.userName,
    RemoteAddress: connection.remoteAddress,
    ConsumerCount: connection.consumers,
    ActiveTransactionCount: connection.transactions,
  }
}

export function nodeAttributes(status: ApiObject): Attributes {
  const { store, clients, flow } = status as Readonly<Record<string, ApiObject | null | undefined>>
  return {
    BrokerName: status.brokerName,
    BrokerId: status.nodeId,
    BrokerVersion: status.build,
    Slave: status.role !== 'leader',
    UptimeMillis: status.uptimeMs,
    CurrentConnectionsCount: clients?.connections,
    TotalConsumerCount: clients?.consumers,
    TotalMessageCount: clients?.waitingMessages,
    MemoryLimit: flow?.memoryLimitBytes,
    MemoryPercentUsage: percentOf(
      countIn(flow ?? {}, 'memoryUsedBytes'),
      countIn(flow ?? {}, 'memoryLimitBytes'),
    ),
    StoreLimit: store?.limitBytes,
    StorePercentUsage: store?.percentUsed,
    TempLimit: (flow?.temporary as ApiObject | null | undefined)?.limitBytes,
    TempPercentUsage: (flow?.temporary as ApiObject | null | undefined)?.percentUsed,
  }
}
