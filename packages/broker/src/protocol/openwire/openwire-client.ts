import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import { create } from '@quorate/core/openwire/commands'
import type { Command, ConnectionInfo } from '@quorate/core/openwire/commands'
import type { NegotiatedFormat } from '@quorate/core/openwire/wire-format'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import { NO_RECEIPT } from '../../engine/client.ts'
import type { Client, Delivery, Receipt, WaitingLoad } from '../../engine/client.ts'
import { execute } from './commands.ts'
import { DeliveryWriter } from './delivery-writer.ts'
import { EngineAnswers } from './engine-answers.ts'
import type { InboundMessage } from './inbound-message.ts'
import { OpenWireLink } from './openwire-link.ts'
import type { LinkOwner } from './openwire-link.ts'
import { wireFormatOffer } from './openwire-options.ts'
import type { OpenWireOptions } from './openwire-options.ts'
import type { OpenWireServices } from './openwire-services.ts'
import { ReceiptBook, correlationIdOf, receiptOf } from './receipt-book.ts'
import { removeProducer } from './remove-commands.ts'
import { connectionError, exceptionResponse } from './responses.ts'
import { SessionTable } from './session-table.ts'
import { bounded, connectionText } from './wire-ids.ts'

/** First version whose ConnectionControl carries addresses. */
const CLUSTER_URIS_VERSION = 6

const NOTHING_WAITS: WaitingLoad = { length: 0, bytes: 0 }

export interface OpenWireClientOptions {
  readonly services: OpenWireServices
  readonly options: OpenWireOptions
  /** Told when the connection is over. */
  readonly ended: (client: OpenWireClient) => void
}

/**
 * One OpenWire connection of a client: takes its commands to the engine, and the engine's answers
 * and deliveries back. The commands themselves are in `*-commands.ts`.
 */
export class OpenWireClient implements LinkOwner {
  readonly services: OpenWireServices
  readonly table = new SessionTable()
  readonly receipts = new ReceiptBook((room) => this.link.releaseRoom(room))
  readonly link: OpenWireLink
  readonly deliveries: DeliveryWriter
  /** The client is one of `failover:`, which takes addresses. */
  isFaultTolerant = false
  #client: Client | null = null
  #info: ConnectionInfo | null = null
  #log: Log
  readonly #ended: (client: OpenWireClient) => void
  // One object for all plain answers: each is encoded before the next is due.
  readonly #response = create('Response')

  constructor(stream: ByteStream, { services, options, ended }: OpenWireClientOptions) {
    this.services = services
    this.#ended = ended
    this.#log = services.log.with({ remote: stream.remoteAddress })
    this.link = new OpenWireLink({
      stream,
      offer: wireFormatOffer(options),
      handshakeTimeoutMs: options.connectionTimeoutMs,
      clock: services.clock,
      largeFrames: services.largeFrames,
      owner: this,
    })
    this.deliveries = new DeliveryWriter({
      output: this.link,
      wallMs: () => services.clock.wallMs(),
      undeliverable: (delivery, error) => this.#discard(delivery, error),
    })
  }

  /** The id of the connection; null before its ConnectionInfo. */
  get connectionId(): string | null {
    return this.#info === null ? null : connectionText(this.#info.connectionId)
  }

  get nowMs(): number {
    return this.services.clock.wallMs()
  }

  /** The engine's side of this client. Throws ILLEGAL_STATE before ConnectionInfo. */
  requireConnected(): Client {
    if (this.#client === null) {
      throw new BrokerError('ILLEGAL_STATE', 'a connection has to be registered first')
    }
    return this.#client
  }

