import { errnoOf } from '@quorate/core/base/errors'
import type { LogPoint } from '../store/journal/log-batch.ts'

/** What is wrong, as a script would ask for it. */
export type FindingKind =
  | 'missing-segment'
  | 'foreign-file'
  | 'foreign-segment'
  | 'damaged-header'
  | 'damaged-payload'
  | 'cut-short'
  | 'out-of-order'
  | 'unknown-record'
  | 'damaged-body'
  | 'checkpoint'
  | 'meta'
  | 'torn-tail'
  | 'index'
  | 'unreadable'

export interface Finding {
  readonly kind: FindingKind
  /** Damage makes a log bad; a note is something to know about a good one. */
  readonly severity: 'damage' | 'note'
  /** Below the data directory. */
  readonly file: string | null
  /** Bytes from the beginning of the file. */
  readonly offset: number | null
  /** The record that it concerns, or the one that should be there. */
  readonly index: number | null
  readonly message: string
}

/** Findings of each severity that are kept; the others are counted. */
const FINDINGS_MAX = 1000

/** What an inspection found, in order. */
export class Findings {
  readonly #kept: Finding[] = []
  #damages = 0
  #notes = 0

  get kept(): readonly Finding[] {
    return this.#kept
  }

  get damages(): number {
    return this.#damages
  }

  /** Findings that were counted and not kept. */
  get omitted(): number {
    return this.#damages + this.#notes - this.#kept.length
  }

  add(finding: Finding): void {
    const count = finding.severity === 'damage' ? ++this.#damages : ++this.#notes
    if (count <= FINDINGS_MAX) this.#kept.push(finding)
  }

  damage(kind: FindingKind, place: Place, message: string): void {
    this.add({ kind, severity: 'damage', ...NOWHERE, ...place, message })
  }

  note(kind: FindingKind, place: Place, message: string): void {
    this.add({ kind, severity: 'note', ...NOWHERE, ...place, message })
  }
}

export type Place = Partial<Pick<Finding, 'file' | 'offset' | 'index'>>

const NOWHERE = { file: null, offset: null, index: null }

/** Whether two logs, or a log and what is said of it, agree up to here. */
export function samePoint(a: LogPoint, b: LogPoint): boolean {
  return (
    a.index === b.index && a.epoch === b.epoch && a.chain === b.chain && a.position === b.position
  )
}

/** The disk, or who may read it, and no bug or error of ours: EIO, ENOENT, EACCES. */
export function isSystemError(error: unknown): boolean {
  return /^E[A-Z0-9]+$/.test(errnoOf(error) ?? '')
}
