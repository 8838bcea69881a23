import { toBrokerError } from '@quorate/core/base/errors'
import {
  CONFIG,
  EPOCH_START,
  decodeConfigRecord,
  decodeEpochStart,
} from '../replication/log-records.ts'
import type { ClusterConfig } from '../replication/cluster-config.ts'
import { Fold } from '../store/fold/fold.ts'
import { restoreFoldState } from '../store/fold/fold-state.ts'
import type { LogOp } from '../store/log-op.ts'
import { decodeCarriedState } from '../replication/carried-state.ts'
import { FIRST_OP_TYPE, OP_TYPES, decodeOp } from '../store/op-codec.ts'
import { SEGMENT_STATE, decodeSegmentState } from '../store/segment-state.ts'
import { scanJournal } from './journal-scan.ts'
import type { ScanOutcome, ScanRequest, ScannedRecord } from './journal-scan.ts'
import { ListNames } from './list-names.ts'
import type { OpSummary } from './op-summary.ts'
import { summarizeOp } from './op-summary.ts'

export interface DumpedRecord {
  readonly index: number
  readonly epoch: number
  readonly type: string
  /** Of its first byte in the log. */
  readonly position: number
  readonly file: string
  readonly offset: number
  /** The whole record. */
  readonly bytes: number
  /** Everything that it says, in words. */
  readonly words: string
  /** Null for replication's own records, and for what cannot be read. */
  readonly operation: OpSummary | null
}

export interface DumpRequest extends Omit<ScanRequest, 'fromIndex'> {
  readonly from: number
  readonly to: number
  /** Records that are shown at most. */
  readonly limit: number
  readonly bodies: boolean
  /** Read the log from its beginning, to know the names of what the records concern. */
  readonly names: boolean
}

/** Calls `emit` for each record of the range, in order. */
export async function dumpJournal(
  request: DumpRequest,
  emit: (record: DumpedRecord) => void,
): Promise<ScanOutcome> {
  const { from, to, limit } = request
  const names = new ListNames()
  let shown = 0
  if (limit === 0 || to < from) return scanJournal(request, () => false)
  const fromIndex = request.names ? 0 : from
  return scanJournal({ ...request, fromIndex }, (record) => {
    if (record.index > to) return false
    const content = contentOf(record, { names, bodies: request.bodies })
    if (record.index < from) return true
    emit({ ...placeOf(record), ...content })
    shown++
    return shown < limit && record.index < to
  })
}

type Content = Pick<DumpedRecord, 'words' | 'operation'>

function contentOf(
  record: ScannedRecord,
  options: { readonly names: ListNames; readonly bodies: boolean },
): Content {
  if (!record.isWhole) return { words: 'the payload is damaged', operation: null }
  try {
    if (record.type === SEGMENT_STATE) {
      return { words: wordsOfState(record.payload, options.names), operation: null }
    }
    if (record.type < FIRST_OP_TYPE) return { words: wordsOfReplication(record), operation: null }
    const op = decodeOp(record.type, record.payload)
    options.names.learn(op)
    const operation = summarizeOp(op, options)
    return { words: operation.words, operation }
  } catch (error) {
    const { code, message } = toBrokerError(error)
    if (code === 'INTERNAL') throw error
    return { words: `it cannot be understood: ${message}`, operation: null }
  }
}

function wordsOfReplication({ type, payload }: ScannedRecord): string {
  if (type === CONFIG) return wordsOfConfig(decodeConfigRecord(payload))
  if (type !== EPOCH_START) return 'a record of no known type'
  const { epoch, leader, possibleLoss, config, wonAtMs } = decodeEpochStart(payload)
  const date = wonAtMs === null ? '' : `, ${new Date(wonAtMs).toISOString()}`
  const loss = possibleLoss ? `, confirmed records may be missing${date}` : ''
  return `epoch ${epoch} begins: ${leader} leads${loss}, ${wordsOfConfig(config)}`
}

/** How things stand where a segment begins; whoever reads from here on learns the names from it. */
function wordsOfState(payload: Buffer, names: ListNames): string {
  const state = decodeSegmentState(payload)
  const { config, losses } = decodeCarriedState(state.replication)
  const fold = new Fold({ changes: null })
  restoreFoldState(fold, state.fold)
  names.learnState(fold)
  const told = [
    wordsOfConfig(config),
    losses.length === 0 ? '' : `${losses.length} possible losses`,
    `${fold.destinations.size} destinations`,
    fold.subscriptions.size === 0 ? '' : `${fold.subscriptions.size} durable subscriptions`,
    `${fold.producers.size} producers`,
    `the next message is ${fold.nextSequence}`,
    fold.logStart === 0 ? '' : `nothing before record ${fold.logStart} is needed`,
  ]
  return `a segment begins: ${told.filter((part) => part !== '').join(', ')}`
}

function wordsOfConfig({ version, seats }: ClusterConfig): string {
  const names = seats.map((seat) => seat?.nodeId ?? 'vacant')
  return `configuration ${version}: ${names.join(', ')}`
}

const typeNames = new Map<number, string>([
  [EPOCH_START, 'epoch-start'],
  [CONFIG, 'configuration'],
  [SEGMENT_STATE, 'segment-state'],
  ...(Object.entries(OP_TYPES) as [LogOp['kind'], number][]).map(
    ([kind, type]) => [type, kind] as const,
  ),
])

function placeOf(record: ScannedRecord): Omit<DumpedRecord, keyof Content> {
  const { index, epoch, position, file, offset, bytes } = record
  const type = typeNames.get(record.type) ?? `type ${record.type}`
  return { index, epoch, type, position, file, offset, bytes }
}
