import { BrokerError } from '@quorate/core/base/errors'
import type { DestinationKind, DestinationName } from '@quorate/core/model/destination'
import { TypeId, create } from '@quorate/core/openwire/commands'
import type { Destination } from '@quorate/core/openwire/commands'

/** Destinations that one composite name may hold: each send is done once for every one. */
export const COMPOSITE_MAX = 64

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

// Both translations are kept by object: destinations come again with every message.
const namesByWire = new WeakMap<Destination, readonly DestinationName[]>()
const wireByName = new WeakMap<DestinationName, Destination>()

/**
 * The destinations that a wire destination means: one, or several for a composite name
 * (`A,B,topic://C`). Throws INVALID_DESTINATION when it is null or a name is empty.
 */
export function destinationNames(destination: Destination | null): readonly DestinationName[] {
  if (destination === null) throw new BrokerError('INVALID_DESTINATION', 'no destination given')
  const known = namesByWire.get(destination)
  if (known !== undefined) return known
  const names = parseNames(kindByType[destination.type], destination.physicalName ?? '')
  namesByWire.set(destination, names)
  return names
}

/** The one destination meant. Throws INVALID_DESTINATION when there are several. */
export function singleDestination(destination: Destination | null): DestinationName {
  const names = destinationNames(destination)
  const [first] = names
  if (first === undefined || names.length > 1) {
    throw new BrokerError('INVALID_DESTINATION', 'a single destination is wanted here')
  }
  return first
}

export function wireDestination(name: DestinationName): Destination {
  const known = wireByName.get(name)
  if (known !== undefined) return known
  const wire = create(structureByKind[name.kind], { physicalName: name.name })
  wireByName.set(name, wire)
  namesByWire.set(wire, [name])
  return wire
}

/** Grammar: name ("," [kind "://"] name)*; a part without a kind is of the whole's kind. */
function parseNames(kind: DestinationKind, text: string): readonly DestinationName[] {
  const parts = text.split(',', COMPOSITE_MAX + 1)
  if (parts.length > COMPOSITE_MAX) {
    throw new BrokerError(
      'RESOURCE_LIMIT',
      `a composite destination holds at most ${COMPOSITE_MAX} names`,
    )
  }
  return parts.map((part) => parseName(kind, part.trim()))
}

const qualified = /^(queue|topic|temp-queue|temp-topic):\/\/(.*)$/

function parseName(kind: DestinationKind, text: string): DestinationName {
  const match = qualified.exec(text)
  const name = match?.[2] ?? text
  if (name === '') throw new BrokerError('INVALID_DESTINATION', 'a destination has no name')
  return { kind: (match?.[1] as DestinationKind | undefined) ?? kind, name }
}
