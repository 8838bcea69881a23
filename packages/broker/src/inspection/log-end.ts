import type { LogPoint } from '../store/journal/log-batch.ts'
import type { RestFacts } from '../store/journal/log-rest.ts'
import { NO_REST, examineRest } from '../store/journal/log-rest.ts'
import { lastPageOf } from '../store/journal/recovery.ts'
import { decideRecovery } from '../store/journal/recovery-table.ts'
import type { FoundFile } from '../store/journal/segment-directory.ts'
import type { DataDirectory } from './data-directory.ts'
import type { Findings } from './findings.ts'

/** A place where no good record is. */
export interface BadPlace {
  readonly data: DataDirectory
  readonly findings: Findings
  readonly isRunning: boolean
  readonly powerLost: boolean
  /** The point that a record should follow. */
  readonly point: LogPoint
  /** The file with this place, and all after it. */
  readonly files: readonly FoundFile[]
  readonly found: FoundFile
  readonly name: string
  /** There is a valid header, and its payload is damaged. */
  readonly hasHeader: boolean
  /** Bytes of the record, as far as they are known. */
  readonly length: number
}

export interface Judgement {
  /** The log ends here, in order; otherwise something is damaged. */
  readonly isEnd: boolean
  /** Why it is damage, to be put behind what is wrong. */
  readonly because: string
  /** Bytes up to the last that is not zero. */
  readonly usedBytes: number
}

/**
 * Whether a place without a good record is the end of the log or damage: as the next start would
 * decide it (recovery-table.ts), but that a broker that runs may be writing right there.
 */
export async function judgeEnd(place: BadPlace): Promise<Judgement> {
  const { data, findings, point, found, hasHeader, length } = place
  const { synced, clean } = data.checkpoint.value ?? { synced: null, clean: false }
  const wasSynced = synced !== null && point.position < synced.position
  // Damage in any case, and the length leads on: what follows need not be looked at.
  if (wasSynced && hasHeader) return { isEnd: false, because: SYNCED, usedBytes: 0 }
  const rest = await restOf(place)
  const { usedBytes } = rest
  const offset = point.position - found.position
  const lastPage = found.position + lastPageOf(offset, length)
  const decision = decideRecovery({
    headerValid: hasHeader,
    payloadValid: false,
    continues: false,
    epochPlausible: false,
    restZero: rest.restZero,
    validFollows: rest.validFollows,
    wasSynced,
    endWritten: point.position + usedBytes > lastPage,
    // Without a checkpoint nothing bounds what a loss of power may explain.
    powerLost: place.powerLost && synced !== null && !clean,
  })
  if (decision.decision === 'end') return { isEnd: true, because: '', usedBytes: 0 }
  const at = { file: place.name, offset, index: point.index + 1 }
  if (place.isRunning && !wasSynced) {
    findings.note('torn-tail', at, `the broker that runs is writing here (${usedBytes} bytes)`)
    return { isEnd: true, because: '', usedBytes }
  }
  if (decision.decision === 'torn') {
    const message = `an unfinished write of ${usedBytes} bytes, never synced: the next start cuts it`
    findings.note('torn-tail', at, message)
    return { isEnd: true, because: '', usedBytes }
  }
  const because = wasSynced ? SYNCED : `; ${decision.because}`
  return { isEnd: false, because, usedBytes }
}

const SYNCED = '; it was synced'

async function restOf({ data, files, point, found }: BadPlace): Promise<RestFacts> {
  const { synced, clean } = data.checkpoint.value ?? { synced: null, clean: false }
  // Closed in order: nothing was ever written behind the checkpoint.
  if (clean && synced?.index === point.index) return NO_REST
  // What was synced is damage, whatever follows: there is no need to read it all.
  const wasSynced = synced !== null && point.position < synced.position
  const concerned = wasSynced ? [found] : files
  const directory = { fileSystem: data.fileSystem, path: data.journalPath }
  return examineRest(directory, concerned, point)
}
