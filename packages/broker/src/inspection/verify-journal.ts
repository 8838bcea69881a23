import { join } from 'node:path'
import type { Checkpoint } from '../store/journal/checkpoint-file.ts'
import { EPOCHS_MAX } from '../store/journal/checkpoint-file.ts'
import type { LogPoint } from '../store/journal/log-batch.ts'
import type { DataDirectory } from './data-directory.ts'
import { Findings, samePoint } from './findings.ts'
import type { Finding } from './findings.ts'
import { scanJournal } from './journal-scan.ts'
import type { ScanOutcome, ScanRequest, ScannedRecord } from './journal-scan.ts'
import { RecordCheck } from './record-check.ts'

export type VerifyRequest = Omit<ScanRequest, 'findings' | 'fromIndex'>

export interface VerifyReport extends ScanOutcome {
  /** Of the checkpoint file: everything up to there was on the medium when it was written. */
  readonly synced: LogPoint | null
  /** The journal was closed in order. */
  readonly isClean: boolean
  readonly isRunning: boolean
  /** Records that decode, with bodies that match their checks. */
  readonly understood: number
  readonly findings: readonly Finding[]
  readonly damages: number
  /** Findings beyond the limit, which are counted only. */
  readonly omitted: number
}

/**
 * Reads everything that the journal of a data directory holds: checksums, chain, indexes, epochs,
 * segments, operations, and the checkpoint and meta files against them. Nothing is written.
 */
export async function verifyJournal(request: VerifyRequest): Promise<VerifyReport> {
  const { data } = request
  const findings = new Findings()
  const records = new RecordCheck(findings)
  const checkpoint = new CheckpointCheck(data, findings)
  for (const name of data.strangers) {
    const file = join('journal', name)
    findings.damage('foreign-file', { file }, 'the journal has no such file: it belongs elsewhere')
  }
  const outcome = await scanJournal({ ...request, findings }, (record) => {
    records.check(record)
    checkpoint.pass(record)
    return true
  })
  if (outcome.ended !== 'interrupted') {
    checkpoint.finish(outcome)
    checkMeta(data, outcome, findings)
  }
  return {
    ...outcome,
    synced: data.checkpoint.value?.synced ?? null,
    isClean: data.checkpoint.value?.clean ?? false,
    isRunning: request.isRunning,
    understood: records.understood,
    findings: findings.kept,
    damages: findings.damages,
    omitted: findings.omitted,
  }
}

const CHECKPOINT_FILE = join('journal', 'checkpoint')

/** The checkpoint file against the log. */
class CheckpointCheck {
  readonly #checkpoint: Checkpoint | null
  readonly #findings: Findings
  /** Epochs of the checkpoint that the log has not shown yet, by their first record. */
  readonly #expected = new Map<number, number>()
  #epoch: number | null = null
  #isSeen = false

  constructor({ checkpoint, files }: DataDirectory, findings: Findings) {
    this.#checkpoint = checkpoint.value
    this.#findings = findings
    const place = { file: CHECKPOINT_FILE }
    const { state, problem } = checkpoint
    if (state === 'bad') {
      const message = 'no copy of it is whole: what was synced is not known'
      findings.damage('checkpoint', place, message)
    } else if (state === 'unreadable') {
      findings.damage('checkpoint', place, `it cannot be read: ${problem ?? ''}`)
    } else if (state === 'absent' && files.length > 0) {
      findings.note('checkpoint', place, 'there is none: what was synced is not known')
    }
    if (checkpoint.value === null) return
    const { origin, synced, epochs } = checkpoint.value
    this.#isSeen = samePoint(origin, synced)
    for (const { epoch, firstIndex } of epochs) {
      if (firstIndex > origin.index) this.#expected.set(firstIndex, epoch)
    }
  }

  pass(record: ScannedRecord): void {
    const checkpoint = this.#checkpoint
    const { index, epoch } = record
    const isNew = epoch !== this.#epoch
    this.#epoch = epoch
    if (checkpoint === null || index > checkpoint.synced.index) return
    if (isNew) this.#checkEpoch(checkpoint, record)
    if (index !== checkpoint.synced.index) return
    this.#isSeen = true
    const position = record.position + record.bytes
    const found = { index, epoch, chain: record.headerChecksum, position }
    if (samePoint(found, checkpoint.synced)) return
    const { synced } = checkpoint
    const message =
      `it names a record ${index} of epoch ${synced.epoch} that ends at ${synced.position}, and ` +
      `the log holds another one: epoch ${epoch}, ends at ${position}`
    this.#findings.damage('checkpoint', { file: CHECKPOINT_FILE, index }, message)
  }

  finish({ tail }: ScanOutcome): void {
    const checkpoint = this.#checkpoint
    // Damage has been told already, and explains what was not met.
    if (checkpoint === null || this.#findings.damages > 0) return
    const place = { file: CHECKPOINT_FILE, index: checkpoint.synced.index }
    if (!this.#isSeen) {
      const message = `it names record ${checkpoint.synced.index}, and the log ends with ${tail.index}`
      this.#findings.damage('checkpoint', place, message)
    }
    for (const [firstIndex, epoch] of this.#expected) {
      const message = `it says that epoch ${epoch} begins with record ${firstIndex}; it does not`
      this.#findings.damage('checkpoint', { ...place, index: firstIndex }, message)
    }
  }

  #checkEpoch({ epochs }: Checkpoint, { index, epoch }: ScannedRecord): void {
    const isExpected = this.#expected.get(index) === epoch
    if (isExpected) this.#expected.delete(index)
    // The epoch that was under way where the log begins.
    const isKnown = isExpected || epochs[0]?.epoch === epoch
    // The oldest are forgotten when there are too many.
    const isForgotten = epochs.length >= EPOCHS_MAX && epoch < (epochs[0]?.epoch ?? 0)
    if (isKnown || isForgotten) return
    const message = `it does not know that epoch ${epoch} begins with record ${index}`
    this.#findings.damage('checkpoint', { file: CHECKPOINT_FILE, index }, message)
  }
}

function checkMeta(
  { meta, files }: DataDirectory,
  { tail }: ScanOutcome,
  findings: Findings,
): void {
  const place = { file: 'meta' }
  if (meta.state === 'bad') {
    findings.damage('meta', place, 'no copy of it is whole: the next start sets the store aside')
  } else if (meta.state === 'unreadable') {
    findings.damage('meta', place, `it cannot be read: ${meta.problem ?? ''}`)
  } else if (meta.state === 'absent' && files.length > 0) {
    findings.note(
      'meta',
      place,
      'there is none: whose journal this is cannot be known, and a broker would set it aside',
    )
  }
  if (meta.value === null) return
  const { suspect, damagedFrom, commitHint } = meta.value
  if (suspect !== null) findings.note('meta', place, `the replica is suspect: ${suspect}`)
  if (damagedFrom !== null) {
    const message = `the broker met damage from record ${damagedFrom} on, and cuts there when it starts`
    findings.note('meta', { ...place, index: damagedFrom }, message)
  }
  if (commitHint > tail.index && findings.damages === 0) {
    const message = `record ${commitHint} was committed, and the log ends with ${tail.index}`
    findings.damage('meta', { ...place, index: commitHint }, message)
  }
}
