import { randomUUID } from 'node:crypto'
import type { Clock, Timer } from '@quorate/core/base/clock'
import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import { TypeId, create } from '@quorate/core/openwire/commands'
import type {
  Command,
  ConsumerInfo,
  LocalTransactionId,
  MessageAck,
  MessageCommand,
  MessageDispatch,
  ProducerId,
  RemoveInfo,
  TransactionInfo,
  WireThrowable,
} from '@quorate/core/openwire/commands'
import type { Network, NetworkAddress } from '@quorate/core/transport/network'
import { formatHostPort } from '../../config/host-port.ts'
import type { Login } from '../api/login.ts'
import type { BrokerUri } from './broker-uri.ts'
import { refusedBy } from './exception.ts'
import { CONNECT_TIMEOUT_MS, GOODBYE_TIMEOUT_MS, HANDSHAKE_TIMEOUT_MS } from './limits.ts'
import { Reconnection } from './reconnection.ts'
import { WireLink } from './wire-link.ts'
import type { LinkOwner } from './wire-link.ts'

export type Request = ConsumerInfo | MessageAck | MessageCommand | RemoveInfo | TransactionInfo

/**
 * What becomes of a request when the connection is lost before its answer: it is sent again, under
 * its old ids, to the broker that serves next; or it is over, and rejects with CONNECTION_LOST.
 */
export type OnLoss = 'resend' | 'forget'

interface Pending {
  readonly command: Request
  readonly onLoss: OnLoss
  readonly resolve: () => void
  readonly reject: (error: BrokerError) => void
}

export interface ConnectionPorts {
  readonly network: Network
  readonly clock: Clock
  readonly random: () => number
}

export interface ConnectionOptions {
  readonly uri: BrokerUri
  readonly login: Login | null
  /** JMS client id; one of its own when there is none. */
  readonly clientId?: string | undefined
  /** Told where it is connected, and what went wrong. */
  readonly note: (text: string) => void
  /** The connection is gone, and with it all that is not acknowledged. */
  readonly interrupted?: () => void
  readonly resumed?: () => void
}

const SESSION = 1
/** RemoveInfo.lastDeliveredSequenceId: all that was delivered counts as seen. */
const ALL_SEEN = -2
/** Rounds over the list without a broker that serves, until that is told. */
const TOLD_AFTER_ROUNDS = 5

/**
 * A connection that outlives its brokers, as the `failover:` transport of ActiveMQ's clients:
 *
 *   down -- dial --> greeting -- ConnectionInfo answered --> up -- lost --> down
 *
 * Its producer and consumer are made known again to each broker, and what was not answered is sent
 * again with its old ids, by which a broker knows what it has already.
 */
export class BrokerConnection implements LinkOwner {
  readonly #ports: ConnectionPorts
  readonly #options: ConnectionOptions
  readonly #reconnection: Reconnection
  readonly #connectionId = `ID:quorate-${randomUUID()}`
  readonly #pending = new Map<number, Pending>()
  #consumer: { info: ConsumerInfo; dispatched: (dispatch: MessageDispatch) => void } | null = null
  #state: 'down' | 'greeting' | 'up' | 'closed' = 'down'
  #link: WireLink | null = null
  #address: NetworkAddress | null = null
  #attempt: AbortController | null = null
  #timer: Timer | null = null
  #greetingId = 0
  #lastCommand = 0
  #lastTransaction = 0
  /** A broker may know this connection: from now on it is one that comes back. */
  #mayBeKnown = false
  #wasUp = false
  #isToldToWait = false
  #lastProblem = ''
  #failure: BrokerError | null = null
  readonly #waiting: { resolve: () => void; reject: (error: BrokerError) => void }[] = []

  constructor(options: ConnectionOptions, ports: ConnectionPorts) {
    this.#options = options
    this.#ports = ports
    const { addresses, options: failover } = options.uri
    this.#reconnection = new Reconnection(addresses, failover, ports.random)
    this.#dial()
  }

  get isUp(): boolean {
    return this.#state === 'up'
  }

