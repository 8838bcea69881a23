import { create } from '@quorate/core/openwire/commands'
import type { LocalTransactionId, TransactionInfo } from '@quorate/core/openwire/commands'
import type { TransactionName } from '../../support/history/events.ts'
import type { Answer, FailoverConnection } from './failover-connection.ts'

/** `TransactionInfo.type`. */
const Operation = { begin: 0, commitOnePhase: 2, rollback: 4 } as const

/**
 * A local transaction of one connection. It lives in the broker for as long as the connection it
 * began on: after a loss it is not there, and its commit is refused, unless it is begun again.
 */
export class ClientTransaction {
  readonly id: LocalTransactionId
  /** Unique in the history. */
  readonly name: TransactionName
  readonly #connection: FailoverConnection
  readonly #generation: number

  constructor(connection: FailoverConnection) {
    this.#connection = connection
    this.#generation = connection.generation
    this.id = connection.nextTransactionId()
    this.name = `${connection.recorder.client}/tx-${String(this.id.value)}`
    this.begin()
  }

  /** The connection that it began on is still the one. */
  get isUnbroken(): boolean {
    return this.#connection.isUp && this.#connection.generation === this.#generation
  }

  /** Once more for a new connection. */
  begin(): void {
    this.#connection.post(this.#info(Operation.begin))
  }

  /**
   * Asked again over the next connection when this one is lost, and the answer then is what became
   * of it: a broker knows the transactions that were committed, and all others are rolled back.
   */
  commit(): Promise<Answer> {
    return this.#end('commit', Operation.commitOnePhase)
  }

  rollback(): Promise<Answer> {
    return this.#end('rollback', Operation.rollback)
  }

  async #end(type: 'commit' | 'rollback', operation: number): Promise<Answer> {
    const { recorder } = this.#connection
    const op = recorder.invoke({ type, tx: this.name })
    const answer = await this.#connection.request(this.#info(operation), 'resend')
    recorder.answered(op, answer)
    return answer
  }

  #info(transactionType: number): TransactionInfo {
    return create('TransactionInfo', {
      connectionId: this.id.connectionId,
      transactionId: this.id,
      transactionType,
    })
  }
}
