import { join } from 'node:path'
import type { BrokerError } from '@quorate/core/base/errors'
import { toBrokerError } from '@quorate/core/base/errors'
import type { BrokerPorts } from './ports.ts'
import type { BodySource } from './store/body-source.ts'
import type { Journal } from './store/journal/journal.ts'
import { EMPTY_LOG } from './store/journal/log-batch.ts'
import type { LogPoint } from './store/journal/log-batch.ts'
import { CheckpointSchedule } from './store/leveldb/checkpoint-schedule.ts'
import { LevelStore } from './store/leveldb/level-store.ts'

export interface LocalStoreOptions {
  readonly dataDirectory: string
  readonly clusterId: string
  readonly journal: Journal
  readonly ports: Pick<
    BrokerPorts,
    'log' | 'clock' | 'index' | 'checkpointDue' | 'bodyCacheBytes' | 'pages'
  >
  /** The index or the log cannot be read or written any more. */
  readonly onFailure: (error: BrokerError) => void
}

/** The index over this node's journal, its checkpoints, and what they allow the journal to drop. */
export class LocalStore {
  readonly store: LevelStore
  readonly bodies: BodySource
  isStopped = false
  readonly #checkpoints: CheckpointSchedule

  private constructor(store: LevelStore, bodies: BodySource, options: LocalStoreOptions) {
    this.store = store
    this.bodies = bodies
    this.#checkpoints = new CheckpointSchedule({
      target: store,
      due: options.ports.checkpointDue,
      clock: options.ports.clock,
      onFailure: options.onFailure,
    })
    this.#checkpoints.start()
  }

  /** Rejects with the errors of LevelStore.open, or JOURNAL_CORRUPT. */
  static async open(options: LocalStoreOptions): Promise<LocalStore> {
    const { journal, ports, onFailure } = options
    const bodies: BodySource = {
      readAt: async (refs) => {
        // Committed by the others before our own disk had it: rare, and soon over.
        await journal.idle()
        return journal.readAt(refs)
      },
    }
    const opened: { local: LocalStore | null } = { local: null }
    const store = await LevelStore.open({
      directory: join(options.dataDirectory, 'index'),
      clusterId: options.clusterId,
      standing: async (applied) => {
        // Cut off, or behind a start that has moved up: what the index says of it is our own.
        const { firstIndex, tail } = journal
        if (applied.index > tail.index || applied.index < firstIndex - 1) return 'absent'
        return samePoint(applied, await journal.pointAt(applied.index)) ? 'held' : 'another'
      },
      origin: journal.origin,
      segmentStarts: journal.segments.map(({ position }) => position),
      onCheckpoint: (logStart) => {
        // The last checkpoint, at the end, comes when the journal is closed.
        if (opened.local?.isStopped !== false) return
        release(journal, logStart).then(
          () => opened.local?.store.fold.segments.forgetBefore(journal.startPosition),
          (error: unknown) => onFailure(toBrokerError(error, 'STORE_UNAVAILABLE')),
        )
      },
      bodies,
      onFailure,
      cacheBytes: ports.bodyCacheBytes,
      pages: ports.pages,
      log: ports.log,
      backend: ports.index,
    })
    opened.local = new LocalStore(store, bodies, options)
    return opened.local
  }

  /** No checkpoint begins any more but the last, which `close` makes. */
  stop(): void {
    this.isStopped = true
    this.#checkpoints.stop()
  }

  close(options: { readonly checkpoint?: boolean } = {}): Promise<void> {
    this.stop()
    return this.store.close(options)
  }
}

/**
 * The index does without what came before, and no checkpoint is ahead of the disk: in the mem modes
 * a loss of power may take records that the index has been made of.
 */
async function release(journal: Journal, logStart: number): Promise<void> {
  if (logStart <= journal.firstIndex) return
  await journal.sync()
  await journal.releaseBefore(logStart)
}

function samePoint(a: LogPoint, b: LogPoint): boolean {
  if (a.index === EMPTY_LOG.index) return b.index === EMPTY_LOG.index
  return a.index === b.index && a.chain === b.chain && a.position === b.position
}
