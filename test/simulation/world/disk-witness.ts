import assert from 'node:assert/strict'
import { decodeMeta } from '@quorate/broker/replication/meta'
import type { ReplicaMeta } from '@quorate/broker/replication/meta'
import { segmentFileName, segmentPosition } from '@quorate/broker/store/journal/segment'
import { payloadIn } from '@quorate/broker/store/two-slot-file'
import type { Disk } from './disk.ts'

/** In a checkpoint: see docs/internals/journal-format.md. */
const SYNCED_POSITION_AT = 2 + 1 + 28 + 20

/** Holds what a replica says against the medium of its disk, and changes it behind its back. */
export class DiskWitness {
  /** Replaced when the node gets another one. */
  disk: Disk
  readonly #id: string
  readonly #directory: string
  /** Byte position up to which the journal was found on the medium. */
  #durablePosition = 0
  /** Where the files begin that a cut has to take away, and where the log ends then. */
  #cut: { readonly starts: readonly number[]; readonly end: number } | null = null

  constructor(options: { readonly id: string; readonly directory: string; readonly disk: Disk }) {
    this.#id = options.id
    this.#directory = options.directory
    this.disk = options.disk
  }

  /** Something else may be there than what was found. */
  forget(): void {
    this.#durablePosition = 0
    this.#cut = null
  }

  /** What a loss of power now would leave of the meta file. */
  get meta(): ReplicaMeta {
    const content = this.disk.files.medium(`${this.#directory}/meta`)
    const payload = content && payloadIn(content)
    assert.ok(payload, `${this.#id} runs without a meta file on its disk (R7)`)
    return decodeMeta(payload)
  }

  /** S7: the log up to this position, where record `index` ends, would survive a loss of power. */
  mustHold(index: number, end: number): void {
    if (end <= this.#durablePosition) return
    const starts = this.#segmentStarts()
    for (const [i, start] of starts.entries()) {
      const from = Math.max(start, this.#durablePosition)
      const to = Math.min(end, starts[i + 1] ?? end)
      if (from >= to) continue
      const isDurable = this.disk.files.isDurable(this.#pathOf(start), from - start, to - start)
      assert.ok(isDurable, `${this.#id} acknowledges ${index}, which its disk does not hold (S7)`)
    }
    this.#durablePosition = end
  }

  /** A cut begins: this is where the log ends when it is done. */
  cuts(end: number): void {
    this.#cut = { starts: this.#segmentStarts(), end }
  }

  /** R16: what was cut would not come back after a loss of power. */
  mustHaveCut(): void {
    const { starts, end } = this.#cut ?? { starts: [], end: 0 }
    this.forget()
    for (const start of starts) {
      const rest = this.disk.files.medium(this.#pathOf(start))?.subarray(Math.max(0, end - start))
      const isGone = rest === undefined || rest.every((byte) => byte === 0)
      assert.ok(isGone, `${this.#id} says that it has cut what is still on its disk (R16)`)
    }
  }

  /** Nothing is left of the index: nobody has it open. */
  loseIndex(): void {
    void this.disk.index.destroy(`${this.#directory}/index`)
  }

  /** Changes a byte of the log on the medium. False when no file holds it. */
  flip(position: number, mask: number): boolean {
    const { files } = this.disk
    const start = this.#segmentStarts().findLast((at) => at <= position)
    if (start === undefined) return false
    const path = this.#pathOf(start)
    if (position - start >= (files.content(path)?.length ?? 0)) return false
    files.flip(path, position - start, mask)
    return true
  }

  /**
   * Where the last file begins of which the journal takes a part for granted, as its checkpoint
   * says that it was synced, and where that part ends.
   */
  get lastCheckpointed(): readonly [number, number] {
    const content = this.disk.files.content(`${this.#journalPath}/checkpoint`)
    const payload = content && payloadIn(content)
    const to = payload === null ? 0 : Number(payload.readBigUInt64BE(SYNCED_POSITION_AT))
    return [this.#segmentStarts().findLast((start) => start < to) ?? 0, to]
  }

  /** The file that holds this position ends there from now on; false when it ends before. */
  cutShort(position: number): boolean {
    const start = this.#segmentStarts().findLast((at) => at <= position)
    if (start === undefined) return false
    return this.disk.files.cutShort(this.#pathOf(start), position - start)
  }

  #pathOf(start: number): string {
    return `${this.#journalPath}/${segmentFileName(start)}`
  }

  get #journalPath(): string {
    return `${this.#directory}/journal`
  }

  #segmentStarts(): number[] {
    return this.disk.files
      .names(this.#journalPath)
      .map(segmentPosition)
      .filter((position) => position !== null)
      .sort((a, b) => a - b)
  }
}
