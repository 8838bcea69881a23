import type { BrokerStatus } from '../../broker-status.ts'
import { flag, integer, nullable, object, text } from '../http/schema.ts'
import type { Static } from '../http/schema.ts'

/** What a stream tells of the node: what somebody who watches wants to see change. */
export const nodeFactsSchema = object({
  nodeId: text(),
  role: text(),
  epoch: integer(),
  leader: nullable(text()),
  leaderUrl: nullable(text()),
  trouble: nullable(text()),
  committedIndex: integer(),
  position: integer({ description: 'End of the log in bytes.' }),
  connections: integer(),
  consumers: integer(),
  destinations: integer(),
  waitingMessages: integer(),
  enqueuedMessages: integer({ description: 'By all destinations, since this leadership.' }),
  dequeuedMessages: integer({ description: 'From all queues and durable subscriptions.' }),
  blocksSenders: flag(),
})

export type NodeFacts = Static<typeof nodeFactsSchema>

export function nodeFacts(status: BrokerStatus): NodeFacts {
  const { nodeId, role, epoch, leader, trouble, log, clients, members, store } = status
  return {
    ...{ nodeId, role, epoch, leader, trouble },
    leaderUrl: members.find((member) => member.nodeId === leader)?.consoleUrl ?? null,
    committedIndex: log.committedIndex,
    position: log.position,
    connections: clients.connections,
    consumers: clients.consumers,
    destinations: clients.destinations,
    waitingMessages: clients.waitingMessages,
    enqueuedMessages: clients.enqueuedMessages,
    dequeuedMessages: clients.dequeuedMessages,
    blocksSenders: store?.blocksSenders ?? false,
  }
}
