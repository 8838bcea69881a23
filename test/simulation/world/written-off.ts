import { formatDestination } from '@quorate/core/model/destination'
import { decodeCanonical } from '@quorate/core/openwire/canonical-message'
import type { LogBatch } from '@quorate/broker/store/journal/log-batch'
import type { SourceName } from '../../support/history/events.ts'
import type { Subject } from '../../support/history/violation.ts'
import { decodePayload } from '../clients/payload.ts'
import { opsOf } from './log-ops.ts'
import type { SingleOp } from './log-ops.ts'

/** What the numbers in the log stand for. */
class Names {
  readonly #messages: string[] = []
  readonly #sources = new Map<number, SourceName>()

  apply(op: SingleOp): void {
    if (op.kind === 'message') {
      const { content } = decodeCanonical(op.body)
      this.#messages.push(decodePayload(content) ?? 'damaged')
    } else if (op.kind === 'destination-added') {
      this.#sources.set(op.id, formatDestination(op.destination))
    } else if (op.kind === 'subscription-added') {
      this.#sources.set(op.id, `${op.clientId}/${op.name}`)
    }
  }

  get lastMessage(): string {
    return this.#messages.at(-1) ?? ''
  }

  /** Messages are numbered from 1 on, in the order of the log. */
  message(sequence: number): string {
    return this.#messages[sequence - 1] ?? ''
  }

  source(list: number): SourceName {
    return this.#sources.get(list) ?? ''
  }
}

/**
 * What reported losses took away (R10): of everything that was committed, the messages and
 * subscriptions that the lost records touched. All else is still promised.
 */
export class WrittenOff {
  /** By index, from 1 on. */
  readonly #committed: LogBatch[] = []
  /** Stored by a lost record: they are nowhere. */
  readonly #messages = new Set<string>()
  /** Acknowledged or counted by one: they come again, as if that had not been. */
  readonly #deliveries = new Set<string>()
  /** Made or removed by one: it is not there, or there again, with whatever it has. */
  readonly #sources = new Set<SourceName>()

  /** A record of one's own for each index. */
  committed(index: number, record: LogBatch): void {
    this.#committed[index - 1] = record
  }

  /** The records from this index on are given up. */
  lost(from: number): void {
    const names = new Names()
    for (const [i, batch] of this.#committed.entries()) {
      for (const op of opsOf(batch)) {
        names.apply(op)
        if (i + 1 >= from) this.#touch(op, names)
      }
    }
    this.#committed.length = Math.min(this.#committed.length, from - 1)
  }

  touches({ source, message }: Subject): boolean {
    return (
      this.#messages.has(message) ||
      this.#deliveries.has(`${source} ${message}`) ||
      this.#sources.has(source)
    )
  }

  #touch(op: SingleOp, names: Names): void {
    switch (op.kind) {
      case 'message':
        this.#messages.add(names.lastMessage)
        break
      case 'acknowledge':
      case 'redelivered':
        for (const sequence of op.sequences) {
          this.#deliveries.add(`${names.source(op.list)} ${names.message(sequence)}`)
        }
        break
      case 'subscription-added':
      case 'subscription-removed':
        this.#sources.add(names.source(op.id))
        break
      default:
        break
    }
  }
}
