import { ACKNOWLEDGED_PER_RECORD_MAX } from '../policy/limits.ts'
import type { Stored } from '../../store/message-store.ts'
import { NO_RECEIPT } from '../client.ts'
import type { Receipt } from '../client.ts'
import { PendingRecord } from '../pending-records.ts'
import type { PendingRecords, ReceiptHolder } from '../pending-records.ts'

/** A list of which messages are acknowledged. */
export interface AcknowledgedList {
  readonly listId: number
  /** Appended: the messages do not count any more. */
  acknowledging(count: number): void
  /** Applied: the store has dropped them. */
  acknowledged(count: number): void
}

interface Gathered {
  readonly list: AcknowledgedList
  readonly sequences: number[]
}

/**
 * Gathers the acknowledgements of one turn: one record for each list, however many clients and
 * frames they came from.
 */
export class AckBatch {
  readonly #records: PendingRecords
  readonly #gathered = new Map<number, Gathered>()
  #lastList: Gathered | null = null
  #holders: ReceiptHolder[] = []
  #receipts: Receipt[] = []

  constructor(records: PendingRecords) {
    this.#records = records
  }

  add(list: AcknowledgedList, sequence: number): void {
    let gathered = this.#lastList
    if (gathered === null || gathered.list !== list) {
      gathered = this.#gathered.get(list.listId) ?? { list, sequences: [] }
      this.#gathered.set(list.listId, gathered)
      this.#lastList = gathered
    }
    list.acknowledging(1)
    gathered.sequences.push(sequence)
    if (gathered.sequences.length >= ACKNOWLEDGED_PER_RECORD_MAX) this.flush()
  }

  /** To be answered when everything added before is committed. */
  await(holder: ReceiptHolder, receipt: Receipt): void {
    if (receipt === NO_RECEIPT) return
    this.#holders.push(holder)
    this.#receipts.push(receipt)
  }

  flush(): void {
    if (this.#gathered.size === 0 && this.#receipts.length === 0) return
    const lists = [...this.#gathered.values()]
    const answers = { holders: this.#holders, receipts: this.#receipts }
    this.#gathered.clear()
    this.#lastList = null
    this.#holders = []
    this.#receipts = []
    // Those who wait are answered with the last of the records: it is applied after the others.
    lists.forEach(({ list, sequences }, i) => {
      sequences.sort((one, other) => one - other)
      const mine = i === lists.length - 1 ? answers : null
      const record = new AcknowledgeRecord(list, sequences.length, mine)
      this.#records.append({ kind: 'acknowledge', list: list.listId, sequences }, record)
    })
    if (lists.length === 0) this.#records.behindLast(new AcknowledgeRecord(null, 0, answers))
  }
}

interface Answers {
  readonly holders: readonly ReceiptHolder[]
  readonly receipts: readonly Receipt[]
}

class AcknowledgeRecord extends PendingRecord {
  readonly #list: AcknowledgedList | null
  readonly #count: number
  #answers: Answers | null

  constructor(list: AcknowledgedList | null, count: number, answers: Answers | null) {
    super()
    this.#list = list
    this.#count = count
    this.#answers = answers
  }

  override applied(stored: Stored | null): void {
    this.#list?.acknowledged(this.#count)
    this.#answer(stored)
  }

  override confirmEarly(): void {
    this.#answer(null)
  }

  #answer(stored: Stored | null): void {
    const answers = this.#answers
    this.#answers = null
    answers?.holders.forEach((holder, i) => {
      holder.confirm(answers.receipts[i] ?? NO_RECEIPT, stored)
    })
  }
}
