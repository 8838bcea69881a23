import { TypeId, create } from '@quorate/core/openwire/commands'
import type {
  Command,
  ConnectionId,
  ConsumerId,
  ConsumerInfo,
  LocalTransactionId,
  MessageAck,
  MessageCommand,
  MessageDispatch,
  ProducerId,
  ProducerInfo,
  RemoveInfo,
  RemoveSubscriptionInfo,
  TransactionInfo,
  WireThrowable,
} from '@quorate/core/openwire/commands'
import type { Timer } from '@quorate/core/base/clock'
import type { ByteStream } from '@quorate/core/transport/byte-stream'
import type { NetworkAddress } from '@quorate/core/transport/network'
import type { ClientName } from '../../support/history/events.ts'
import type { ClientEnvironment } from './client-environment.ts'
import { ClientLink } from './client-link.ts'
import type { LinkListener } from './client-link.ts'
import { ClientRecorder } from './client-recorder.ts'

/** From dialling to the answer to ConnectionInfo. */
const CONNECT_WITHIN_MS = 1000
/** Between two brokers of one round. */
const NEXT_BROKER_MS = 5
/** After a round in which no broker answered; doubled from round to round. */
const NEXT_ROUND_MS = 20
const NEXT_ROUND_MAX_MS = 400
/** For the broker's answer when a client says that it goes. */
const CLOSE_WITHIN_MS = 500

const SESSION = 1

const ROLLED_BACK = 'TransactionRolledBackException'
const NO_ROOM = 'ResourceAllocationException'
const CLIENT_ID_IN_USE = 'InvalidClientIDException'

/** What may be asked of a broker so that an answer comes. */
export type Request =
  ConsumerInfo | MessageAck | MessageCommand | RemoveInfo | RemoveSubscriptionInfo | TransactionInfo

/** The broker refused. */
export interface Refusal {
  readonly kind: 'refused'
  /** `javax.jms.SomeException: message`. */
  readonly text: string
  /**
   * Nothing of it happened, nor will. A rollback is the broker's word on a whole transaction, and
   * stays true when the commit was sent before over another connection: a leader knows all that was
   * committed before its time (R43), and of its own time the transactions that it is committing.
   * Any other refusal is certain only when the request was sent once: who knows what became of the
   * first copy. An error that is not understood says nothing.
   */
  readonly isCertain: boolean
  /** The request was sent before, over a connection that was lost. */
  readonly isRepeated: boolean
}

/** `lost`: the connection went before the answer, and the request was not sent again. */
export type Answer = { readonly kind: 'ok' } | Refusal | { readonly kind: 'lost' }

/** Why an attempt to connect is aborted; nobody looks at it. */
const givenUp = 'given up'

const ok: Answer = { kind: 'ok' }
const lost: Answer = { kind: 'lost' }

/**
 * What becomes of a request when the connection is lost before its answer: it is sent again, with
 * the same id, over the next one; or it is over, since it means nothing there.
 */
export type OnLoss = 'resend' | 'forget'

interface Pending {
  readonly command: Request
  readonly onLoss: OnLoss
  readonly resolve: (answer: Answer) => void
  /** The connection that it was last sent over, by its generation; 0 for none. */
  sentOver: number
  isRepeated: boolean
}

interface Consumer {
  readonly info: ConsumerInfo
  readonly dispatched: (dispatch: MessageDispatch) => void
}

export interface ConnectionListener {
  /** The connection is gone, and with it all that is not acknowledged. */
  interrupted?(): void
  /**
   * The next connection knows producers and consumers: the time to `post` what it must know too.
   */
  replay?(): void
}

export interface ConnectionOptions {
  readonly client: ClientName
  /** JMS client id, for durable subscriptions. */
  readonly clientId?: string
  /**
   * Consumers that come back ask for no messages until everything else is replayed, as Java's do.
   */
  readonly isGentle?: boolean
}

/**
 * A connection that outlives its brokers, as the `failover:` transport of ActiveMQ's clients:
 *
 *   down --- dial ---> greeting --- ConnectionInfo answered ---> up
 *    ^ \________________/   (refused, silent, slow: the next)     |
 *    \____________________________________________________________/  lost
 *
 * Consumers and producers are registered again, and unanswered requests sent again with their old
 * ids. It is one session; open transactions are lost unless a listener replays them.
 */
