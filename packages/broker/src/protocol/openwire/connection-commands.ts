import { BrokerError } from '@quorate/core/base/errors'
import { create } from '@quorate/core/openwire/commands'
import type {
  BrokerInfo,
  ConnectionControl,
  ConnectionInfo,
  DestinationInfo,
  KeepAliveInfo,
  RemoveSubscriptionInfo,
  SessionInfo,
  ShutdownInfo,
} from '@quorate/core/openwire/commands'
import type { Receipt } from '../../engine/client.ts'
import type { Outcome } from './commands.ts'
import type { OpenWireClient } from './openwire-client.ts'
import { destinationName } from './wire-destination.ts'
import { connectionText, sessionText } from './wire-ids.ts'

/**
 * Every connection has a session of this number without asking for it: Java's own consumers use it.
 */
const DEFAULT_SESSION = -1

/** `DestinationInfo.operationType`. */
const DestinationOperation = { add: 0, remove: 1 } as const

export function acceptConnectionInfo(client: OpenWireClient, info: ConnectionInfo): Outcome {
  const connectionId = connectionText(info.connectionId)
  if (client.connectionId === null) {
    client.connect(info)
    client.table.addSession(`${connectionId}:${DEFAULT_SESSION}`)
  } else if (client.connectionId !== connectionId) {
    throw new BrokerError('PROTOCOL_VIOLATION', 'a second connection on one transport')
  }
  client.done(info)
  client.tellClusterUris()
  return 'pending'
}

export function acceptSessionInfo(client: OpenWireClient, info: SessionInfo): Outcome {
  client.requireConnected()
  if (info.sessionId === null) throw new BrokerError('PROTOCOL_VIOLATION', 'a session has no id')
  client.table.addSession(sessionText(info.sessionId))
  return 'done'
}

/** A failover client says that it is one, before it says who it is. */
export function acceptConnectionControl(
  client: OpenWireClient,
  control: ConnectionControl,
): Outcome {
  if (control.faultTolerant) client.isFaultTolerant = true
  return 'done'
}

export function acceptBrokerInfo(_client: OpenWireClient, info: BrokerInfo): Outcome {
  throw new BrokerError(
    'UNSUPPORTED',
    `broker ${info.brokerName ?? ''} wants a network of brokers, which is not supported`,
  )
}

export function acceptDestinationInfo(
  client: OpenWireClient,
  info: DestinationInfo,
  receipt: Receipt,
): Outcome {
  const engineClient = client.requireConnected()
  const destination = destinationName(info.destination)
  switch (info.operationType) {
    case DestinationOperation.add:
      client.expect(receipt)
      engineClient.addDestination(destination, receipt)
      return 'pending'
    case DestinationOperation.remove:
      client.expect(receipt)
      engineClient.removeDestination(destination, receipt)
      return 'pending'
    default:
      throw new BrokerError('INVALID_ARGUMENT', 'a destination is added or removed, nothing else')
  }
}

export function acceptRemoveSubscription(
  client: OpenWireClient,
  info: RemoveSubscriptionInfo,
  receipt: Receipt,
): Outcome {
  const engineClient = client.requireConnected()
  client.expect(receipt)
  engineClient.unsubscribe(info.subcriptionName ?? '', receipt)
  return 'pending'
}

/** Answered by its like, not by a Response, and only when an answer is wanted. */
export function acceptKeepAlive(client: OpenWireClient, info: KeepAliveInfo): Outcome {
  if (info.responseRequired) {
    client.send(create('KeepAliveInfo', { commandId: info.commandId }))
  }
  return 'pending'
}

export function acceptShutdown(client: OpenWireClient, info: ShutdownInfo): Outcome {
  client.done(info)
  client.end()
  return 'pending'
}
