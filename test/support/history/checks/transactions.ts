import type { Acknowledgement } from '../acknowledgements.ts'
import type { HistoryEvent } from '../events.ts'
import { fateOf, inserted, receiptsIn, subjectOf, wasUnderWay } from '../history-index.ts'
import type { HistoryIndex, Operation, Transaction } from '../history-index.ts'
import type { Subject, Violation } from '../violation.ts'

/** What one send or acknowledgement says of its transaction's fate. */
interface Evidence {
  readonly says: 'committed' | 'rolledBack'
  readonly about: Subject
  readonly line: string
  readonly events: readonly HistoryEvent[]
}

/** Only what surely has a copy of it: its queue, or subscriptions that were there all the time. */
function sourcesOf(index: HistoryIndex, transaction: Transaction, destination: string): string[] {
  if (!destination.startsWith('topic:')) return [destination]
  const begin = Math.min(...transaction.commits.map((commit) => commit.at))
  return index.subscriptions
    .filter((period) => period.destination === destination)
    .filter(({ surelyFrom, surelyUntil }) => surelyFrom < begin && lastDrain(index) < surelyUntil)
    .map((period) => period.subscription)
}

function sendEvidence(index: HistoryIndex, transaction: Transaction): Evidence[] {
  const evidence: Evidence[] = []
  for (const { call, invoke, outcome } of transaction.sends) {
    if (outcome !== 'ok') continue
    for (const source of sourcesOf(index, transaction, call.destination)) {
      const receipt = receiptsIn(index, source, call.message)[0]
      const what = `${call.message} ${receipt === undefined ? 'never came' : 'came'} from ${source}`
      const events = receipt === undefined ? [invoke] : [invoke, receipt.event]
      const about = { source, message: call.message }
      evidence.push({ says: receipt ? 'committed' : 'rolledBack', about, line: what, events })
    }
  }
  return evidence
}

function acknowledgementEvidence(
  index: HistoryIndex,
  acknowledgements: readonly Acknowledgement[],
): Evidence[] {
  return acknowledgements.flatMap((acknowledgement): Evidence[] => {
    const { source, message, receipt, op } = acknowledgement
    const later = receiptsIn(index, source, message).filter((other) => other.at > receipt.at)
    const again = later.find((other) => !wasUnderWay(index, other, receipt))
    // One that may have been under way before says nothing: it came again, or it came late.
    if (again === undefined && later.length > 0) return []
    // Nor does one that a consumer took again out of its own memory.
    if (again === undefined && mayBeTakenLater(index, acknowledgement)) return []
    const invoked = op === null ? [] : [op.invoke]
    const what = `${message} ${again === undefined ? 'did not come' : 'came'} back`
    const events = [receipt.event, ...invoked, ...(again === undefined ? [] : [again.event])]
    const about = { source, message }
    return [{ says: again === undefined ? 'committed' : 'rolledBack', about, line: what, events }]
  })
}

/** Acknowledged once more, by what may have happened: then nobody has to be given it. */
function mayBeTakenLater(
  index: HistoryIndex,
  { source, message, tx, op }: Acknowledgement,
): boolean {
  if (op === null) return false
  return index.acknowledgements.some(
    (other) =>
      other.op !== null &&
      other.op.outcome !== 'fail' &&
      other.op.at > op.at &&
      other.tx !== tx &&
      other.message === message &&
      other.source === source &&
      !isRolledBack(index, other),
  )
}

function isRolledBack(index: HistoryIndex, { tx }: Acknowledgement): boolean {
  const transaction = tx === null ? undefined : index.transactions.get(tx)
  return transaction !== undefined && fateOf(transaction) === 'rolledBack'
}

/** Receipts of a transaction's messages before anybody asked for its commit. */
function tooEarly(index: HistoryIndex, transaction: Transaction): Evidence[] {
  const asked = Math.min(...transaction.commits.map((commit) => commit.at))
  return transaction.sends.flatMap(({ call, invoke }) => {
    const early = [...index.received.values()].flatMap((ofSource) => {
      const first = ofSource.get(call.message)?.[0]
      return first !== undefined && first.at < asked ? [first] : []
    })
    return early.map((receipt): Evidence => {
      const { event } = receipt
      const line = `${event.consumer} received ${call.message} before any commit`
      return { says: 'rolledBack', about: subjectOf(receipt), line, events: [invoke, event] }
    })
  })
}

function lastDrain(index: HistoryIndex): number {
  return index.drains.at(-1) ?? -1
}

function isOver(index: HistoryIndex, { commits, rollbacks }: Transaction): boolean {
  const calls: readonly Operation[] = [...commits, ...rollbacks]
  return calls.length > 0 && calls.every((call) => call.at < lastDrain(index))
}

function judge(
  index: HistoryIndex,
  transaction: Transaction,
  acknowledgements: readonly Acknowledgement[],
): Violation[] {
  const { name, commits, rollbacks } = transaction
  const fate = fateOf(transaction)
  const ends = [...commits, ...rollbacks].flatMap(({ invoke, end }) =>
    end ? [invoke, end] : [invoke],
  )
  const report = ({ about, line, events }: Evidence, what: string): Violation => ({
    check: 'C5',
    about: [about],
    line: `transaction ${name} ${what}, but ${line}`,
    events: [...events, ...ends],
  })
  const early = tooEarly(index, transaction)
  const found = early.map((one) => report(one, 'was not to be seen'))
  // Before the drain is over, what is missing may still come.
  const evidence = isOver(index, transaction)
    ? [
        ...(commits.length === 0 ? [] : sendEvidence(index, transaction)),
        // What a committed transaction acknowledged is judged from its answer on (C4).
        ...(fate === 'committed' ? [] : acknowledgementEvidence(index, acknowledgements)),
      ]
    : []
  if (fate !== 'unknown') {
    const what = fate === 'committed' ? 'was committed' : 'was rolled back'
    const against = evidence.filter((one) => one.says !== fate)
    return [...found, ...against.map((one) => report(one, what))]
  }
  const pro = evidence.find((one) => one.says === 'committed')
  const contra = evidence.find((one) => one.says === 'rolledBack')
  if (pro === undefined || contra === undefined) return found
  const both = { ...contra, events: [...pro.events, ...contra.events] }
  const split = report(both, `is split: ${pro.line}`)
  return [...found, { ...split, about: [pro.about, contra.about] }]
}

/**
 * C5: of a committed transaction all messages come and no acknowledged one comes back, of one
 * rolled back the reverse, and one whose commit nobody answered is wholly the one or the other.
 */
export function checkTransactions(index: HistoryIndex): Violation[] {
  const acknowledgements = new Map<string, Acknowledgement[]>()
  for (const acknowledgement of index.acknowledgements) {
    if (acknowledgement.tx === null) continue
    inserted(acknowledgements, acknowledgement.tx, () => []).push(acknowledgement)
  }
  return [...index.transactions.values()].flatMap((transaction) =>
    judge(index, transaction, acknowledgements.get(transaction.name) ?? []),
  )
}
