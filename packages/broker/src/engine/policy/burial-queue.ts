import { Deque } from '@quorate/core/base/deque'
import { formatDestination } from '@quorate/core/model/destination'
import type { DestinationName } from '@quorate/core/model/destination'
import type { AcknowledgedList } from '../dispatch/ack-batch.ts'
import type { Entry } from '../dispatch/entry.ts'
import { DEAD_LETTERS_PER_RECORD_MAX, DEAD_LETTER_BYTES_PER_RECORD_MAX } from './limits.ts'

/** Where dead letters come from: a list, or a topic, where there is nothing to remove. */
export interface DeadLetterSource {
  readonly destination: DestinationName
  readonly list: BuriedList | null
}

export interface BuriedList extends AcknowledgedList {
  /** It was handed out, and has gone; somebody else tells the store. */
  leave(entry: Entry): void
}

/** Messages of one source that go to the dead letter queue by one record. */
export interface Burial {
  readonly source: DeadLetterSource
  readonly cause: string
  readonly entries: readonly Entry[]
}

interface Waiting {
  readonly entry: Entry
  readonly cause: string
}

/** Called when it has come to the front of this many lines. */
interface Mark {
  linesLeft: number
  readonly passed: () => void
}

interface Line {
  readonly source: DeadLetterSource
  readonly items: Deque<Waiting | Mark>
  /** Those who stood between the messages that were taken. */
  readonly passing: Mark[]
}

/**
 * What waits to be buried: references, as many as there are deliveries. One line for each source,
 * in the order of its acknowledgements; one burial is taken from each in turn, so that nobody waits
 * for all the dead letters of somebody else.
 *
 *   queue A    a1 a2 a3 | a4 (mark) a5      a1 to a3: the burial that was taken
 *   queue B    b1 (mark)
 */
export class BurialQueue {
  readonly #lines = new Map<unknown, Line>()

  get isEmpty(): boolean {
    return this.#lines.size === 0
  }

  push(source: DeadLetterSource, entries: readonly Entry[], cause: string): void {
    if (entries.length === 0) return
    const key = keyOf(source)
    const line = this.#lines.get(key) ?? { source, items: new Deque(), passing: [] }
    this.#lines.set(key, line)
    for (const entry of entries) line.items.push({ entry, cause })
  }

  /**
   * Calls back when all that waits of these sources now, or of all where none are named, has been
   * taken and released; at once where nothing does.
   */
  after(sources: readonly DeadLetterSource[] | null, passed: () => void): void {
    const named = sources === null ? [...this.#lines.keys()] : sources.map(keyOf)
    const lines = [...new Set(named)].flatMap((key) => this.#lines.get(key) ?? [])
    if (lines.length === 0) {
      passed()
      return
    }
    const mark: Mark = { linesLeft: lines.length, passed }
    for (const { items } of lines) items.push(mark)
  }

  /** The next burial; its line waits for `release`. */
  take(): Burial | undefined {
    const [next] = this.#lines
    if (next === undefined) return undefined
    const [key, line] = next
    // Behind all others, until its next turn.
    this.#lines.delete(key)
    this.#lines.set(key, line)
    return burialOf(line)
  }

  /** What was taken of this source is in the log: those who stand right behind it may pass. */
  release(source: DeadLetterSource): void {
    const key = keyOf(source)
    const line = this.#lines.get(key)
    if (line === undefined) return
    for (let mark = markAt(line); mark !== undefined; mark = markAt(line)) line.passing.push(mark)
    if (line.items.length === 0) this.#lines.delete(key)
    for (const mark of line.passing.splice(0)) if (--mark.linesLeft === 0) mark.passed()
  }
}

function keyOf({ list, destination }: DeadLetterSource): unknown {
  return list ?? formatDestination(destination)
}

/** Takes the mark at the front, if there is one. */
function markAt({ items }: Line): Mark | undefined {
  const first = items.peek()
  if (first === undefined || !('passed' in first)) return undefined
  items.shift()
  return first
}

/** At least one message: a line has one, or is being released. */
function burialOf(line: Line): Burial {
  const { source, items } = line
  const entries: Entry[] = []
  let bytes = 0
  let cause = ''
  while (entries.length < DEAD_LETTERS_PER_RECORD_MAX) {
    const mark = markAt(line)
    if (mark !== undefined) {
      line.passing.push(mark)
      continue
    }
    const first = items.peek()
    if (first === undefined || 'passed' in first) break
    const { length } = first.entry
    const isFull = bytes + length > DEAD_LETTER_BYTES_PER_RECORD_MAX
    if (entries.length > 0 && (isFull || first.cause !== cause)) break
    items.shift()
    entries.push(first.entry)
    bytes += length
    cause = first.cause
  }
  return { source, cause, entries }
}
