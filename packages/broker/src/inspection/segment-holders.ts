import type { Fold } from '../store/fold/fold.ts'
import type { MessageList } from '../store/fold/message-list.ts'
import { foldLog } from './fold-log.ts'
import type { FoldRequest } from './fold-log.ts'
import type { ScannedSegment } from './journal-scan.ts'
import { nameOfDestination, nameOfSubscription } from './list-names.ts'

/** A queue or durable subscription with messages in a segment. */
export interface SegmentHolder {
  readonly name: string
  readonly messages: number
  readonly bytes: number
}

/** What keeps one segment of the log. */
export interface SegmentHolding {
  readonly file: string
  readonly firstIndex: number
  readonly lastIndex: number
  /** Bytes of records. */
  readonly bytes: number
  /** Messages that somebody still has to get, each once however many wait for it. */
  readonly messages: number
  /** Bytes of their bodies. */
  readonly livingBytes: number
  /** Part of the segment that they are: 0 to 1. */
  readonly livingShare: number
  /** Those that hold most, the first the most. */
  readonly holders: readonly SegmentHolder[]
  /** Holders beyond those. */
  readonly moreHolders: number
  /** The log begins behind it: its file goes when the index has a checkpoint behind that record. */
  readonly isReleased: boolean
}

export interface HoldersReport {
  readonly segments: readonly SegmentHolding[]
  /** The first record that is needed, as the log says: 0 while it keeps its beginning. */
  readonly logStart: number
  /** The record up to which the log was folded: its end. */
  readonly appliedIndex: number
  readonly isInterrupted: boolean
}

/** Holders of a segment that are named; the others are counted. */
const HOLDERS_NAMED_MAX = 3

/**
 * Folds the log and says for each segment which waiting messages lie in it. Open transactions hold
 * nothing: a transaction is in the log only once it is committed. Takes the memory of the state.
 */
export async function findHolders(request: Omit<FoldRequest, 'listener'>): Promise<HoldersReport> {
  const sharing = new Set<number>()
  const listener: FoldRequest['listener'] = {
    messageAdded(_op, entries) {
      if (entries.length > 1) for (const { list } of entries) sharing.add(list)
    },
  }
  const { fold, outcome, applied } = await foldLog({ ...request, listener })
  const counts = outcome.segments.map((segment) => new SegmentCount(segment))
  /** Messages of lists that share some with others. */
  const seen = new Set<number>()
  for (const list of fold.lists.values()) {
    countList(list, counts, (sequence) => {
      if (!sharing.has(list.id)) return true
      if (seen.has(sequence)) return false
      seen.add(sequence)
      return true
    })
  }
  const names = namesOf(fold)
  return {
    segments: counts.map((count) => count.report(names, fold.logStart)),
    logStart: fold.logStart,
    appliedIndex: applied,
    isInterrupted: outcome.ended === 'interrupted',
  }
}

interface Held {
  messages: number
  bytes: number
}

class SegmentCount {
  readonly segment: ScannedSegment
  #messages = 0
  #livingBytes = 0
  readonly #held = new Map<number, Held>()

  constructor(segment: ScannedSegment) {
    this.segment = segment
  }

  /** A body begins behind the header of its record: an empty one perhaps where the segment ends. */
  holds(position: number): boolean {
    return this.segment.start.position < position && position <= this.segment.end.position
  }

  add(list: number, bytes: number, isFirst: boolean): void {
    const held = this.#held.get(list) ?? { messages: 0, bytes: 0 }
    if (held.messages === 0) this.#held.set(list, held)
    held.messages++
    held.bytes += bytes
    if (!isFirst) return
    this.#messages++
    this.#livingBytes += bytes
  }

  report(names: ReadonlyMap<number, string>, logStart: number): SegmentHolding {
    const { file, start, end } = this.segment
    const bytes = end.position - start.position
    const ranked = [...this.#held].sort(([, a], [, b]) => b.bytes - a.bytes)
    const named = ranked.slice(0, HOLDERS_NAMED_MAX)
    return {
      file,
      firstIndex: start.index + 1,
      lastIndex: end.index,
      bytes,
      messages: this.#messages,
      livingBytes: this.#livingBytes,
      livingShare: bytes === 0 ? 0 : this.#livingBytes / bytes,
      holders: named.map(([id, held]) => ({ name: names.get(id) ?? `list ${id}`, ...held })),
      moreHolders: ranked.length - named.length,
      isReleased: end.index < logStart,
    }
  }
}

function countList(
  list: MessageList,
  counts: readonly SegmentCount[],
  isFirst: (sequence: number) => boolean,
): void {
  let count = countAt(counts, 0)
  for (const page of list.pages()) {
    for (const { sequence, position, length } of page) {
      // Neighbours in a list mostly lie in one segment; where one was copied, it lies ahead.
      if (count?.holds(position) !== true) count = countAt(counts, position)
      count?.add(list.id, length, isFirst(sequence))
    }
  }
}

/** The segments are in order; null when a body at this position lies in none of them. */
function countAt(counts: readonly SegmentCount[], position: number): SegmentCount | null {
  let low = 0
  let high = counts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((counts[middle] as SegmentCount).segment.end.position < position) low = middle + 1
    else high = middle
  }
  const count = counts[low]
  return count?.holds(position) === true ? count : null
}

function namesOf(fold: Fold): Map<number, string> {
  const names = new Map<number, string>()
  for (const row of fold.destinations.values()) names.set(row.id, nameOfDestination(row))
  for (const row of fold.subscriptions.values()) {
    names.set(row.id, nameOfSubscription(row, names.get(row.topic) ?? `topic ${row.topic}`))
  }
  return names
}
