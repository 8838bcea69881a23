import { randomUUID } from 'node:crypto'
import type { Clock } from '@quorate/core/base/clock'
import { BrokerError } from '@quorate/core/base/errors'
import type { Administration } from '../../../engine/administration/administration.ts'
import type { Administrator } from '../../../engine/administration/administrator.ts'
import type { ClientSink, Receipt } from '../../../engine/client.ts'
import type { Caller } from '../access/caller.ts'

/** How long a change may wait for room and for its commit, in milliseconds. */
export const OPERATION_TIMEOUT_MS = 30_000

/** What a change begins: it says what it did; the commit is waited for. */
export type Begin<T> = (administrator: Administrator, receipt: Receipt) => T

export interface Operator {
  readonly engine: Administration
  readonly clock: Clock
  readonly caller: Caller
  /** Of a durable subscription that is dealt with; '' otherwise. */
  readonly clientId?: string
}

/**
 * Connects to the engine, does these things one after the other, each when the one before is
 * committed, and leaves. Rejects with what the engine says; with LEADERSHIP_LOST or REQUEST_TIMEOUT
 * the outcome is unknown.
 */
export async function operate<T>(
  operator: Operator,
  work: (perform: <R>(begin: Begin<R>) => Promise<R>) => Promise<T>,
): Promise<T> {
  const { engine, clock, caller, clientId = '' } = operator
  const waiting = new WaitingSink()
  const administrator = engine.connect({
    connectionId: `ID:api-${randomUUID()}`,
    clientId,
    userName: caller.name,
    remoteAddress: `http://${caller.from}`,
    reconnect: false,
    sink: waiting,
  })
  const late = clock.after(OPERATION_TIMEOUT_MS, () => waiting.fail(outOfTime()))
  let receipt = 0
  try {
    return await work(async (begin) => {
      const mine = ++receipt
      const committed = waiting.await(mine)
      // Nobody looks at it when `begin` throws.
      committed.catch(() => undefined)
      const begun = begin(administrator, mine)
      await committed
      return begun
    })
  } finally {
    late.cancel()
    administrator.close()
  }
}

interface Settlement {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** The engine's answers as promises. */
class WaitingSink implements ClientSink {
  readonly #waiting = new Map<Receipt, Settlement>()
  #failure: BrokerError | null = null

  await(receipt: Receipt): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure === null) this.#waiting.set(receipt, { resolve, reject })
      else reject(this.#failure)
    })
  }

  /** Nothing more is heard of the engine. */
  fail(error: BrokerError): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }

  confirm(receipt: Receipt): void {
    this.#waiting.get(receipt)?.resolve()
    this.#waiting.delete(receipt)
  }

  reject(receipt: Receipt, error: BrokerError): void {
    this.#waiting.get(receipt)?.reject(error)
    this.#waiting.delete(receipt)
  }

  close(reason: BrokerError): void {
    this.fail(reason)
  }

  // It consumes nothing, and sends one thing at a time.
  dispatch(): void {}
  endOfMessages(): void {}
  consumerEnded(): void {}
  pause(): void {}
  resume(): void {}
  flush(): void {}
}

function outOfTime(): BrokerError {
  const why = 'The change was not committed in time; its outcome is unknown.'
  return new BrokerError('REQUEST_TIMEOUT', why)
}