  get producerId(): ProducerId {
    return create('ProducerId', { connectionId: this.#connectionId, sessionId: SESSION, value: 1 })
  }

  /** Resolves when a broker serves us. Rejects when none does and no more are tried. */
  whenUp(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure)
    if (this.isUp) return Promise.resolve()
    return new Promise((resolve, reject) => void this.#waiting.push({ resolve, reject }))
  }

  nextTransactionId(): LocalTransactionId {
    const connectionId = create('ConnectionId', { value: this.#connectionId })
    return create('LocalTransactionId', { connectionId, value: ++this.#lastTransaction })
  }

  /** Opens the one consumer of this connection, now and whenever the connection comes back. */
  async consume(
    words: Partial<ConsumerInfo>,
    dispatched: (dispatch: MessageDispatch) => void,
  ): Promise<ConsumerInfo> {
    const connectionId = this.#connectionId
    const consumerId = create('ConsumerId', { connectionId, sessionId: SESSION, value: 1 })
    const info = create('ConsumerInfo', { ...words, consumerId })
    await this.request(info, 'resend', () => (this.#consumer = { info, dispatched }))
    return info
  }

  /**
   * Resolves when the broker confirmed it. The command is the connection's from now on: it gets its
   * id here, and keeps it. Rejects with what the broker says, or CONNECTION_LOST.
   */
  request(command: Request, onLoss: OnLoss, begun?: () => void): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure)
    if (!this.isUp && onLoss === 'forget') return Promise.reject(lost())
    const commandId = ++this.#lastCommand
    command.commandId = commandId
    command.responseRequired = true
    return new Promise((resolve, reject) => {
      const pending = { command, onLoss, resolve, reject }
      if (this.isUp) this.#link?.send(command)
      this.#pending.set(commandId, pending)
      begun?.()
    })
  }

  /** Says goodbye, if there is a broker to say it to. */
  async close(lastDelivered: number = ALL_SEEN): Promise<void> {
    if (this.isUp) {
      const late = new Promise<void>((resolve) => this.#after(GOODBYE_TIMEOUT_MS, resolve))
      const objectId = create('ConnectionId', { value: this.#connectionId })
      const remove = create('RemoveInfo', { objectId, lastDeliveredSequenceId: lastDelivered })
      const gone = this.request(remove, 'forget').catch(() => undefined)
      await Promise.race([gone, late])
      this.#link?.send(create('ShutdownInfo'))
      this.#link?.end()
      this.#link = null
    }
    this.#fail(new BrokerError('CONNECTION_LOST', 'the connection was closed'))
  }

  opened(link: WireLink): void {
    if (link !== this.#link) return
    const { login, clientId } = this.#options
    link.send(create('ConnectionControl', { faultTolerant: true }))
    this.#greetingId = ++this.#lastCommand
    link.send(
      create('ConnectionInfo', {
        commandId: this.#greetingId,
        responseRequired: true,
        connectionId: create('ConnectionId', { value: this.#connectionId }),
        clientId: clientId ?? this.#connectionId,
        userName: login?.user ?? null,
        password: login?.password ?? null,
        faultTolerant: true,
        failoverReconnect: this.#mayBeKnown,
      }),
    )
    this.#mayBeKnown = true
  }

  received(link: WireLink, command: Command): void {
    if (link !== this.#link) return
    switch (command.type) {
      case TypeId.MessageDispatch:
        if (command.message !== null) this.#consumer?.dispatched(command)
        break
      case TypeId.Response:
        if (this.#isGreeting(command.correlationId)) this.#connected(link)
        else this.#settle(command.correlationId, null)
        break
      case TypeId.ExceptionResponse:
        if (this.#isGreeting(command.correlationId)) this.#turnedAway(command.exception)
        else this.#settle(command.correlationId, refusedBy(command.exception))
        break
      case TypeId.ConnectionError:
        this.#options.note(refusedBy(command.exception).message)
        break
      default:
        break
    }
  }

  lost(link: WireLink, why: BrokerError): void {
    if (link === this.#link) this.#fall(why)
  }

  #isGreeting(correlationId: number): boolean {
    return this.#state === 'greeting' && correlationId === this.#greetingId
  }

  #after(delayMs: number, act: () => void): void {
    this.#timer?.cancel()
    this.#timer = this.#ports.clock.after(delayMs, act)
  }

  #dial(): void {
    const next = this.#reconnection.next()
    if (next === null) {
      const why = this.#lastProblem === '' ? '' : `: ${this.#lastProblem}`
      const message = `no broker of ${this.#options.uri.text} serves us${why}`
      this.#fail(new BrokerError('CONNECTION_LOST', message))
      return
    }
    if (next.failedRounds >= TOLD_AFTER_ROUNDS && !this.#isToldToWait) {
      this.#isToldToWait = true
      this.#options.note(`no broker serves us yet (${this.#lastProblem}); still trying`)
    }
    this.#after(next.delayMs, () => this.#connect(next.address))
  }

  #connect(address: NetworkAddress): void {
    const attempt = new AbortController()
    this.#attempt = attempt
    this.#address = address
    this.#after(CONNECT_TIMEOUT_MS, () => this.#fall(lost('nobody answers there')))
    const { network, clock } = this.#ports
    network.connect(address, attempt.signal).then(
      (stream) => {
        if (this.#attempt !== attempt) {
          stream.destroy()
          return
        }
        this.#attempt = null
        this.#state = 'greeting'
        this.#after(HANDSHAKE_TIMEOUT_MS, () => this.#fall(lost('the broker does not answer')))
        this.#link = new WireLink(stream, this, clock)
      },
      (error: Error) => {
        if (this.#attempt !== attempt) return
        this.#attempt = null
        this.#fall(lost(error.message))
      },
    )
  }

  #connected(link: WireLink): void {
    this.#timer?.cancel()
    this.#state = 'up'
    this.#wasUp = true
    this.#reconnection.connected()
    this.#isToldToWait = false
    this.#replay(link)
    this.#options.note(`connected to ${this.#where()}`)
    this.#options.resumed?.()
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  /** What the broker must know, in the order in which it came about. */
  #replay(link: WireLink): void {
    const connectionId = this.#connectionId
    const sessionId = create('SessionId', { connectionId, value: SESSION })
    link.send(create('SessionInfo', { commandId: ++this.#lastCommand, sessionId }))
    const { producerId } = this
    link.send(create('ProducerInfo', { commandId: ++this.#lastCommand, producerId }))
    const pending = [...this.#pending.values()]
    const isOpening = pending.some(({ command }) => command.type === TypeId.ConsumerInfo)
    if (this.#consumer !== null && !isOpening) {
      const again = { ...this.#consumer.info, responseRequired: false }
      link.send({ ...again, commandId: ++this.#lastCommand })
    }
    for (const { command, reject } of pending) {
      try {
        link.send(command)
      } catch (error) {
        // This broker takes smaller frames than the one before: nothing else has to suffer for it.
        this.#pending.delete(command.commandId)
        reject(toBrokerError(error))
      }
    }
  }

  #turnedAway(exception: WireThrowable | null): void {
    const why = refusedBy(exception)
    // What was sent before is not answered by that.
    const failure = new BrokerError(why.code, why.message)
    // Another broker would say the same. Of a client id that we had, our old connection is the
    // holder, until the broker finds that it is gone.
    const isFinal =
      why.code === 'INVALID_CLIENT_ID' ? !this.#wasUp : why.code === 'NOT_AUTHENTICATED'
    if (isFinal) this.#fail(failure)
    else this.#fall(failure)
  }

  /** Whatever there was of a connection is over; the next broker is tried. */
  #fall(why: BrokerError): void {
    if (this.#state === 'closed') return
    const wasUp = this.isUp
    this.#drop()
    this.#state = 'down'
    this.#lastProblem = `${this.#where()}: ${why.message}`
    if (wasUp) this.#interrupted(why)
    this.#dial()
  }

  #interrupted(why: BrokerError): void {
    if (this.#address !== null) this.#reconnection.lost(this.#address)
    this.#options.note(`lost ${this.#where()}: ${why.message}`)
    for (const [id, pending] of this.#pending) {
      if (pending.onLoss === 'resend') continue
      this.#pending.delete(id)
      pending.reject(lost())
    }
    this.#options.interrupted?.()
  }

  #where(): string {
    return this.#address === null ? 'nobody' : `tcp://${formatHostPort(this.#address)}`
  }

  #drop(): void {
    const attempt = this.#attempt
    const link = this.#link
    this.#attempt = null
    this.#link = null
    attempt?.abort('given up')
    link?.close()
  }

  #settle(correlationId: number, refusal: BrokerError | null): void {
    const pending = this.#pending.get(correlationId)
    if (pending === undefined) return
    this.#pending.delete(correlationId)
    if (refusal === null) pending.resolve()
    else pending.reject(refusal)
  }

  #fail(failure: BrokerError): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#failure = failure
    this.#timer?.cancel()
    this.#drop()
    const pending = [...this.#pending.values(), ...this.#waiting.splice(0)]
    this.#pending.clear()
    for (const { reject } of pending) reject(failure)
  }
}

function lost(why = 'the connection was lost before the answer'): BrokerError {
  return new BrokerError('CONNECTION_LOST', why)
}
