import { BrokerError, toBrokerError } from '@quorate/core/base/errors'
import { Fold } from '../store/fold/fold.ts'
import type { MessageListener } from '../store/fold/fold.ts'
import type { LogOp } from '../store/log-op.ts'
import { FIRST_OP_TYPE, decodeOp } from '../store/op-codec.ts'
import { restoreFoldState } from '../store/fold/fold-state.ts'
import { SEGMENT_STATE, decodeSegmentState } from '../store/segment-state.ts'
import { Findings } from './findings.ts'
import { scanJournal } from './journal-scan.ts'
import type { ScanOutcome, ScanRequest, ScannedRecord } from './journal-scan.ts'

export interface FoldRequest extends Omit<ScanRequest, 'findings' | 'fromIndex'> {
  /** The last record that is folded; all of them by default. */
  readonly throughIndex?: number
  readonly listener?: MessageListener
}

export interface FoldedLog {
  readonly fold: Fold
  readonly outcome: ScanOutcome
  /** Index of the last record that was folded. */
  readonly applied: number
}

/**
 * Folds the log of a data directory into a fresh state, without the bodies. Throws JOURNAL_CORRUPT
 * when the log is damaged, UNSUPPORTED when it begins neither with its first record nor with a
 * state: there is none then that one could rely upon.
 */
export async function foldLog(request: FoldRequest): Promise<FoldedLog> {
  const { throughIndex = Infinity, listener = null } = request
  const findings = new Findings()
  const fold = new Fold({ changes: null, cacheBytes: 0 })
  let applied = 0
  let isStateless = false
  const outcome = await scanJournal({ ...request, findings }, (record) => {
    if (record.index > throughIndex || findings.damages > 0 || !record.isWhole) return false
    const isFirst = applied === 0 && record.index > 1
    if (record.beginsSegment) fold.segments.begin(record.position)
    if (isFirst && record.type !== SEGMENT_STATE) isStateless = true
    // The buffer belongs to the scan, but names are decoded out of it.
    else if (isFirst) restoreFoldState(fold, decodeSegmentState(record.payload).fold)
    if (isStateless) return false
    if (record.type >= FIRST_OP_TYPE) {
      const { payload, payloadPosition } = record
      fold.apply(decode(record), payloadPosition - payload.byteOffset, listener)
      // Bodies lie in the buffer that the next records overwrite: nothing may hold them.
      fold.cache.endBatch(1)
    }
    applied = record.index
    return applied < throughIndex
  })
  const [damage] = findings.kept.filter(({ severity }) => severity === 'damage')
  if (damage !== undefined) {
    const { file, offset, message } = damage
    const text = `${file ?? 'journal'} at offset ${offset ?? 0}: ${message}; see quorate journal verify`
    throw new BrokerError('JOURNAL_CORRUPT', text, { details: { ...damage } })
  }
  if (isStateless) {
    const text = `the log begins with record ${outcome.origin.index + 1}, which does not say what came before`
    throw new BrokerError('UNSUPPORTED', text)
  }
  return { fold, outcome, applied }
}

function decode({ index, type, payload }: ScannedRecord): LogOp {
  try {
    return decodeOp(type, payload)
  } catch (error) {
    const { code, message } = toBrokerError(error)
    if (code !== 'MALFORMED_FRAME') throw error
    throw new BrokerError('JOURNAL_CORRUPT', `record ${index} is no operation: ${message}`)
  }
}
