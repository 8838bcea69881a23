import type { OriginWitness } from '../store/journal/journal-options.ts'
import type { LogPoint } from '../store/journal/log-batch.ts'
import type { TwoSlotFile } from '../store/two-slot-file.ts'
import type { ReplicaMeta, StoredMeta } from './meta.ts'
import { encodeMeta } from './meta.ts'

/**
 * The meta file of a replica that runs. What is in it is the replica's to say, but for the point
 * where its log begins at the latest: that is the journal's, which moves it by itself (R19, R38).
 */
export class MetaFile implements OriginWitness {
  readonly #file: TwoSlotFile
  #newest: ReplicaMeta
  #latestOrigin: LogPoint | null

  /** `found`: what the file holds, or what will be written first. */
  constructor(file: TwoSlotFile, { logStart, ...found }: StoredMeta) {
    this.#file = file
    this.#newest = found
    this.#latestOrigin = logStart
  }

  /** What the replica said last; what the file held, until it says something. */
  get newest(): ReplicaMeta {
    return this.#newest
  }

  get latestOrigin(): LogPoint | null {
    return this.#latestOrigin
  }

  /** Resolves when it is on the disk. Calls run one after the other (see TwoSlotFile). */
  write(meta: ReplicaMeta): Promise<void> {
    this.#newest = meta
    return this.#file.write(encodeMeta({ ...meta, logStart: this.#latestOrigin }))
  }

  async remember(origin: LogPoint): Promise<void> {
    if (this.#latestOrigin !== null && origin.position <= this.#latestOrigin.position) return
    this.#latestOrigin = origin
    await this.write(this.#newest)
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}
