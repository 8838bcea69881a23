import { BrokerError } from '@quorate/core/base/errors'
import { TypeId } from '@quorate/core/openwire/commands'
import type { Command, CommandOf, StructureName } from '@quorate/core/openwire/commands'
import type { Receipt } from '../../engine/client.ts'
import {
  acceptBrokerInfo,
  acceptConnectionControl,
  acceptConnectionInfo,
  acceptDestinationInfo,
  acceptKeepAlive,
  acceptRemoveSubscription,
  acceptSessionInfo,
  acceptShutdown,
} from './connection-commands.ts'
import {
  acceptConsumerControl,
  acceptConsumerInfo,
  acceptMessageAck,
  acceptMessagePull,
} from './consumer-commands.ts'
import type { OpenWireClient } from './openwire-client.ts'
import { acceptMessage, acceptProducerInfo } from './producer-commands.ts'
import { acceptRemoveInfo } from './remove-commands.ts'
import { acceptTransactionInfo } from './transaction-commands.ts'

/** 'done': answer it now. 'pending': the engine answers, or the handler has. */
export type Outcome = 'done' | 'pending'

/** Carries out one command. Throws a BrokerError when it fails: nothing has happened then. */
export type Handler<C> = (client: OpenWireClient, command: C, receipt: Receipt) => Outcome

type Handlers = { readonly [N in StructureName]?: Handler<CommandOf<N>> }

const ignore = (): Outcome => 'done'

const handlers: Handlers = {
  BrokerInfo: acceptBrokerInfo,
  ConnectionInfo: acceptConnectionInfo,
  ConnectionControl: acceptConnectionControl,
  SessionInfo: acceptSessionInfo,
  ProducerInfo: acceptProducerInfo,
  ConsumerInfo: acceptConsumerInfo,
  ConsumerControl: acceptConsumerControl,
  RemoveInfo: acceptRemoveInfo,
  DestinationInfo: acceptDestinationInfo,
  RemoveSubscriptionInfo: acceptRemoveSubscription,
  TransactionInfo: acceptTransactionInfo,
  ActiveMQMessage: acceptMessage,
  ActiveMQBytesMessage: acceptMessage,
  ActiveMQMapMessage: acceptMessage,
  ActiveMQObjectMessage: acceptMessage,
  ActiveMQStreamMessage: acceptMessage,
  ActiveMQTextMessage: acceptMessage,
  ActiveMQBlobMessage: acceptMessage,
  MessageAck: acceptMessageAck,
  MessagePull: acceptMessagePull,
  KeepAliveInfo: acceptKeepAlive,
  ShutdownInfo: acceptShutdown,
  // Hints and remnants that ask nothing of a broker of this kind.
  FlushCommand: ignore,
  ControlCommand: ignore,
  MessageDispatchNotification: ignore,
  ProducerAck: ignore,
  // Failover clients remember some requests as an answer that they wait for, and send that one too
  // when they connect again; the request itself is part of the state that they have sent before.
  Response: ignore,
}

const byType = new Map<number, Handler<never>>(
  Object.entries(handlers).map(([name, handler]) => [TypeId[name as StructureName], handler]),
)

/**
 * Finds the command's handler and runs it. Throws PROTOCOL_VIOLATION when a broker gets none such.
 */
export function execute(client: OpenWireClient, command: Command, receipt: Receipt): Outcome {
  const handler = byType.get(command.type) as Handler<Command> | undefined
  if (handler === undefined) {
    throw new BrokerError('PROTOCOL_VIOLATION', `a broker takes no command of type ${command.type}`)
  }
  return handler(client, command, receipt)
}
