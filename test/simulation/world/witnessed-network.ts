import assert from 'node:assert/strict'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import type { Network } from '@quorate/core/transport/network'
import { formatDestination } from '@quorate/core/model/destination'
import { longToNumber } from '@quorate/core/openwire/commands'
import type { MessageDispatch } from '@quorate/core/openwire/commands'
import { destinationName } from '@quorate/broker/protocol/openwire/wire-destination'
import { decodePayload } from '../clients/payload.ts'
import type { BrokerWitness } from './broker-witness.ts'
import { DispatchWatch } from './dispatch-watch.ts'
import { CLIENT_PORT } from './simulated-options.ts'
import type { Simulation } from './simulation.ts'
import { StreamEnd } from './simulated-stream.ts'

/**
 * The network of a broker, on which whatever is handed to a consumer goes into the history. S9: it
 * is handed out under a lease, to the very write (R27).
 */
export function witnessedNetwork(
  network: Network,
  witness: BrokerWitness,
  simulation: Simulation,
): Network {
  const onDispatch = (dispatch: MessageDispatch) => {
    assert.ok(witness.hasLease, `${witness.id} dispatches without a lease (S9)`)
    recordDispatch(dispatch, witness, simulation)
  }
  return {
    connect: (address, signal) => network.connect(address, signal),
    listen: (options) => {
      if (options.port !== CLIENT_PORT) return network.listen(options)
      const accept = (stream: ByteStream) => {
        const watch = new DispatchWatch(onDispatch)
        if (stream instanceof StreamEnd) {
          stream.onWrite = (buffers) => simulation.guard(() => watch.written(buffers))
        }
        options.accept(stream)
      }
      return network.listen({ ...options, accept })
    },
  }
}

function recordDispatch(
  { consumerId, message, destination, redeliveryCounter }: MessageDispatch,
  witness: BrokerWitness,
  simulation: Simulation,
): void {
  // The end of a pull has no message.
  if (message === null) return
  const client = (consumerId?.connectionId ?? '').replace(/^ID:/, '')
  const sequence = longToNumber(message.messageId?.brokerSequenceId ?? 0)
  simulation.record({
    kind: 'dispatched',
    atMs: simulation.nowMs,
    node: witness.id,
    epoch: witness.epoch,
    client,
    consumer: `${client}/${longToNumber(consumerId?.value ?? 0)}`,
    message: decodePayload(message.content) ?? 'damaged',
    destination: formatDestination(destinationName(destination)),
    redeliveries: redeliveryCounter,
    isInherited: sequence < witness.takeoverSequence,
  })
}
