import { TypeId, create } from '@quorate/core/openwire/commands'
import type {
  Destination,
  LocalTransactionId,
  MessageCommand,
  MessageId,
  ProducerId,
} from '@quorate/core/openwire/commands'
import type { DestinationName } from '../../support/history/events.ts'
import type { Chance } from '../world/chance.ts'
import { encodePayload } from './payload.ts'

/** How large messages are: mostly small, and now and then not. */
export interface PayloadSizes {
  readonly smallBytes: number
  readonly largeBytes: number
  /** Of a large one, 0 to 1. */
  readonly largeChance: number
}

/** 'queue://orders' as the wire has it. One object for each: the codec knows it again. */
export function wireDestination(name: DestinationName): Destination {
  const physicalName = name.slice(name.indexOf('://') + 3)
  return name.startsWith('topic:')
    ? create('ActiveMQTopic', { physicalName })
    : create('ActiveMQQueue', { physicalName })
}

/** Makes the messages of one producer: 'client:1', 'client:2' ... */
export class OutgoingMessages {
  readonly producerId: ProducerId
  readonly #client: string
  readonly #destination: Destination
  readonly #sizes: PayloadSizes
  readonly #chance: Chance
  #number = 0

  constructor(
    client: string,
    around: {
      readonly producerId: ProducerId
      readonly destination: DestinationName
      readonly sizes: PayloadSizes
      readonly chance: Chance
    },
  ) {
    this.#client = client
    this.producerId = around.producerId
    this.#destination = wireDestination(around.destination)
    this.#sizes = around.sizes
    this.#chance = around.chance
  }

  /** So many there were. */
  get count(): number {
    return this.#number
  }

  next(transactionId: LocalTransactionId | null = null): {
    readonly name: string
    readonly command: MessageCommand
  } {
    const { producerId } = this
    const number = ++this.#number
    const name = `${this.#client}:${number}`
    const messageId: MessageId = {
      type: TypeId.MessageId,
      textView: null,
      producerId,
      producerSequenceId: number,
      brokerSequenceId: 0,
    }
    const content = encodePayload(name, this.#fillBytes())
    const command = bytesMessage(messageId, content, {
      destination: this.#destination,
      transactionId,
    })
    return { name, command }
  }

  #fillBytes(): number {
    const { smallBytes, largeBytes, largeChance } = this.#sizes
    const isLarge = largeChance > 0 && this.#chance.chance(largeChance)
    return this.#chance.integer(0, isLarge ? largeBytes : smallBytes)
  }
}

/** Written out, for speed: there are very many. */
function bytesMessage(
  messageId: MessageId,
  content: Buffer,
  to: { readonly destination: Destination; readonly transactionId: LocalTransactionId | null },
): MessageCommand {
  return {
    type: TypeId.ActiveMQBytesMessage,
    commandId: 0,
    responseRequired: false,
    producerId: messageId.producerId,
    destination: to.destination,
    transactionId: to.transactionId,
    originalDestination: null,
    messageId,
    originalTransactionId: null,
    groupID: null,
    groupSequence: 0,
    correlationId: null,
    persistent: true,
    expiration: 0,
    priority: 4,
    replyTo: null,
    timestamp: 0,
    jmsType: null,
    content,
    marshalledProperties: null,
    dataStructure: null,
    targetConsumerId: null,
    compressed: false,
    redeliveryCounter: 0,
    brokerPath: null,
    arrival: 0,
    userID: null,
    recievedByDFBridge: false,
    droppable: false,
    cluster: null,
    brokerInTime: 0,
    brokerOutTime: 0,
    JMSXGroupFirstForConsumer: false,
  }
}
