import type { LogPoint } from './log-batch.ts'
import { SparsePoints } from './sparse-points.ts'

const SUFFIX = '.log'
const NAME = /^[0-9a-f]{16}\.log$/

/** The file name of the segment that begins at `position`: sixteen hexadecimal digits. */
export function segmentFileName(position: number): string {
  return position.toString(16).padStart(16, '0') + SUFFIX
}

/** The position in a segment's file name; null for every other name. */
export function segmentPosition(fileName: string): number | null {
  if (!NAME.test(fileName)) return null
  const position = Number.parseInt(fileName.slice(0, -SUFFIX.length), 16)
  return Number.isSafeInteger(position) ? position : null
}

/** Where a segment lies in the log. */
export interface SegmentPlace {
  readonly firstIndex: number
  /** Where it begins. */
  readonly position: number
}

/**
 * One file of the journal. It holds the records from `start` on, one after the other from its first
 * byte, and nothing else but zeros behind the last record of the log.
 */
export class Segment {
  /** The point before its first record. */
  readonly start: LogPoint
  readonly fileName: string
  readonly points: SparsePoints

  constructor(start: LogPoint) {
    this.start = start
    this.fileName = segmentFileName(start.position)
    this.points = new SparsePoints(start)
  }

  get place(): SegmentPlace {
    return { firstIndex: this.start.index + 1, position: this.start.position }
  }

  /** Where in the file a position of the log lies. */
  offsetOf(position: number): number {
    return position - this.start.position
  }
}
