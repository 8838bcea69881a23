import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { BrokerError } from '@quorate/core/base/errors'
import { classicLevelBackend } from '../../../src/store/leveldb/classic-level-backend.ts'
import type { IndexBackend } from '../../../src/store/leveldb/index-database.ts'
import { MemoryIndexBackend } from '../../../src/store/leveldb/memory-index-backend.ts'
import type { LevelStore } from '../../../src/store/leveldb/level-store.ts'
import { MemoryLog } from '../../../src/store/memory/memory-log.ts'
import { MemoryStore } from '../../../src/store/memory/memory-store.ts'
import { describeFold, digestFold } from '../../../src/store/digest.ts'
import type { FoldStore } from '../../../src/store/fold/fold-store.ts'
import { PAGE_BOUNDS } from '../../../src/store/fold/page-pool.ts'
import type { PageBounds } from '../../../src/store/fold/page-pool.ts'
import type { LogOp } from '../../../src/store/log-op.ts'
import { busyOp } from '../random-ops.ts'
import { appendAll, dumpIndex, message, openIndex, queue, withDirectory } from './index-fixture.ts'

type Step =
  | { readonly kind: 'ops'; readonly ops: LogOp[] }
  | { readonly kind: 'burst'; readonly list: number; readonly count: number }
  | { readonly kind: 'drain'; readonly list: number; readonly count: number }
  | { readonly kind: 'checkpoint' | 'late-checkpoint' | 'crash' | 'restart' }

const list = fc.integer({ min: 1, max: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('ops' as const),
      ops: fc.array(busyOp, { minLength: 1, maxLength: 25, size: 'max' }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('burst' as const), list, count: fc.nat(600) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('drain' as const), list, count: fc.nat(600) }),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Step>(
      { kind: 'checkpoint' },
      { kind: 'late-checkpoint' },
      { kind: 'crash' },
      { kind: 'restart' },
    ),
  },
)
const steps = fc.array(step, { minLength: 1, maxLength: 25, size: 'max' })

/** The state that the log alone gives. */
function foldOf(log: MemoryLog): MemoryStore {
  const store = new MemoryStore({ bodies: log })
  log.applyTo(store)
  return store
}

function assertSameState(actual: FoldStore, expected: FoldStore): void {
  if (digestFold(actual.fold) === digestFold(expected.fold)) return
  assert.deepEqual([...describeFold(actual.fold)], [...describeFold(expected.fold)])
}

interface Place {
  readonly directory: string
  readonly backend: IndexBackend
  /** From every message at rest at once to none. */
  readonly cacheBytes: number
  /** From one page that may be looked into to all of them. */
  readonly pages: PageBounds
}

function open(openMax: number): PageBounds {
  return { ...PAGE_BOUNDS, openMax }
}

const memory = fc.record({
  cacheBytes: fc.constantFrom(0, 3_000, 100_000_000),
  pages: fc.constantFrom(1, 2, 1_000).map(open),
})
type Memory = Pick<Place, 'cacheBytes' | 'pages'>

const LEAST: Memory = { cacheBytes: 0, pages: open(1) }
const ALL: Memory = { cacheBytes: 100_000_000, pages: open(1_000) }

function inMemory(memory: Memory, directory = 'index'): Place {
  return { directory, backend: new MemoryIndexBackend(), ...memory }
}

function onDisk(directory: string, memory = LEAST): Place {
  return { directory, backend: classicLevelBackend, ...memory }
}

class Run {
  readonly log: MemoryLog
  readonly #place: Place
  #store: LevelStore

  private constructor(log: MemoryLog, place: Place, store: LevelStore) {
    this.log = log
    this.#place = place
    this.#store = store
  }

  static async begin(place: Place): Promise<Run> {
    const log = new MemoryLog()
    appendAll(log, queue(1), queue(2), queue(3))
    const store = await openIndex(place.directory, log, place)
    log.applyTo(store)
    return new Run(log, place, store)
  }

  /** Begins, takes all steps, has the log's fold in the end, and closes. */
  static async complete(place: Place, steps: readonly Step[]): Promise<Run> {
    const run = await Run.begin(place)
    for (const step of steps) await run.take(step)
    assertSameState(run.store, foldOf(run.log))
    await run.store.close()
    return run
  }

  get store(): LevelStore {
    return this.#store
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'ops':
        appendAll(this.log, ...step.ops)
        break
      case 'burst':
        for (let i = 0; i < step.count; i++) this.log.append(message(step.list))
        break
      case 'drain':
        this.#drain(step.list, step.count)
        break
      case 'checkpoint':
        await this.#store.checkpoint()
        break
      case 'late-checkpoint':
        // The batch is on its way while the fold goes on.
        void this.#store.checkpoint()
        break
      case 'crash':
        await this.#reopen(false)
        break
      case 'restart':
        await this.#reopen(true)
        break
    }
    this.log.applyTo(this.#store)
  }

  #drain(id: number, count: number): void {
    const sequences = this.#store.list(id)?.next(0, count) ?? []
    this.log.append({
      kind: 'acknowledge',
      list: id,
      sequences: sequences.map((entry) => entry.sequence),
    })
  }

  async #reopen(checkpoint: boolean): Promise<void> {
    await this.#store.close({ checkpoint })
    this.#store = await openIndex(this.#place.directory, this.log, this.#place)
    if (checkpoint) assert.equal(this.#store.appliedIndex, this.log.lastIndex)
  }
}