  connect(info: ConnectionInfo): void {
    this.#client = this.services.engine.connect({
      connectionId: connectionText(info.connectionId),
      clientId: bounded(info.clientId ?? ''),
      userName: info.userName ?? '',
      remoteAddress: this.link.remoteAddress,
      reconnect: info.failoverReconnect,
      sink: new EngineAnswers(this),
    })
    // The password has done its part; nothing keeps it.
    this.#info = { ...info, password: null }
    this.isFaultTolerant ||= info.faultTolerant
  }

  /** The client has said that it goes: whatever it left open ends. */
  disconnect(): void {
    const client = this.#client
    this.#client = null
    this.#info = null
    for (const producer of [...this.table.producers]) removeProducer(this, producer)
    this.table.clear()
    client?.close()
    this.receipts.clear()
  }

  /** Notes that the engine will answer `receipt`. */
  expect(receipt: Receipt): void {
    if (receipt === NO_RECEIPT) return
    this.receipts.add(receipt, null)
    this.#brakeIfFull()
  }

  /**
   * As `expect`, for a message: what is uncommitted is bounded even if its sender does not wait.
   */
  expectStored(message: InboundMessage, transaction: string, receipt: Receipt): Receipt {
    message.room = this.link.keepRoom()
    const isCounted =
      receipt !== NO_RECEIPT ||
      message.room !== null ||
      message.acknowledgeTo !== null ||
      (message.persistent && transaction === '')
    if (!isCounted) return NO_RECEIPT
    const counted = receipt === NO_RECEIPT ? this.receipts.nextSilent() : receipt
    this.receipts.add(counted, message)
    this.#brakeIfFull()
    return counted
  }

  /** Gives a sender with a window the room back that the message took. */
  acknowledgeSend(message: InboundMessage | null): void {
    if (message === null || message.acknowledgeTo === null) return
    const { acknowledgeTo, windowBytes } = message
    this.send(create('ProducerAck', { producerId: acknowledgeTo.id, size: windowBytes }))
  }

  send(command: Command): void {
    this.link.send(command)
  }

  /** Answers that a command is carried out, if an answer is wanted. */
  done(command: { readonly commandId: number; readonly responseRequired: boolean }): void {
    if (command.responseRequired) this.respond(receiptOf(command.commandId))
  }

  respond(receipt: Receipt): void {
    this.#response.correlationId = correlationIdOf(receipt)
    this.link.send(this.#response)
  }

  /**
   * An operation failed. What another broker would do better is not answered: the connection ends,
   * and the client asks there (R29). A broken protocol cannot be answered at all.
   */
  fail(receipt: Receipt, error: BrokerError): void {
    if (error.retryable === 'other' || error.kind === 'protocol') {
      this.link.destroy(error)
      return
    }
    if (error.code === 'INTERNAL') {
      this.#log.error('an operation failed on a bug', { error: error.message, cause: error.cause })
    }
    this.link.send(
      receipt === NO_RECEIPT
        ? connectionError(error, this.#info?.connectionId ?? null)
        : exceptionResponse(correlationIdOf(receipt), error),
    )
    if (error.code === 'INTERNAL' || error.code === 'NOT_AUTHENTICATED') this.link.end(error)
  }

  end(): void {
    this.link.end(null)
  }

  /** Tells a client that can use it where the brokers of the cluster are. */
  tellClusterUris(): void {
    const info = this.#info
    if (info === null || !(this.isFaultTolerant || info.manageable)) return
    const canRead = this.link.version >= CLUSTER_URIS_VERSION
    this.link.send(
      create('ConnectionControl', {
        faultTolerant: true,
        connectedBrokers: canRead ? this.services.clusterUris.join(',') : null,
        rebalanceConnection: false,
      }),
    )
  }

  opened(_format: NegotiatedFormat): void {
    const { brokerId, brokerName } = this.services
    this.link.send(
      create('BrokerInfo', {
        brokerId,
        brokerName,
        brokerURL: this.services.clusterUris[0] ?? null,
        peerBrokerInfos: [],
        faultTolerantConfiguration: true,
      }),
    )
  }

  received(command: Command): void {
    const wantsAnswer = 'responseRequired' in command && command.responseRequired
    const receipt = wantsAnswer ? receiptOf(command.commandId) : NO_RECEIPT
    try {
      if (execute(this, command, receipt) === 'done' && receipt !== NO_RECEIPT) {
        this.respond(receipt)
      }
    } catch (error) {
      this.receipts.take(receipt)
      this.fail(receipt, toBrokerError(error))
    }
  }

  burstEnded(): void {
    this.relax()
  }

  drained(): void {
    this.#writeHeld()
  }

  /** Looks at the time; called a few times a second. */
  tick(): void {
    this.link.tick()
    if (this.deliveries.heldCount > 0) this.#writeHeld()
  }

  setWritable(writable: boolean): void {
    this.#client?.setWritable(writable)
  }

  /** Reads on when enough has been answered. */
  relax(): void {
    if (!this.link.isBraked) return
    if (this.receipts.isRelaxed(this.#waiting)) this.link.brake('receipts', false)
  }

  refused(error: BrokerError): void {
    this.link.send(connectionError(error, this.#info?.connectionId ?? null))
    this.link.end(error)
  }

  closed(reason: BrokerError | null): void {
    if (reason !== null) {
      this.#log.info('a connection ended', { code: reason.code, reason: reason.message })
    }
    this.disconnect()
    this.#ended(this)
  }

  get #waiting(): WaitingLoad {
    return this.#client?.waiting ?? NOTHING_WAITS
  }

  #brakeIfFull(): void {
    if (this.receipts.isFull(this.#waiting)) this.link.brake('receipts', true)
  }

  /**
   * Writes what was held back, as far as the peer takes it. A broker that was stopped meanwhile may
   * have been deposed (R27): what it held waits until its lease is known to be valid.
   */
  #writeHeld(): void {
    if (this.deliveries.heldCount > 0 && !this.services.engine.mayDispatch) return
    this.deliveries.drain()
    this.setWritable(this.deliveries.heldCount === 0)
    this.link.flush()
  }

  /**
   * A message that this client's version cannot carry must not block its queue. One that is larger
   * than the client's frames says more about the client: the message stays for a better one.
   */
  #discard(delivery: Delivery, error: BrokerError): void {
    if (error.code === 'FRAME_TOO_LARGE') {
      this.link.destroy(error)
      return
    }
    this.#log.warn('a message cannot be sent to a client', { reason: error.message })
    // Not from inside the engine's own call.
    queueMicrotask(() => {
      this.#client?.acknowledge(
        {
          mode: 'poisoned',
          deliveries: [delivery],
          isWhole: true,
          transaction: '',
          cause: error.message,
        },
        NO_RECEIPT,
      )
    })
  }
}
