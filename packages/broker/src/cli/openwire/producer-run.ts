import { setTimeout as delay } from 'node:timers/promises'
import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import type { DestinationName } from '@quorate/core/model/destination'
import { create } from '@quorate/core/openwire/commands'
import type { Destination, MessageCommand } from '@quorate/core/openwire/commands'
import { untilAborted } from './aborted.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { isRefusal } from './exception.ts'
import {
  INTERRUPT_GRACE_MS,
  SEND_WINDOW_BYTES,
  TRANSACTION_ATTEMPTS_MAX,
  WINDOW_MESSAGES_MAX,
} from './limits.ts'
import { inTransaction } from './transaction.ts'
import { wireDestination } from './wire-names.ts'

export interface ProducerPlan {
  readonly destination: DestinationName
  readonly count: number
  /** The body of the message with this number, from 1, as it travels. */
  readonly bodyOf: (number: number) => { readonly isText: boolean; readonly content: Buffer }
  readonly persistent: boolean
  readonly priority: number
  /** 0: for ever. */
  readonly ttlMs: number
  readonly withTimestamp: boolean
  /** JMSXGroupID; null: none. */
  readonly groupId: string | null
  /** After each message. */
  readonly sleepMs: number
  /** Messages of a transaction; 0: none. */
  readonly batch: number
  readonly onConfirmed: (count: number) => void
}

/** Sends messages over one connection, many at a time, and counts what was confirmed. */
export class ProducerRun {
  /** The broker has them, as durably as it promises. */
  confirmed = 0
  /** The broker said no: it does not have them. */
  refused = 0
  failure: BrokerError | null = null
  /** When a broker served it, and when all was answered; of `performance.now`. */
  beganMs: number | null = null
  endedMs: number | null = null
  readonly #connection: BrokerConnection
  readonly #plan: ProducerPlan
  readonly #destination: Destination
  #sent = 0
  #underWay = 0
  #underWayBytes = 0
  #wake: () => void = () => {}

  constructor(connection: BrokerConnection, plan: ProducerPlan) {
    this.#connection = connection
    this.#plan = plan
    this.#destination = wireDestination(plan.destination)
  }

  /** Sent, and no answer came: a consumer will tell. */
  get unknown(): number {
    return this.#sent - this.confirmed - this.refused
  }

  /** Resolves when all is sent and answered, when it failed, or some time after the signal. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await untilAborted(this.#connection.whenUp(), signal)
      this.beganMs = performance.now()
      if (this.#plan.batch > 0) await this.#sendBatches(signal)
      else await this.#sendAll(signal)
    } catch (error) {
      this.failure ??= toBrokerError(error)
    }
    this.endedMs = performance.now()
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    const { count, sleepMs } = this.#plan
    for (let number = 1; number <= count && this.#goesOn(signal); number++) {
      const message = this.#message(number)
      await this.#until(() => this.#hasRoom(message), signal)
      if (!this.#goesOn(signal)) break
      this.#send(message)
      if (sleepMs > 0) await delay(sleepMs, undefined, { signal }).catch(() => undefined)
    }
    const isIdle = (): boolean => this.#underWay === 0
    await this.#until(isIdle, signal)
    if (signal.aborted && !isIdle())
      await this.#until(isIdle, AbortSignal.timeout(INTERRUPT_GRACE_MS))
  }

  async #sendBatches(signal: AbortSignal): Promise<void> {
    const { count, batch, sleepMs, onConfirmed } = this.#plan
    for (let first = 1; first <= count && this.#goesOn(signal); first += batch) {
      const size = Math.min(batch, count - first + 1)
      const messages = Array.from({ length: size }, (_, at) => this.#message(first + at))
      this.#sent += size
      const committed = this.#commit(messages)
      await untilAborted(committed, signal)
      if (signal.aborted) await Promise.race([committed, delay(INTERRUPT_GRACE_MS)])
      if (this.confirmed + this.refused < this.#sent) return
      onConfirmed(size)
      if (sleepMs > 0) await delay(sleepMs * size, undefined, { signal }).catch(() => undefined)
    }
  }

  /** A transaction that died with its leader is done again, with the same messages. */
  async #commit(messages: readonly MessageCommand[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#connection.whenUp()
        await inTransaction(this.#connection, (transactionId) =>
          messages.map((message) =>
            this.#connection.request({ ...message, transactionId }, 'forget'),
          ),
        )
        this.confirmed += messages.length
        return
      } catch (error) {
        const failure = toBrokerError(error)
        const { code } = failure
        const isAgain = code === 'CONNECTION_LOST' || code === 'TRANSACTION_ROLLED_BACK'
        if (isAgain && attempt < TRANSACTION_ATTEMPTS_MAX) continue
        if (isRefusal(failure)) this.refused += messages.length
        throw failure
      }
    }
  }

  #goesOn(signal: AbortSignal): boolean {
    return !signal.aborted && this.failure === null
  }

  #hasRoom({ content }: MessageCommand): boolean {
    if (this.#underWay === 0) return true
    const bytes = this.#underWayBytes + (content?.length ?? 0)
    return this.#underWay < WINDOW_MESSAGES_MAX && bytes <= SEND_WINDOW_BYTES
  }

  #message(number: number): MessageCommand {
    const { persistent, priority, ttlMs, withTimestamp, groupId, bodyOf } = this.#plan
    const { isText, content } = bodyOf(number)
    const nowMs = Date.now()
    const { producerId } = this.#connection
    return create(isText ? 'ActiveMQTextMessage' : 'ActiveMQBytesMessage', {
      producerId,
      messageId: create('MessageId', { producerId, producerSequenceId: number }),
      destination: this.#destination,
      persistent,
      priority,
      timestamp: withTimestamp ? nowMs : 0,
      expiration: ttlMs === 0 ? 0 : nowMs + ttlMs,
      groupID: groupId,
      content,
    })
  }

  #send(message: MessageCommand): void {
    const bytes = message.content?.length ?? 0
    this.#sent++
    this.#underWay++
    this.#underWayBytes += bytes
    const settled = (): void => {
      this.#underWay--
      this.#underWayBytes -= bytes
      this.#wake()
    }
    this.#connection.request(message, 'resend').then(
      () => {
        this.confirmed++
        this.#plan.onConfirmed(1)
        settled()
      },
      (error: unknown) => {
        const failure = toBrokerError(error)
        // What is wrong with it was found before it was sent, or its broker says so.
        if (failure.kind === 'protocol' || isRefusal(failure)) this.refused++
        this.failure ??= failure
        settled()
      },
    )
  }

  async #until(isSo: () => boolean, signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#wake()
    signal.addEventListener('abort', stop)
    while (!isSo() && !signal.aborted) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    signal.removeEventListener('abort', stop)
  }
}
