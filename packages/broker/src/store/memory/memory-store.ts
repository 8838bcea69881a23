import type { BrokerError } from '@quorate/core/base/errors'
import type { BodySource } from '../body-source.ts'
import { EMPTY_LOG } from '../journal/log-batch.ts'
import type { LogPoint } from '../journal/log-batch.ts'
import { Fold } from '../fold/fold.ts'
import { FoldStore } from '../fold/fold-store.ts'

export interface MemoryStoreOptions {
  /** Where bodies are read from once the cache has dropped them; null keeps all in memory. */
  readonly bodies?: BodySource | null
  /** Bytes of bodies that are kept in memory when there is a source to read them from. */
  readonly cacheBytes?: number
  readonly onFailure?: (error: BrokerError) => void
  /** Before the first record of the log; EMPTY_LOG by default. */
  readonly origin?: LogPoint
}

/** The reference store: the fold and nothing else. It begins empty, before the first record. */
export class MemoryStore extends FoldStore {
  constructor(options: MemoryStoreOptions = {}) {
    const bodies = options.bodies ?? null
    const bounded = options.cacheBytes === undefined ? {} : { cacheBytes: options.cacheBytes }
    const cache = bodies === null ? { cacheBytes: Infinity } : bounded
    super(new Fold({ changes: null, ...cache }), options.origin ?? EMPTY_LOG, {
      bodies: bodies ?? noBodies,
      onFailure: options.onFailure ?? rethrow,
      isNew: true,
    })
  }
}

/** Never asked: a cache without bounds holds every body. */
const noBodies: BodySource = {
  readAt: () => Promise.resolve([]),
}

function rethrow(error: BrokerError): void {
  throw error
}