export class FailoverConnection implements LinkListener {
  readonly recorder: ClientRecorder
  /** How many connections there were so far: what was delivered by an earlier one is stale. */
  generation = 0
  readonly #environment: ClientEnvironment
  readonly #options: ConnectionOptions
  readonly #id: ConnectionId
  readonly #pending = new Map<number, Pending>()
  readonly #producers: ProducerInfo[] = []
  readonly #consumers = new Map<number, Consumer>()
  readonly #listeners: ConnectionListener[] = []
  #waiting: (() => void)[] = []
  #state: 'down' | 'greeting' | 'up' | 'closed' = 'down'
  #link: ClientLink | null = null
  #attempt: AbortController | null = null
  #timer: Timer | null = null
  #round: NetworkAddress[] = []
  #nextRoundMs = NEXT_ROUND_MS
  /** A broker may know this connection: from now on it is one that comes back. */
  #mayBeKnown = false
  #connectionCommand = 0
  #lastCommand = 0
  #lastConsumer = 0
  #lastTransaction = 0

  constructor(environment: ClientEnvironment, options: ConnectionOptions) {
    this.#environment = environment
    this.#options = options
    this.recorder = new ClientRecorder(options.client, environment)
    this.#id = create('ConnectionId', { value: `ID:${options.client}` })
    this.#after(0, () => this.#dial())
  }

