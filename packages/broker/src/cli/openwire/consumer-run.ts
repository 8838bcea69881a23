import { setTimeout as delay } from 'node:timers/promises'
import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import type { DestinationName } from '@quorate/core/model/destination'
import { create } from '@quorate/core/openwire/commands'
import type {
  ConsumerInfo,
  LocalTransactionId,
  MessageCommand,
  MessageDispatch,
} from '@quorate/core/openwire/commands'
import { aborted, untilAborted } from './aborted.ts'
import type { BrokerConnection } from './broker-connection.ts'
import {
  INTERRUPT_GRACE_MS,
  PREFETCH_MAX,
  REMEMBERED_IDS_MAX,
  SETTLE_TIMEOUT_MS,
} from './limits.ts'
import { inTransaction } from './transaction.ts'
import { messageIdText, wireDestination } from './wire-names.ts'

export interface ConsumerPlan {
  readonly destination: DestinationName
  readonly count: number
  /** Ends when nothing came for so long; 0: never. */
  readonly receiveTimeoutMs: number
  readonly sleepMs: number
  /** Each message is acknowledged by itself. */
  readonly isIndividual: boolean
  /** Messages of a transaction; 0: none. */
  readonly batch: number
  /** Without a transaction: acknowledged with one command at most. */
  readonly together: number
  /** Of a durable subscription; null: none. */
  readonly subscription: string | null
  /** Shows a message, and resolves when the next may be shown. */
  readonly onMessage: (message: MessageCommand, isRedelivered: boolean) => Promise<unknown>
}

/** `MessageAck.ackType`. */
const AckType = { standard: 2, individual: 4 } as const
/** RemoveInfo.lastDeliveredSequenceId: nothing of what is still with us was seen; all of it was. */
const NOTHING_SEEN = -1
const ALL_SEEN = -2

/** Resolves some time after the signal. */
async function graceOver(signal: AbortSignal): Promise<false> {
  await aborted(signal)
  return delay(INTERRUPT_GRACE_MS, false)
}

/**
 * Receives messages over one connection, shows each and acknowledges what was shown. What comes a
 * second time, after a leader was lost with an acknowledgement, is acknowledged and not shown.
 */
export class ConsumerRun {
  /** Shown, each once. */
  received = 0
  /** Came again, and were not shown again. */
  repeated = 0
  failure: BrokerError | null = null
  readonly #connection: BrokerConnection
  readonly #plan: ConsumerPlan
  readonly #seen = new Set<string>()
  /** Shown, and no answer came to their acknowledgement, so far. */
  readonly #unsettled = new Set<string>()
  #info: ConsumerInfo | null = null
  #arrived: MessageDispatch[] = []
  #group: MessageDispatch[] = []
  /** Connections that were lost so far. */
  #losses = 0
  #wake: () => void = () => {}

  constructor(connection: BrokerConnection, plan: ConsumerPlan) {
    this.#connection = connection
    this.#plan = plan
  }

  /** Messages that may come again, to whoever consumes next. */
  get unsettled(): number {
    return this.#unsettled.size + this.#group.length
  }

  /** The connection is gone: what is here and not acknowledged comes again over the next one. */
  interrupted(): void {
    this.#losses++
    this.#arrived = []
    this.#noteUnsettled(this.#group)
    this.#group = []
    this.#wake()
  }

  resumed(): void {
    this.#wake()
  }

  async run(signal: AbortSignal): Promise<void> {
    const working = this.#work(signal).then(() => true)
    // Who interrupts us does not wait for answers that may not come.
    const isSettled = await Promise.race([working, graceOver(signal)])
    const isClean = isSettled && this.unsettled === 0
    await this.#connection.close(isClean ? NOTHING_SEEN : ALL_SEEN)
  }

  async #work(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#wake()
    signal.addEventListener('abort', stop)
    const fail = (error: unknown): void => void (this.failure ??= toBrokerError(error))
    await this.#open(signal)
      .then(() => this.#receive(signal))
      .catch(fail)
    // What was shown is acknowledged, whatever else went wrong.
    await this.#acknowledge().catch(fail)
    signal.removeEventListener('abort', stop)
  }