describe('LevelDB store - recovery (R19, S8)', () => {
  it('is the fold of the log after any checkpoints, crashes and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(steps, memory, async (taken, kept) => {
        await Run.complete(inMemory(kept), taken)
      }),
      { numRuns: 200 },
    )
  })

  it('is so on real files too', async () => {
    await fc.assert(
      fc.asyncProperty(steps, memory, (taken, kept) =>
        withDirectory(async (directory) => {
          await Run.complete(onDisk(directory, kept), taken)
        }),
      ),
      { numRuns: 15 },
    )
  })

  it('has the same rows, byte for byte, after it was dropped and rebuilt', async () => {
    await fc.assert(
      fc.asyncProperty(steps, memory, async (taken, kept) => {
        const place = inMemory(kept, 'lived')
        const run = await Run.complete(place, taken)
        const rebuilt = await openIndex('rebuilt', run.log, { backend: place.backend })
        run.log.applyTo(rebuilt)
        await rebuilt.close()
        const [after, before] = await Promise.all(
          ['rebuilt', 'lived'].map((directory) => dumpIndex(directory, place.backend)),
        )
        assert.deepEqual(after, before)
      }),
      { numRuns: 100 },
    )
  })

  it('has the same rows on real files too', () =>
    withDirectory(async (directory) => {
      const taken: Step[] = [
        { kind: 'burst', list: 1, count: 700 },
        { kind: 'checkpoint' },
        { kind: 'drain', list: 1, count: 300 },
        { kind: 'late-checkpoint' },
        { kind: 'burst', list: 2, count: 100 },
        { kind: 'crash' },
        { kind: 'drain', list: 1, count: 100 },
      ]
      const run = await Run.complete(onDisk(join(directory, 'lived')), taken)
      const rebuilt = await openIndex(join(directory, 'rebuilt'), run.log)
      run.log.applyTo(rebuilt)
      await rebuilt.close()
      const rows = await dumpIndex(join(directory, 'rebuilt'))
      assert.deepEqual(rows, await dumpIndex(join(directory, 'lived')))
    }))

  it('makes no checkpoint of a record that was applied in part', async () => {
    const place = { ...inMemory(LEAST), backend: new MemoryIndexBackend() }
    const { backend } = place
    const log = new MemoryLog()
    appendAll(log, queue(1), ...new Array<LogOp>(300).fill(message(1)))
    const store = await openIndex('index', log, place)
    log.applyTo(store)
    await store.checkpoint()
    const ops = [290, 1].map((sequence) => {
      return { kind: 'redelivered', list: 1, sequences: [sequence] } as const
    })
    appendAll(log, message(1), { kind: 'transaction', id: 't', ops })
    backend.onRead = () => {
      throw new BrokerError('STORE_UNAVAILABLE', 'the disk says no')
    }
    assert.throws(() => log.applyTo(store), { code: 'STORE_UNAVAILABLE' })
    backend.onRead = () => {}
    await store.close()
    const reopened = await openIndex('index', log, place)
    log.applyTo(reopened)
    assertSameState(reopened, foldOf(log))
  })

  it('is the fold of the log although any of its write batches was lost', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(6), async (taken, lost) => {
        const backend = new MemoryIndexBackend()
        let count = 0
        backend.onWrite = (writes) => (count++ === lost ? [] : writes)
        // While it runs, a database gives back what it lost on the disk: nothing is read back here.
        const run = await Run.begin({ directory: 'index', backend, ...ALL })
        for (const next of taken) await run.take(next.kind === 'restart' ? CRASH : next)
        await run.store.close()
        const reopened = await openIndex('index', run.log, { backend })
        run.log.applyTo(reopened)
        assertSameState(reopened, foldOf(run.log))
      }),
      { numRuns: 100 },
    )
  })

  it('is the fold of the log after any damage to its files', async () => {
    const damage = fc.record({ file: fc.nat(20), at: fc.nat(), bit: fc.nat(7), cut: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(steps, fc.array(damage, { minLength: 1, maxLength: 3 }), (taken, hits) =>
        withDirectory(async (directory) => {
          const run = await Run.complete(onDisk(directory), taken)
          for (const hit of hits) await damageFile(directory, hit)
          const reopened = await openIndex(directory, run.log)
          run.log.applyTo(reopened)
          assertSameState(reopened, foldOf(run.log))
          await reopened.close()
        }),
      ),
      { numRuns: 20 },
    )
  })
})

const CRASH: Step = { kind: 'crash' }

interface Damage {
  readonly file: number
  readonly at: number
  readonly bit: number
  /** Cut the file off instead of flipping a bit. */
  readonly cut: boolean
}

async function damageFile(directory: string, { file, at, bit, cut }: Damage): Promise<void> {
  const names = (await readdir(directory)).filter((name) => !name.startsWith('LO')).sort()
  const path = join(directory, names[file % names.length] ?? 'CURRENT')
  const bytes = await readFile(path)
  if (bytes.length === 0) return
  const place = at % bytes.length
  bytes[place] = bytes.readUInt8(place) ^ (1 << bit)
  await writeFile(path, cut ? bytes.subarray(0, place) : bytes)
}
