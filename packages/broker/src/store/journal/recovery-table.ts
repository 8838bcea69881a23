import { impossible } from '@quorate/core/base/errors'

/** What is known about the place where the next record should be. */
export interface RecoveryFacts {
  /** Forty bytes with the magic, a true checksum and possible values. */
  readonly headerValid: boolean
  /** The payload is complete and matches its checksum. */
  readonly payloadValid: boolean
  /** Index and chain continue the record before; the segment begins where it should. */
  readonly continues: boolean
  /** The epoch is not below that of the record before. */
  readonly epochPlausible: boolean
  /** From here to the end of the journal there is nothing but zeros. */
  readonly restZero: boolean
  /** The last persisted checkpoint says that this record was on the medium. */
  readonly wasSynced: boolean
  /** Further on there is a valid record with a plausible index and epoch. */
  readonly validFollows: boolean
  /**
   * The last page that the record reaches, or what follows it, holds bytes: a write that was broken
   * off by the end of its process has none there.
   */
  readonly endWritten: boolean
  /** The machine is known to have stopped while the journal was open: see the comment below. */
  readonly powerLost: boolean
}

/**
 * keep: a record like any other, go on behind it. end: the log ends here. torn: the log ends here,
 * and the rest was never acknowledged: cut it. corrupt: something that was once good is not any
 * more; cut nothing, the copy is suspect (R32).
 */
export type RecoveryDecision = 'keep' | 'end' | 'torn' | 'corrupt'

interface RecoveryRow {
  /** 1 true, 0 false, - either; in the order of `factOrder`. */
  readonly facts: string
  readonly decision: RecoveryDecision
  readonly because: string
}

const factOrder: readonly (keyof RecoveryFacts)[] = [
  'headerValid',
  'payloadValid',
  'continues',
  'epochPlausible',
  'restZero',
  'wasSynced',
  'validFollows',
  'endWritten',
  'powerLost',
]

/**
 * Every combination of facts matches exactly one row (a test enumerates them).
 *
 * Crash and corruption are told apart by what a crash can explain. It cannot touch what was synced:
 * whatever is damaged below the persisted checkpoint is corruption. Above it, the end of a process
 * leaves a prefix of what it wrote, page by page, so damage with a valid record behind it, or in a
 * record whose end is there, is corruption as well: taking it for a torn tail would cut
 * acknowledged records (bug 12). A loss of power keeps any of the unsynced sectors and loses any
 * others, so a group of records then has holes, and that on all replicas when the power of all
 * fails: suspecting them would leave nobody to elect. So above the checkpoint a loss of power
 * explains everything. What decays there between its sync and that very stop is not told apart from
 * it; the checkpoint follows each sync within CHECKPOINT_MS, and sooner on a quick disk.
 */
export const recoveryRows: readonly RecoveryRow[] = [
  // H P C E Z S F W L
  { facts: '1111-----', decision: 'keep', because: 'the record is good' },
  { facts: '0---10---', decision: 'end', because: 'only zeros follow the last record' },
  { facts: '0---11---', decision: 'corrupt', because: 'synced records have become zeros' },
  { facts: '0---01---', decision: 'corrupt', because: 'a synced header is damaged' },
  { facts: '0---001-0', decision: 'corrupt', because: 'valid records follow a damaged header' },
  { facts: '0---001-1', decision: 'torn', because: 'the power failed in a group: header' },
  { facts: '0---00010', decision: 'corrupt', because: 'a header is all there, and is damaged' },
  { facts: '0---00000', decision: 'torn', because: 'the last write stopped in a header' },
  { facts: '0---000-1', decision: 'torn', because: 'the power failed in the last header' },
  { facts: '10---1---', decision: 'corrupt', because: 'a synced payload is damaged' },
  { facts: '10---01-0', decision: 'corrupt', because: 'valid records follow a damaged payload' },
  { facts: '10---01-1', decision: 'torn', because: 'the power failed in a group: payload' },
  { facts: '10---0010', decision: 'corrupt', because: 'a payload is all there, and is damaged' },
  { facts: '10---0000', decision: 'torn', because: 'the last write stopped in a payload' },
  { facts: '10---00-1', decision: 'torn', because: 'the power failed in the last payload' },
  { facts: '110------', decision: 'corrupt', because: 'a whole record does not continue the log' },
  { facts: '1110-----', decision: 'corrupt', because: 'a whole record carries an older epoch' },
]

/** The one row for these facts. */
export function decideRecovery(facts: RecoveryFacts): RecoveryRow {
  const row = recoveryRows.find((candidate) => rowMatches(candidate, facts))
  return row ?? impossible('the recovery table covers every combination')
}

export function rowMatches(row: RecoveryRow, facts: RecoveryFacts): boolean {
  return factOrder.every(
    (fact, i) => row.facts[i] === '-' || (row.facts[i] === '1') === facts[fact],
  )
}
