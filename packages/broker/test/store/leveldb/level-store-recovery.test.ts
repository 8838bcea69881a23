import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import type { LevelStore } from '../../../src/store/leveldb/level-store.ts'
import { MemoryLog } from '../../../src/store/memory/memory-log.ts'
import { MemoryStore } from '../../../src/store/memory/memory-store.ts'
import { describeFold, digestFold } from '../../../src/store/digest.ts'
import type { FoldStore } from '../../../src/store/fold/fold-store.ts'
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
      ops: fc.array(busyOp, { minLength: 1, maxLength: 25 }),
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
const steps = fc.array(step, { minLength: 1, maxLength: 25 })

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

class Run {
  readonly log: MemoryLog
  readonly #directory: string
  #store: LevelStore

  private constructor(log: MemoryLog, directory: string, store: LevelStore) {
    this.log = log
    this.#directory = directory
    this.#store = store
  }

  static async begin(directory: string): Promise<Run> {
    const log = new MemoryLog()
    appendAll(log, queue(1), queue(2), queue(3))
    const store = await openIndex(directory, log)
    log.applyTo(store)
    return new Run(log, directory, store)
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
    this.#store = await openIndex(this.#directory, this.log)
    if (checkpoint) assert.equal(this.#store.appliedIndex, this.log.lastIndex)
  }
}

describe('LevelDB store - recovery (R19, S8)', () => {
  it('is the fold of the log after any checkpoints, crashes and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(steps, (taken) =>
        withDirectory(async (directory) => {
          const run = await Run.begin(directory)
          for (const next of taken) await run.take(next)
          assertSameState(run.store, foldOf(run.log))
          await run.store.close()
        }),
      ),
      { numRuns: 60 },
    )
  })

  it('has the same rows, byte for byte, after it was dropped and rebuilt', async () => {
    await fc.assert(
      fc.asyncProperty(steps, (taken) =>
        withDirectory(async (directory) => {
          const run = await Run.begin(join(directory, 'lived'))
          for (const next of taken) await run.take(next)
          await run.store.close()
          const rebuilt = await openIndex(join(directory, 'rebuilt'), run.log)
          run.log.applyTo(rebuilt)
          assertSameState(rebuilt, run.store)
          await rebuilt.close()
          assert.deepEqual(
            await dumpIndex(join(directory, 'rebuilt')),
            await dumpIndex(join(directory, 'lived')),
          )
        }),
      ),
      { numRuns: 30 },
    )
  })

  it('is the fold of the log after any damage to its files', async () => {
    const damage = fc.record({ file: fc.nat(20), at: fc.nat(), bit: fc.nat(7), cut: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(steps, fc.array(damage, { minLength: 1, maxLength: 3 }), (taken, hits) =>
        withDirectory(async (directory) => {
          const run = await Run.begin(directory)
          for (const next of taken) await run.take(next)
          await run.store.close()
          for (const hit of hits) await damageFile(directory, hit)
          const reopened = await openIndex(directory, run.log)
          run.log.applyTo(reopened)
          assertSameState(reopened, foldOf(run.log))
          await reopened.close()
        }),
      ),
      { numRuns: 60 },
    )
  })
})

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
