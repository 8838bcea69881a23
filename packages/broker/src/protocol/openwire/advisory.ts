import { formatDestination, isQueueLike } from '@quorate/core/model/destination'
import { splitComposite } from '@quorate/core/model/destination-name'
import type { DestinationKind, DestinationName } from '@quorate/core/model/destination'
import { create } from '@quorate/core/openwire/commands'
import type {
  ConnectionInfo,
  DataStructure,
  DestinationInfo,
} from '@quorate/core/openwire/commands'
import type { Client, Consumer, EngineApi, EngineObserver, Message } from '../../engine/client.ts'
import { AdvisoryMessages } from './advisory-message.ts'
import type { AdvisoryOrigin } from './advisory-message.ts'
import type { WireConsumer, WireProducer } from './session-table.ts'
import { wireDestination } from './wire-destination.ts'

const PREFIX = 'ActiveMQ.Advisory.'
const CONNECTIONS = `${PREFIX}Connection`

const topicByKind: Readonly<Record<DestinationKind, string>> = {
  queue: `${PREFIX}Queue`,
  topic: `${PREFIX}Topic`,
  'temp-queue': `${PREFIX}TempQueue`,
  'temp-topic': `${PREFIX}TempTopic`,
}

/** `DestinationInfo.operationType`. */
const ADDED = 0
const REMOVED = 1

/** Property that carries how many there are on a topic, '' for none. */
type CountName = 'consumerCount' | 'producerCount' | ''

interface Topic {
  readonly name: DestinationName
  /** What exists now, as the command that announced it: what a new subscriber is told first. */
  readonly existing: Map<unknown, DataStructure>
  readonly countName: CountName
}

/**
 * Tells of connections, destinations, consumers and producers on the topics below
 * `ActiveMQ.Advisory.`. Java clients refuse to send to a temporary destination that they have not
 * seen there, so this is no ornament. Nothing is encoded for a topic that nobody watches.
 */
export class Advisories implements EngineObserver {
  readonly #engine: EngineApi
  readonly #messages: AdvisoryMessages
  readonly #topics = new Map<string, Topic>()
  /** Subscriptions by the name or pattern of the topic. */
  readonly #watchers = new Map<string, number>()

  constructor(engine: EngineApi, origin: AdvisoryOrigin) {
    this.#engine = engine
    this.#messages = new AdvisoryMessages(origin)
    for (const destination of engine.destinations()) this.destinationAdded(destination, null)
    engine.observe(this)
  }

  clientConnected(client: Client): void {
    this.#add(this.#topic(CONNECTIONS), client, connectionInfo(client))
  }

  clientClosed(client: Client): void {
    const objectId = connectionId(client)
    this.#remove(this.#topic(CONNECTIONS), client, create('RemoveInfo', { objectId }))
  }

  consumerAdded(_client: Client, consumer: Consumer): void {
    const { destination, info } = consumer.options
    const command = { ...(info as WireConsumer).info, commandId: 0, responseRequired: false }
    for (const part of splitComposite(destination)) {
      if (isAdvisory(part)) this.#watched(part.name, consumer)
      else this.#add(this.#topicOf('Consumer', part), consumer, command)
    }
  }

  consumerRemoved(_client: Client, consumer: Consumer): void {
    const { destination, info } = consumer.options
    const command = create('RemoveInfo', { objectId: (info as WireConsumer).id })
    for (const part of splitComposite(destination)) {
      if (isAdvisory(part)) this.#countWatchers(part.name, -1)
      else this.#remove(this.#topicOf('Consumer', part), consumer, command)
    }
  }

  producerAdded(producer: WireProducer): void {
    const command = { ...producer.info, commandId: 0, responseRequired: false }
    for (const destination of producer.destinations) {
      if (isAdvisory(destination)) continue
      this.#add(this.#topicOf('Producer', destination), producer, command)
    }
  }

  producerRemoved(producer: WireProducer): void {
    const command = create('RemoveInfo', { objectId: producer.id })
    for (const destination of producer.destinations) {
      if (isAdvisory(destination)) continue
      this.#remove(this.#topicOf('Producer', destination), producer, command)
    }
  }

