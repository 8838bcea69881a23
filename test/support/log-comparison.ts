import assert from 'node:assert/strict'
import type { Dirent } from 'node:fs'
import { closeSync, openSync, readSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '@quorate/core/base/errors'
import type { Cluster, Statuses } from './cluster.ts'

const SEGMENT_NAME = /^([0-9a-f]{16})\.log$/
/** Bytes compared at a time. */
const STRIDE = 1024 * 1024
const QUIET_WITHIN_MS = 30_000

interface SegmentFile {
  readonly start: number
  readonly path: string
}

interface OpenSegment extends SegmentFile {
  readonly descriptor: number
}

/**
 * The journal of one node as a stretch of bytes: segment files named by the position of their first
 * byte, each valid up to the start of the next, the last up to the end of the log. What lies beyond
 * is preallocation. All files are opened at once: a broker that runs removes old ones meanwhile.
 */
class LogBytes {
  readonly #segments: readonly OpenSegment[]
  readonly end: number

  constructor(dataDirectory: string, end: number) {
    this.#segments = segmentsBelow(dataDirectory).flatMap(opened)
    if (this.#segments.length === 0) throw new Error(`no journal in ${dataDirectory}`)
    this.end = end
  }

  close(): void {
    for (const { descriptor } of this.#segments) closeSync(descriptor)
  }

  get start(): number {
    return this.#segments[0]?.start ?? 0
  }

  /** The bytes from `position` on, at most `length`, and never beyond one segment. */
  read(position: number, length: number): Buffer {
    const at = this.#segments.findLastIndex((segment) => segment.start <= position)
    const segment = this.#segments[at]
    if (segment === undefined) throw new Error(`position ${position} is before the log`)
    const limit = this.#segments[at + 1]?.start ?? this.end
    const bytes = Buffer.alloc(Math.min(length, limit - position))
    const count = readSync(segment.descriptor, bytes, 0, bytes.length, position - segment.start)
    assert.equal(count, bytes.length, `${segment.path} is shorter than its records`)
    return bytes
  }
}

/** None, when it has been removed since its name was read. */
function opened(segment: SegmentFile): OpenSegment[] {
  try {
    return [{ ...segment, descriptor: openSync(segment.path, 'r') }]
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

function segmentsBelow(directory: string): SegmentFile[] {
  const found: SegmentFile[] = []
  const entries: Dirent[] = readdirSync(directory, { withFileTypes: true })
  for (const entry of entries) {
    const path = join(directory, entry.name)
    const start = SEGMENT_NAME.exec(entry.name)?.[1]
    if (start !== undefined) found.push({ start: Number.parseInt(start, 16), path })
    // LevelDB has files of its own, and what was cut off is kept apart.
    else if (entry.isDirectory() && entry.name === 'journal') found.push(...segmentsBelow(path))
  }
  return found.sort((a, b) => a.start - b.start)
}

/** One node's journal: where its data lies, and where its log ends. */
export interface Journal {
  readonly name: string
  readonly dataDirectory: string
  readonly end: number
}

/** Positions at which a test has damaged some journal. */
export type Damage = ReadonlySet<number>

const NO_DAMAGE: Damage = new Set()

/**
 * Throws at the first byte in which two journals differ, or when there is none to compare. Returns
 * how many differ of those that are known as damaged.
 */
export function compareJournals(first: Journal, second: Journal, damage = NO_DAMAGE): number {
  const names = `${first.name} and ${second.name}`
  assert.equal(first.end, second.end, `the journals of ${names} end apart`)
  const left = new LogBytes(first.dataDirectory, first.end)
  const right = new LogBytes(second.dataDirectory, second.end)
  try {
    return differences(left, right, { names, damage })
  } finally {
    left.close()
    right.close()
  }
}

function differences(
  left: LogBytes,
  right: LogBytes,
  { names, damage }: { readonly names: string; readonly damage: Damage },
): number {
  const start = Math.max(left.start, right.start)
  let position = start
  let damaged = 0
  while (position < left.end) {
    const a = left.read(position, STRIDE)
    const b = right.read(position, a.length)
    const bytes = Math.min(a.length, b.length)
    if (!a.subarray(0, bytes).equals(b.subarray(0, bytes))) {
      for (let i = 0; i < bytes; i++) {
        if (a[i] === b[i]) continue
        const isKnown = damage.has(position + i)
        if (!isKnown) throw new Error(`the journals of ${names} differ at position ${position + i}`)
        damaged++
      }
    }
    position += bytes
  }
  assert(position > start, `nothing to compare between ${names}`)
  return damaged
}

function isQuiet(statuses: Statuses): boolean {
  const [first] = statuses
  if (first === undefined || first === null) return false
  return statuses.every(
    (status) =>
      status?.log.position === first.log.position &&
      status.log.index === first.log.index &&
      status.log.epoch === first.log.epoch &&
      status.log.committedIndex === status.log.index,
  )
}

/**
 * Waits until nothing moves any more, and demands that every node holds the same bytes. Returns how
 * many of the damaged ones differ: nobody has read them since.
 */
export async function assertIdenticalLogs(cluster: Cluster, damage = NO_DAMAGE): Promise<number> {
  const statuses = await cluster.waitFor('logs of equal end', isQuiet, QUIET_WITHIN_MS)
  const journals = cluster.nodes.map(({ name, dataDirectory }, at) => ({
    name,
    dataDirectory,
    end: statuses[at]?.log.position ?? 0,
  }))
  const [first, ...others] = journals
  assert(first !== undefined)
  return Math.max(0, ...others.map((other) => compareJournals(first, other, damage)))
}
