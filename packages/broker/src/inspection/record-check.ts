import { toBrokerError } from '@quorate/core/base/errors'
import {
  CONFIG,
  EPOCH_START,
  decodeConfigRecord,
  decodeEpochStart,
} from '../replication/log-records.ts'
import { CHECK_BYTES, isIntact } from '../store/journal/checked-bytes.ts'
import { decodeCarriedState } from '../replication/carried-state.ts'
import { Fold } from '../store/fold/fold.ts'
import { restoreFoldState } from '../store/fold/fold-state.ts'
import type { LogOp } from '../store/log-op.ts'
import { FIRST_OP_TYPE, decodeOp } from '../store/op-codec.ts'
import { SEGMENT_STATE, decodeSegmentState } from '../store/segment-state.ts'
import type { Findings } from './findings.ts'
import type { ScannedRecord } from './journal-scan.ts'

/** Holds what records say against what this version can understand. */
export class RecordCheck {
  readonly #findings: Findings
  #epoch: number | null = null
  /** Records whose payload was understood. */
  understood = 0

  constructor(findings: Findings) {
    this.#findings = findings
  }

  check(record: ScannedRecord): void {
    const isNewEpoch = this.#epoch !== null && record.epoch > this.#epoch
    this.#epoch = record.epoch
    if (!record.isWhole) return
    if (isNewEpoch && record.type !== EPOCH_START) {
      const message = `epoch ${record.epoch} begins with a record that does not open it`
      this.#findings.damage('unknown-record', placeOf(record), message)
    }
    const wrong = wrongWith(record)
    if (wrong === null) this.understood++
    else this.#findings.damage(wrong.kind, placeOf(record), wrong.message)
  }
}

interface Wrong {
  readonly kind: 'unknown-record' | 'damaged-body'
  readonly message: string
}

function wrongWith(record: ScannedRecord): Wrong | null {
  const { index, type, payload } = record
  try {
    if (type >= FIRST_OP_TYPE) return wrongBody(decodeOp(type, payload), record)
    if (type === EPOCH_START) return wrongEpoch(decodeEpochStart(payload).epoch, record)
    if (type === SEGMENT_STATE) checkState(payload)
    else if (type === CONFIG) decodeConfigRecord(payload)
    else return unknown(`record ${index} is of type ${type}, which no version writes`)
    return null
  } catch (error) {
    const { code, message } = toBrokerError(error)
    if (code === 'INTERNAL') throw error
    return unknown(`record ${index} (type ${type}) is sound and cannot be understood: ${message}`)
  }
}

function wrongEpoch(opened: number, { index, epoch }: ScannedRecord): Wrong | null {
  return opened === epoch
    ? null
    : unknown(`record ${index} of epoch ${epoch} opens epoch ${opened}`)
}

/** Bodies are read back alone, and so have a check of their own (checked-bytes.ts). */
function wrongBody(op: LogOp, { index, payload }: ScannedRecord): Wrong | null {
  if (bodiesIn(op).every((body) => isIntactIn(payload, body))) return null
  return { kind: 'damaged-body', message: `a body in record ${index} does not match its check` }
}

function bodiesIn(op: LogOp): Buffer[] {
  switch (op.kind) {
    case 'transaction':
      return op.ops.flatMap(bodiesIn)
    case 'copies':
      return op.messages.map(({ body }) => body)
    case 'message':
      return [op.body]
    default:
      return []
  }
}

function checkState(payload: Buffer): void {
  const { replication, fold } = decodeSegmentState(payload)
  decodeCarriedState(replication)
  restoreFoldState(new Fold({ changes: null }), fold)
}

function isIntactIn(payload: Buffer, body: Buffer): boolean {
  const at = body.byteOffset - payload.byteOffset
  return isIntact(payload, at - CHECK_BYTES, body.length)
}

function unknown(message: string): Wrong {
  return { kind: 'unknown-record', message }
}

function placeOf({ file, offset, index }: ScannedRecord) {
  return { file, offset, index }
}
