import { findHolders } from '../../inspection/segment-holders.ts'
import type { HoldersReport, SegmentHolding } from '../../inspection/segment-holders.ts'
import { EXIT_INTERRUPTED, EXIT_OK } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import { ReadingProgress, openForReading, untilInterrupted } from '../reading.ts'
import { counted, shownBytes, shownCount } from '../shown-bytes.ts'
import type { Terminal } from '../terminal.ts'
import { formatTable } from '../text-table.ts'

export interface WhyCommand {
  readonly directory: string
  readonly json: boolean
}

/** `journal why`: what keeps each segment of the log. */
export async function journalWhy(command: WhyCommand, terminal: Terminal): Promise<number> {
  const readable = await openForReading(command.directory)
  return untilInterrupted(async (signal) => {
    const progress = new ReadingProgress(terminal, !command.json)
    const onProgress = progress.begin(readable)
    const report = await findHolders({ ...readable, signal, onProgress }).finally(() =>
      progress.close(),
    )
    if (report.isInterrupted) {
      terminal.err('interrupted: without the whole log nobody knows what waits\n')
      return EXIT_INTERRUPTED
    }
    if (command.json) terminal.out(`${jsonText(reportJson(report), 2)}\n`)
    else terminal.out(`${reportLines(report, terminal).join('\n')}\n`)
    return EXIT_OK
  })
}

function reportJson({ appliedIndex, logStart, segments }: HoldersReport) {
  return { appliedIndex, logStart, segments }
}

function reportLines(report: HoldersReport, terminal: Terminal): string[] {
  const { segments, appliedIndex } = report
  const columnsMax = terminal.isInteractive ? terminal.columns() : Infinity
  const paintTitle = terminal.colors.dim
  const table = formatTable(
    [
      { title: 'SEGMENT' },
      { title: 'RECORDS', align: 'right' },
      { title: 'SIZE', align: 'right' },
      { title: 'WAITING', align: 'right' },
      { title: 'THEIR BYTES', align: 'right' },
      { title: 'LIVING', align: 'right' },
      { title: 'HELD BY' },
    ],
    segments.map((segment) => segmentCells(segment).map((text) => ({ text }))),
    { columnsMax, paintTitle },
  )
  const empty = segments.filter(({ messages }) => messages === 0).length
  const held = empty === 1 ? 'holds' : 'hold'
  return [
    ...table,
    '',
    `as of record ${shownCount(appliedIndex)}; ${counted(empty, 'segment')} ${held} nothing that waits`,
    releaseLine(report),
  ]
}

/** Why segments that nobody needs are still there. */
function releaseLine({ segments, logStart }: HoldersReport): string {
  const released = segments.filter(({ isReleased }) => isReleased).length
  if (released === 0) return 'a segment goes when nothing waits in it, nor in those before it'
  const go = released === 1 ? 'goes' : 'go'
  const behind = `${counted(released, 'segment')} before that ${go}`
  return `the log begins with record ${shownCount(logStart)}: ${behind} with the next checkpoint`
}

function segmentCells(segment: SegmentHolding): string[] {
  const { file, firstIndex, lastIndex, bytes, messages, livingBytes, livingShare } = segment
  const holders = segment.holders.map(
    (holder) =>
      `${holder.name} (${counted(holder.messages, 'message')}, ${shownBytes(holder.bytes)})`,
  )
  if (segment.moreHolders > 0) holders.push(`${shownCount(segment.moreHolders)} more`)
  return [
    file,
    lastIndex < firstIndex ? 'none' : `${firstIndex}-${lastIndex}`,
    shownBytes(bytes),
    shownCount(messages),
    shownBytes(livingBytes),
    `${(livingShare * 100).toFixed(1)} %`,
    holders.length > 0 ? holders.join(', ') : segment.isReleased ? 'nothing: released' : 'nothing',
  ]
}