  async #open(signal: AbortSignal): Promise<void> {
    const { destination, count, batch, subscription } = this.#plan
    await untilAborted(this.#connection.whenUp(), signal)
    if (signal.aborted) return
    const words = {
      destination: wireDestination(destination),
      prefetchSize: Math.min(count, Math.max(PREFETCH_MAX, batch)),
      subscriptionName: subscription,
    }
    const opened = this.#connection.consume(words, (dispatch) => {
      this.#arrived.push(dispatch)
      this.#wake()
    })
    // Who interrupts us does not wait for a broker that may not come.
    this.#info = (await untilAborted(opened, signal)) ?? null
  }

  async #receive(signal: AbortSignal): Promise<void> {
    const { count, sleepMs } = this.#plan
    while (!signal.aborted && this.failure === null) {
      const isWhole = this.received >= count
      if (isWhole) {
        await this.#acknowledge()
        if (this.#unsettled.size === 0) return
      }
      const dispatch = await this.#next(isWhole, signal)
      if (dispatch === null) return
      await this.#take(dispatch, isWhole)
      if (this.#arrived.length === 0 || this.#isGroupFull()) await this.#acknowledgeGroup()
      if (sleepMs > 0) {
        await this.#acknowledgeGroup()
        await delay(sleepMs, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  async #take(dispatch: MessageDispatch, isWhole: boolean): Promise<void> {
    const { message } = dispatch
    if (message === null) return
    const id = messageIdText(message.messageId)
    if (this.#seen.has(id)) this.repeated++
    else if (isWhole) {
      // Not ours to show any more: it goes back when we go, and no range of ours may span it.
      await this.#acknowledge()
      return
    } else {
      const lossesBefore = this.#losses
      await this.#plan.onMessage(message, dispatch.redeliveryCounter > 0)
      this.#remember(id)
      this.received++
      if (this.#losses !== lossesBefore) {
        // It was of a connection that went meanwhile, and comes again over the next.
        this.#noteUnsettled([dispatch])
        return
      }
    }
    this.#group.push(dispatch)
  }

  #remember(id: string): void {
    this.#seen.add(id)
    if (this.#seen.size <= REMEMBERED_IDS_MAX) return
    const [oldest] = this.#seen
    if (oldest !== undefined) this.#seen.delete(oldest)
  }

  /** The next message, or null when none comes in time. A lost connection stops the clock. */
  async #next(isWhole: boolean, signal: AbortSignal): Promise<MessageDispatch | null> {
    const { receiveTimeoutMs } = this.#plan
    const withinMs = isWhole ? SETTLE_TIMEOUT_MS : receiveTimeoutMs
    let deadlineMs = performance.now() + withinMs
    while (!signal.aborted) {
      const next = this.#arrived.shift()
      if (next !== undefined) return next
      await this.#acknowledgeGroup()
      if (this.#arrived.length > 0) continue
      if (!this.#connection.isUp) {
        await Promise.race([this.#connection.whenUp(), this.#woken()])
        deadlineMs = performance.now() + withinMs
        continue
      }
      const leftMs = withinMs === 0 ? null : deadlineMs - performance.now()
      if (leftMs !== null && leftMs <= 0) return null
      await this.#woken(leftMs)
    }
    return null
  }

  async #woken(withinMs: number | null = null): Promise<void> {
    const timer = new AbortController()
    const woken = new Promise<void>((resolve) => (this.#wake = resolve))
    if (withinMs === null) return woken
    const late = delay(withinMs, undefined, { signal: timer.signal }).catch(() => undefined)
    await Promise.race([woken, late])
    timer.abort()
  }

  #isGroupFull(): boolean {
    const { batch, together } = this.#plan
    return this.#group.length >= (batch > 0 ? batch : together)
  }

  /** Without a transaction at once; with one when it is full. */
  async #acknowledgeGroup(): Promise<void> {
    if (this.#plan.batch === 0 || this.#isGroupFull()) await this.#acknowledge()
  }

  async #acknowledge(): Promise<void> {
    const group = this.#group
    if (group.length === 0) return
    this.#group = []
    this.#noteUnsettled(group)
    try {
      if (this.#plan.batch > 0) {
        await inTransaction(this.#connection, (id) => [this.#request(group, id)])
      } else if (this.#plan.isIndividual) {
        const all = group.map((dispatch) => this.#request([dispatch], null))
        const outcomes = await Promise.allSettled(all)
        const failed = outcomes.find((outcome) => outcome.status === 'rejected')
        if (failed !== undefined) throw failed.reason
      } else await this.#request(group, null)
      for (const { message } of group) {
        this.#unsettled.delete(messageIdText(message?.messageId ?? null))
      }
    } catch (error) {
      const { code } = toBrokerError(error)
      // They come again, if they were not acknowledged.
      if (code !== 'CONNECTION_LOST' && code !== 'TRANSACTION_ROLLED_BACK') throw error
    }
  }

  #noteUnsettled(group: readonly MessageDispatch[]): void {
    for (const { message } of group) {
      this.#unsettled.add(messageIdText(message?.messageId ?? null))
    }
  }

  #request(
    group: readonly MessageDispatch[],
    transactionId: LocalTransactionId | null,
  ): Promise<void> {
    const ack = create('MessageAck', {
      consumerId: this.#info?.consumerId ?? null,
      destination: group[0]?.message?.destination ?? this.#info?.destination ?? null,
      transactionId,
      ackType: this.#plan.isIndividual ? AckType.individual : AckType.standard,
      firstMessageId: group[0]?.message?.messageId ?? null,
      lastMessageId: group.at(-1)?.message?.messageId ?? null,
      messageCount: group.length,
    })
    // Of no use on another connection: the messages come again there.
    return this.#connection.request(ack, 'forget')
  }
}