  destinationAdded(destination: DestinationName, owner: Client | null): void {
    if (isAdvisory(destination)) return
    const topic = this.#topic(topicByKind[destination.kind])
    const key = formatDestination(destination)
    this.#add(topic, key, destinationInfo(destination, owner, ADDED))
  }

  destinationRemoved(destination: DestinationName, owner: Client | null): void {
    if (isAdvisory(destination)) return
    const topic = this.#topic(topicByKind[destination.kind])
    const key = formatDestination(destination)
    this.#remove(topic, key, destinationInfo(destination, owner, REMOVED))
  }

  #topicOf(what: 'Consumer' | 'Producer', { kind, name }: DestinationName): Topic {
    const topic = `${PREFIX}${what}.${isQueueLike(kind) ? 'Queue' : 'Topic'}.${name}`
    return this.#topic(topic, what === 'Consumer' ? 'consumerCount' : 'producerCount')
  }

  #topic(name: string, countName: CountName = ''): Topic {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    const topic: Topic = { name: { kind: 'topic', name }, existing: new Map(), countName }
    this.#topics.set(name, topic)
    return topic
  }

  #add(topic: Topic, key: unknown, command: DataStructure): void {
    topic.existing.set(key, command)
    this.#tell(topic, command)
  }

  #remove(topic: Topic, key: unknown, command: DataStructure): void {
    const existed = topic.existing.delete(key)
    if (existed) this.#tell(topic, command)
    if (topic.existing.size === 0) this.#topics.delete(topic.name.name)
  }

  #tell(topic: Topic, command: DataStructure): void {
    for (const pattern of this.#watchers.keys()) {
      if (!matches(pattern, topic.name.name)) continue
      this.#engine.publish(this.#message(topic, command))
      return
    }
  }

  #watched(pattern: string, consumer: Consumer): void {
    this.#countWatchers(pattern, 1)
    const existing = this.#snapshot(pattern)
    if (existing.length > 0) this.#engine.publishTo(consumer, existing)
  }

  #countWatchers(pattern: string, change: 1 | -1): void {
    const count = (this.#watchers.get(pattern) ?? 0) + change
    if (count > 0) this.#watchers.set(pattern, count)
    else this.#watchers.delete(pattern)
  }

  #snapshot(pattern: string): Message[] {
    const messages: Message[] = []
    for (const topic of this.#matching(pattern)) {
      for (const command of topic.existing.values()) messages.push(this.#message(topic, command))
    }
    return messages
  }

  *#matching(pattern: string): Iterable<Topic> {
    const exact = this.#topics.get(pattern)
    if (exact !== undefined) yield exact
    if (!pattern.endsWith('>')) return
    for (const topic of this.#topics.values()) if (matches(pattern, topic.name.name)) yield topic
  }

  #message(topic: Topic, command: DataStructure): Message {
    const counts = topic.countName === '' ? {} : { [topic.countName]: topic.existing.size }
    return this.#messages.make(topic.name, command, counts)
  }
}

/** Whether the destination is one of these topics; nothing is told about them themselves. */
function isAdvisory({ kind, name }: DestinationName): boolean {
  return kind === 'topic' && name.startsWith(PREFIX)
}

/** `ActiveMQ.Advisory.Consumer.>` stands for all topics that begin like it. */
function matches(pattern: string, topic: string): boolean {
  return pattern === topic || (pattern.endsWith('>') && topic.startsWith(pattern.slice(0, -1)))
}

function connectionId(client: Client) {
  return create('ConnectionId', { value: client.options.connectionId })
}

function connectionInfo(client: Client): ConnectionInfo {
  const { clientId, userName, remoteAddress } = client.options
  return create('ConnectionInfo', {
    connectionId: connectionId(client),
    clientId,
    userName,
    clientIp: remoteAddress,
    manageable: true,
  })
}

function destinationInfo(
  destination: DestinationName,
  owner: Client | null,
  operationType: number,
): DestinationInfo {
  return create('DestinationInfo', {
    connectionId: owner === null ? null : connectionId(owner),
    destination: wireDestination(destination),
    operationType,
  })
}
