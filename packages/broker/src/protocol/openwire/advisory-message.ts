import type { Clock } from '@quorate/core/base/clock'
import type { DestinationName } from '@quorate/core/model/destination'
import { encodeCanonical } from '@quorate/core/openwire/canonical-message'
import { create } from '@quorate/core/openwire/commands'
import type { BrokerId, DataStructure, ProducerId } from '@quorate/core/openwire/commands'
import { encodePrimitiveMap } from '@quorate/core/openwire/primitive-map'
import type { Primitive } from '@quorate/core/openwire/primitive-map'
import type { Message } from '../../engine/client.ts'
import { wireDestination } from './wire-destination.ts'

export interface AdvisoryOrigin {
  readonly brokerId: BrokerId
  readonly brokerName: string
  readonly clock: Clock
}

/** Makes the messages that carry a command to those who watch: ActiveMQ's advisories. */
export class AdvisoryMessages {
  readonly #origin: AdvisoryOrigin
  readonly #producerId: ProducerId
  #sequence = 0

  constructor(origin: AdvisoryOrigin) {
    this.#origin = origin
    // Unique to this leadership: clients drop what a producer they know seems to repeat.
    const connectionId = `ID:${origin.brokerName}-advisory-${origin.clock.wallMs()}`
    this.#producerId = create('ProducerId', { connectionId, sessionId: 1, value: 1 })
  }

  /** `counts` become properties of the message: how many consumers or producers there are now. */
  make(
    topic: DestinationName,
    dataStructure: DataStructure,
    counts: Readonly<Record<string, number>>,
  ): Message {
    const nowMs = this.#origin.clock.wallMs()
    const command = create('ActiveMQMessage', {
      producerId: this.#producerId,
      messageId: create('MessageId', {
        producerId: this.#producerId,
        producerSequenceId: ++this.#sequence,
      }),
      destination: wireDestination(topic),
      jmsType: 'Advisory',
      timestamp: nowMs,
      brokerInTime: nowMs,
      dataStructure,
      marshalledProperties: this.#properties(counts),
    })
    return {
      producer: '',
      producerSequence: 0,
      paced: true,
      destination: topic,
      persistent: false,
      priority: 0,
      expirationMs: 0,
      body: encodeCanonical(command),
      decoded: command,
    }
  }

  #properties(counts: Readonly<Record<string, number>>): Buffer {
    const { brokerId, brokerName } = this.#origin
    const properties = new Map<string, Primitive>([
      ['originBrokerId', { kind: 'string', value: brokerId.value ?? '' }],
      ['originBrokerName', { kind: 'string', value: brokerName }],
    ])
    for (const [name, value] of Object.entries(counts)) {
      properties.set(name, { kind: 'int', value })
    }
    return encodePrimitiveMap(properties)
  }
}
