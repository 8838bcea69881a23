import { BrokerError } from '@quorate/core/base/errors'
import type { IndexComparison } from '../../inspection/index-comparison.ts'
import type { Comparison } from '../../inspection/replica-comparison.ts'
import { compareReplicas } from '../../inspection/replica-comparison.ts'
import type { VerifyReport } from '../../inspection/verify-journal.ts'
import { verifyJournal } from '../../inspection/verify-journal.ts'
import { EXIT_INTERRUPTED, EXIT_OK } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import type { ReadableDirectory } from '../reading.ts'
import {
  EXIT_DAMAGED,
  ReadingProgress,
  findingLine,
  openForReading,
  untilInterrupted,
} from '../reading.ts'
import { counted, shownBytes, shownCount } from '../shown-bytes.ts'
import type { Terminal } from '../terminal.ts'
import { printable } from '../text-table.ts'

export interface VerifyCommand {
  readonly directories: readonly string[]
  /** Compare the index with the log as well. */
  readonly index: boolean
  readonly json: boolean
}

/** Directories that are compared with each other: more than any cluster has. */
const DIRECTORIES_MAX = 16

interface Verified extends ReadableDirectory {
  readonly report: VerifyReport
  readonly index: IndexComparison | null
}

interface Outcome {
  readonly verified: readonly Verified[]
  readonly comparisons: readonly Comparison[]
  readonly isInterrupted: boolean
}

/** `journal verify`: reads the journals, and says whether all is well by its exit code too. */
export async function journalVerify(command: VerifyCommand, terminal: Terminal): Promise<number> {
  const { directories, json } = command
  if (directories.length > DIRECTORIES_MAX) {
    const message = `${directories.length} directories: at most ${DIRECTORIES_MAX} are compared`
    throw new BrokerError('INVALID_ARGUMENT', message)
  }
  return untilInterrupted(async (signal) => {
    const progress = new ReadingProgress(terminal, !json)
    const outcome = await verifyAll(command, { signal, progress }).finally(() => progress.close())
    const isGood = isWell(outcome)
    if (json) terminal.out(`${jsonText(outcomeJson(outcome, isGood), 2)}\n`)
    else terminal.out(`${outcomeLines(outcome, terminal).join('\n')}\n`)
    if (outcome.isInterrupted) return EXIT_INTERRUPTED
    return isGood ? EXIT_OK : EXIT_DAMAGED
  })
}

async function verifyAll(
  { directories, index: withIndex }: VerifyCommand,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: ReadingProgress },
): Promise<Outcome> {
  const readable: ReadableDirectory[] = []
  for (const directory of directories) readable.push(await openForReading(directory))
  const verified: Verified[] = []
  for (const each of readable) {
    if (signal.aborted) break
    const report = await verifyJournal({ ...each, signal, onProgress: progress.begin(each) })
    const isWhole = report.ended === 'end'
    const index = withIndex && isWhole ? await indexOf(each, signal) : null
    verified.push({ ...each, report, index })
  }
  const comparisons: Comparison[] = []
  for (const [i, a] of verified.entries()) {
    for (const b of verified.slice(i + 1)) {
      if (!signal.aborted) comparisons.push(await compareReplicas(a, b))
    }
  }
  return { verified, comparisons, isInterrupted: signal.aborted }
}

/** LevelDB is loaded only by whoever wants it. */
async function indexOf(each: ReadableDirectory, signal: AbortSignal): Promise<IndexComparison> {
  const { compareIndex } = await import('../../inspection/index-comparison.ts')
  return compareIndex({ ...each, signal })
}

function isWell({ verified, comparisons, isInterrupted }: Outcome): boolean {
  const isGood = ({ report, index }: Verified): boolean =>
    report.damages === 0 && index?.state !== 'different' && index?.state !== 'unreadable'
  const areAlike = comparisons.every(({ isDamage }) => !isDamage)
  return !isInterrupted && verified.every(isGood) && areAlike
}

function outcomeJson({ verified, comparisons, isInterrupted }: Outcome, ok: boolean) {
  return {
    ok,
    interrupted: isInterrupted,
    directories: verified.map(({ data, report, index }) => {
      const { tail, ended: _ended, isClean, isRunning, ...rest } = report
      const meta = data.meta.value
      return {
        path: data.path,
        nodeId: meta?.nodeId ?? null,
        clusterId: meta?.clusterId ?? null,
        running: isRunning,
        clean: isClean,
        end: tail,
        ...rest,
        index,
      }
    }),
    comparisons: comparisons.map(({ isDamage, ...rest }) => ({ ok: !isDamage, ...rest })),
  }
}

function outcomeLines(outcome: Outcome, terminal: Terminal): string[] {
  const { colors } = terminal
  const lines = outcome.verified.flatMap((each) => directoryLines(each, terminal))
  for (const { paths, message, isDamage } of outcome.comparisons) {
    const label = isDamage ? colors.red('differ') : colors.green('alike ')
    lines.push(`${label} ${printable(`${paths.join(' and ')}: ${message}`)}`)
  }
  if (outcome.isInterrupted) lines.push('interrupted: what was read until then is above')
  return lines
}

function directoryLines({ shown, report, index, data }: Verified, terminal: Terminal): string[] {
  const { colors } = terminal
  const { origin, tail, records, segments, findings, omitted, damages, unread } = report
  const isGood = damages === 0
  const verdict = isGood ? colors.green('good  ') : colors.red('damage')
  const node = data.meta.value === null ? '' : ` (${data.meta.value.nodeId})`
  const size = shownBytes(tail.position - origin.position)
  const range =
    records === 0
      ? 'no records'
      : `${counted(records, 'record')} up to ${shownCount(tail.index)}, epoch ${tail.epoch}`
  const lines = [
    `${verdict} ${printable(shown + node)}: ${range}, ${counted(segments.length, 'segment')}, ${size}`,
    `       ${syncedText(report)}`,
    ...findings.map((finding) => `  ${findingLine(finding, terminal)}`),
  ]
  if (omitted > 0) lines.push(`  and ${shownCount(omitted)} more`)
  if (unread.bytes > 0 || unread.records > 0) {
    const { bytes, records: missing } = unread
    lines.push(`  not read: ${shownBytes(bytes)}, with at least ${counted(missing, 'record')}`)
  }
  if (index !== null) lines.push(`  index  ${printable(index.message)}`)
  return lines
}

function syncedText({ synced, isClean, isRunning }: VerifyReport): string {
  const state = isRunning ? 'a broker runs on it' : isClean ? 'closed in order' : 'not closed'
  if (synced === null) return `what was synced is not known (no checkpoint); ${state}`
  return `synced up to record ${shownCount(synced.index)} at least, says the checkpoint; ${state}`
}
