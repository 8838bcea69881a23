import { create } from '@quorate/core/openwire/commands'
import type {
  Destination,
  LocalTransactionId,
  MessageCommand,
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
    const messageId = create('MessageId', { producerId, producerSequenceId: number })
    const command = create('ActiveMQBytesMessage', {
      producerId,
      destination: this.#destination,
      transactionId,
      messageId,
      persistent: true,
      priority: 4,
      content: encodePayload(name, this.#fillBytes()),
    })
    return { name, command }
  }

  #fillBytes(): number {
    const { smallBytes, largeBytes, largeChance } = this.#sizes
    const isLarge = largeChance > 0 && this.#chance.chance(largeChance)
    return this.#chance.integer(0, isLarge ? largeBytes : smallBytes)
  }
}