  get isUp(): boolean {
    return this.#state === 'up'
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** Requests without an answer. */
  get pendingCount(): number {
    return this.#pending.size
  }

  listen(listener: ConnectionListener): void {
    this.#listeners.push(listener)
  }

  /** Resolves when the connection is up, or closed for good. */
  whenUp(): Promise<void> {
    if (this.isUp || this.isClosed) return Promise.resolve()
    return new Promise((resolve) => void this.#waiting.push(resolve))
  }

  addProducer(): ProducerId {
    const value = this.#producers.length + 1
    const producerId = create('ProducerId', { ...this.#inSession, value })
    const info = create('ProducerInfo', { commandId: ++this.#lastCommand, producerId })
    this.#producers.push(info)
    this.post(info)
    return producerId
  }

  nextConsumerId(): ConsumerId {
    return create('ConsumerId', { ...this.#inSession, value: ++this.#lastConsumer })
  }

  nextTransactionId(): LocalTransactionId {
    return create('LocalTransactionId', { connectionId: this.#id, value: ++this.#lastTransaction })
  }

  /** Registers a consumer, now and again whenever the connection comes back. */
  openConsumer(
    info: ConsumerInfo,
    dispatched: (dispatch: MessageDispatch) => void,
  ): Promise<Answer> {
    const key = valueOf(info.consumerId)
    this.#consumers.set(key, { info, dispatched })
    return this.request(info, 'resend').then((answer) => {
      if (answer.kind !== 'ok') this.#consumers.delete(key)
      return answer
    })
  }

  /** `lastDelivered`: broker sequence of the last message that was received; -1 for none. */
  closeConsumer(id: ConsumerId, lastDelivered: number): Promise<Answer> {
    this.#consumers.delete(valueOf(id))
    const remove = create('RemoveInfo', { objectId: id, lastDeliveredSequenceId: lastDelivered })
    return this.request(remove, 'forget')
  }

  /** The command is the connection's from now on: it gets its id here, and keeps it. */
  request(command: Request, onLoss: OnLoss): Promise<Answer> {
    if (this.isClosed || (!this.isUp && onLoss === 'forget')) return Promise.resolve(lost)
    const commandId = ++this.#lastCommand
    command.commandId = commandId
    command.responseRequired = true
    return new Promise((resolve) => {
      const pending = { command, onLoss, resolve, sentOver: 0, isRepeated: false }
      this.#pending.set(commandId, pending)
      if (this.isUp) this.#write(pending)
    })
  }

  /** Sends what nobody answers. Without a connection it is dropped. */
  post(command: Command & { commandId: number }): void {
    if (!this.isUp) return
    command.commandId = ++this.#lastCommand
    this.#link?.send(command)
  }

  /** Says goodbye, if there is a broker to say it to. Unanswered requests have been lost then. */
  async close(): Promise<void> {
    if (this.isUp) {
      const timeout = new Promise<void>((resolve) => this.#after(CLOSE_WITHIN_MS, resolve))
      const remove = create('RemoveInfo', { objectId: this.#id, lastDeliveredSequenceId: -2 })
      await Promise.race([this.request(remove, 'forget'), timeout])
      this.post(create('ShutdownInfo'))
      this.#link?.flush()
    }
    this.#end()
  }

  /** Goes without a word, as a process that is killed. */
  abort(): void {
    if (this.isUp) this.recorder.interrupted()
    this.#end()
  }

  opened(link: ClientLink): void {
    if (link !== this.#link) return
    const { client, clientId } = this.#options
    link.send(create('ConnectionControl', { faultTolerant: true }))
    this.#connectionCommand = ++this.#lastCommand
    link.send(
      create('ConnectionInfo', {
        commandId: this.#connectionCommand,
        responseRequired: true,
        connectionId: this.#id,
        clientId: clientId ?? `ID:client-${client}`,
        faultTolerant: true,
        failoverReconnect: this.#mayBeKnown,
      }),
    )
    this.#mayBeKnown = true
  }

  received(link: ClientLink, command: Command): void {
    if (link !== this.#link) return
    switch (command.type) {
      case TypeId.MessageDispatch:
        this.#dispatched(command)
        break
      case TypeId.Response:
        if (this.#isGreeting(command.correlationId)) this.#connected()
        else this.#answered(command.correlationId, null)
        break
      case TypeId.ExceptionResponse:
        if (this.#isGreeting(command.correlationId)) this.#turnedAway(command.exception)
        else this.#answered(command.correlationId, command.exception)
        break
      case TypeId.ConnectionError:
        this.#complaint(textOf(command.exception))
        break
      case TypeId.ConsumerControl:
        this.#surprised('the broker closed a consumer')
        break
      default:
        break
    }
  }

  lost(link: ClientLink): void {
    if (link === this.#link) this.#fall()
  }

  get #inSession(): { readonly connectionId: string; readonly sessionId: number } {
    return { connectionId: this.#id.value ?? '', sessionId: SESSION }
  }

  #surprised(what: string): void {
    this.#environment.surprised(`${this.#options.client}: ${what}`)
  }

  /** Errors of what nobody waits for: a transaction that was lost with its connection. */
  #complaint(text: string): void {
    if (!text.includes(ROLLED_BACK)) this.#surprised(text)
  }

  #after(ms: number, act: () => void): void {
    this.#timer?.cancel()
    this.#timer = this.#environment.clock.after(ms, act)
  }

  #dial(): void {
    const { network, addresses, chance, clock } = this.#environment
    if (this.#round.length === 0) this.#round = shuffled(addresses, () => chance.random())
    const address = this.#round.pop()
    if (address === undefined) return
    const attempt = new AbortController()
    this.#attempt = attempt
    this.#after(CONNECT_WITHIN_MS, () => this.#fall())
    network.connect(address, attempt.signal).then(
      (stream: ByteStream) => {
        if (this.#attempt !== attempt) {
          stream.destroy()
          return
        }
        this.#attempt = null
        this.#state = 'greeting'
        this.#link = new ClientLink(stream, this, clock)
      },
      () => {
        if (this.#attempt !== attempt) return
        // It has failed by itself: there is nothing to give up.
        this.#attempt = null
        this.#fall()
      },
    )
  }

  /** Whatever there was of a connection is over; the next broker is tried. */
  #fall(): void {
    if (this.isClosed) return
    const wasUp = this.isUp
    this.#drop()
    this.#state = 'down'
    if (wasUp) this.#interrupted()
    if (this.isClosed) return
    const { chance } = this.#environment
    const isRoundOver = this.#round.length === 0 && !wasUp
    const delayMs = isRoundOver ? this.#nextRoundMs : NEXT_BROKER_MS
    if (isRoundOver) this.#nextRoundMs = Math.min(this.#nextRoundMs * 2, NEXT_ROUND_MAX_MS)
    this.#after(delayMs * chance.between(0.5, 1), () => this.#dial())
  }

  #drop(): void {
    const attempt = this.#attempt
    const link = this.#link
    this.#attempt = null
    this.#link = null
    attempt?.abort(givenUp)
    link?.close()
  }

  #interrupted(): void {
    this.recorder.interrupted()
    for (const [id, pending] of this.#pending) {
      if (pending.onLoss === 'resend') continue
      this.#pending.delete(id)
      pending.resolve(lost)
    }
    for (const listener of this.#listeners) listener.interrupted?.()
  }

  #isGreeting(correlationId: number): boolean {
    return this.#state === 'greeting' && correlationId === this.#connectionCommand
  }

  #turnedAway(exception: WireThrowable | null): void {
    const text = textOf(exception)
    // It is not this connection that they know, but one with its client id that is not gone yet.
    if (text.includes(CLIENT_ID_IN_USE)) this.#mayBeKnown = false
    else this.#surprised(`turned away: ${text}`)
    this.#fall()
  }

  #connected(): void {
    this.#timer?.cancel()
    this.#state = 'up'
    this.#round = []
    this.#nextRoundMs = NEXT_ROUND_MS
    if (this.generation++ > 0) this.recorder.resumed()
    this.#replay()
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  #replay(): void {
    const sessionId = create('SessionId', { connectionId: this.#id.value, value: SESSION })
    this.post(create('SessionInfo', { sessionId }))
    for (const info of this.#producers) this.post(info)
    const isGentle = this.#options.isGentle === true
    const opening = new Set<number>()
    for (const { command } of this.#pending.values()) {
      if (command.type === TypeId.ConsumerInfo) opening.add(valueOf(command.consumerId))
    }
    const back: ConsumerInfo[] = []
    for (const [key, { info }] of this.#consumers) {
      if (opening.has(key)) continue
      back.push(info)
      void this.#reopen({ ...info, prefetchSize: isGentle ? 0 : info.prefetchSize })
    }
    for (const listener of this.#listeners) listener.replay?.()
    for (const pending of this.#pending.values()) {
      if (pending.sentOver !== this.generation) this.#write(pending)
    }
    if (!isGentle) return
    for (const { consumerId, destination, prefetchSize: prefetch } of back) {
      this.post(create('ConsumerControl', { consumerId, destination, prefetch }))
    }
  }

  async #reopen(info: ConsumerInfo): Promise<void> {
    const link = this.#link
    const answer = await this.request(info, 'forget')
    if (answer.kind !== 'refused' || link !== this.#link) return
    this.#surprised(`a consumer was not taken back: ${answer.text}`)
    this.#fall()
  }

  #write(pending: Pending): void {
    pending.isRepeated ||= pending.sentOver > 0
    pending.sentOver = this.generation
    this.#link?.send(pending.command)
  }

  #answered(correlationId: number, exception: WireThrowable | null): void {
    const pending = this.#pending.get(correlationId)
    if (pending === undefined) return
    this.#pending.delete(correlationId)
    pending.resolve(exception === null ? ok : refusal(pending, exception))
  }

  #dispatched(dispatch: MessageDispatch): void {
    if (dispatch.message === null) return
    // One that is closed gets nothing any more: the broker has been told how far it got.
    this.#consumers.get(valueOf(dispatch.consumerId))?.dispatched(dispatch)
  }

  #end(): void {
    if (this.isClosed) return
    this.#state = 'closed'
    this.#timer?.cancel()
    this.#drop()
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { resolve } of pending) resolve(lost)
    for (const resolve of this.#waiting) resolve()
  }
}

function refusal({ isRepeated }: Pending, exception: WireThrowable): Refusal {
  const text = textOf(exception)
  const isCertain = text.includes(ROLLED_BACK) || (text.includes(NO_ROOM) && !isRepeated)
  return { kind: 'refused', text, isCertain, isRepeated }
}

function textOf(exception: WireThrowable | null): string {
  return `${exception?.className ?? 'refused'}: ${exception?.message ?? ''}`
}

function valueOf(id: ConsumerId | null): number {
  return Number(id?.value ?? 0)
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const all = [...items]
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[all[i], all[j]] = [all[j] as T, all[i] as T]
  }
  return all
}
