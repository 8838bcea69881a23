import { BrokerError } from '@quorate/core/base/errors'
import type { DestinationKind, DestinationName } from '@quorate/core/model/destination'
import { TypeId, create } from '@quorate/core/openwire/commands'
import type { Destination } from '@quorate/core/openwire/commands'

const kindByType: Readonly<Record<Destination['type'], DestinationKind>> = {
  [TypeId.ActiveMQQueue]: 'queue',
  [TypeId.ActiveMQTopic]: 'topic',
  [TypeId.ActiveMQTempQueue]: 'temp-queue',
  [TypeId.ActiveMQTempTopic]: 'temp-topic',
}

const structureByKind = {
  queue: 'ActiveMQQueue',
  topic: 'ActiveMQTopic',
  'temp-queue': 'ActiveMQTempQueue',
  'temp-topic': 'ActiveMQTempTopic',
} as const satisfies Record<DestinationKind, string>

// Both translations are kept by object: destinations come again with every message, and the engine
// remembers routes by the identity of the name.
const nameByWire = new WeakMap<Destination, DestinationName>()
const wireByName = new WeakMap<DestinationName, Destination>()

/** The engine's name of a destination. Throws INVALID_DESTINATION when there is none. */
export function destinationName(destination: Destination | null): DestinationName {
  if (destination === null) throw new BrokerError('INVALID_DESTINATION', 'no destination given')
  const known = nameByWire.get(destination)
  if (known !== undefined) return known
  if (destination.physicalName === null || destination.physicalName === '') {
    throw new BrokerError('INVALID_DESTINATION', 'a destination has no name')
  }
  const name = { kind: kindByType[destination.type], name: destination.physicalName }
  nameByWire.set(destination, name)
  return name
}

export function wireDestination(name: DestinationName): Destination {
  const known = wireByName.get(name)
  if (known !== undefined) return known
  const wire = create(structureByKind[name.kind], { physicalName: name.name })
  wireByName.set(name, wire)
  return wire
}

/** Whether the destination stands for several (`A,topic://B`). */
export function isComposite(destination: Destination | null): boolean {
  return destination?.physicalName?.includes(',') === true
}
