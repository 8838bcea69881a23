import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { LevelStore } from '../../../src/store/leveldb/level-store.ts'
import { MemoryIndexBackend } from '../../../src/store/leveldb/memory-index-backend.ts'
import { MemoryLog } from '../../../src/store/memory/memory-log.ts'
import { dumpIndex, message, openIndex, queue } from './index-fixture.ts'

/** Segments of a few messages, and pages of four. */
const SEGMENT_BYTES = 700
const PAGES = { entriesMax: 4, openMax: 2 }

type Step =
  | { readonly do: 'send'; readonly list: number; readonly bytes: number }
  | { readonly do: 'acknowledge'; readonly list: number; readonly from: number }
  | { readonly do: 'apply' | 'checkpoint' | 'stop' | 'kill' }

const lists = fc.constantFrom(1, 2)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('send'), list: lists, bytes: fc.nat(60) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('acknowledge'), list: lists, from: fc.nat(60) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constantFrom('apply', 'checkpoint', 'stop', 'kill') }),
    },
  ),
  { minLength: 20, maxLength: 120 },
)

/** One index that is restarted again and again, and the log that it is the fold of. */
class Subject {
  readonly log = new MemoryLog({ segmentSizeBytes: SEGMENT_BYTES })
  readonly backend = new MemoryIndexBackend()
  store: LevelStore | null = null
  /** Where segments begin, as the files of a journal tell it. */
  readonly #starts = new Set<number>()

  async open(directory = 'lived'): Promise<LevelStore> {
    const segmentStarts = directory === 'lived' ? [...this.#starts] : []
    const { log, backend } = this
    return openIndex(directory, log, { backend, pages: PAGES, segmentStarts, cacheBytes: 200 })
  }

  applyTo(store: LevelStore, throughIndex?: number): void {
    const { appliedIndex } = store
    const apply: LevelStore['apply'] = (batch, through) => {
      for (const { position } of batch.segmentStarts) this.#starts.add(position)
      store.apply(batch, through)
    }
    this.log.applyTo({ appliedIndex, apply }, throughIndex)
  }

  async restart(checkpoint: boolean): Promise<void> {
    assert.ok(this.store !== null)
    const { appliedIndex } = this.store
    const before = usesOf(this.store)
    await this.store.close({ checkpoint })
    this.store = await this.open()
    if (checkpoint) assert.equal(this.store.appliedIndex, appliedIndex)
    this.applyTo(this.store, appliedIndex)
    assert.deepEqual(usesOf(this.store), before)
  }
}

function usesOf({ fold }: LevelStore): [position: number, messages: number, bytes: number][] {
  return [...fold.segments.boundaries()].map(({ position, before }) => {
    return [position, before.messages, before.bytes]
  })
}

async function play(all: readonly Step[]): Promise<void> {
  const subject = new Subject()
  const { log, backend } = subject
  for (const id of [1, 2]) log.append(queue(id))
  subject.store = await subject.open()
  subject.applyTo(subject.store)
  for (const step of all) {
    const { store } = subject
    if (step.do === 'send') log.append(message(step.list, { body: Buffer.alloc(1 + step.bytes) }))
    else if (step.do === 'apply') subject.applyTo(store)
    else if (step.do === 'checkpoint') await store.checkpoint()
    else if (step.do === 'acknowledge') {
      const waiting = store.list(step.list)?.next(step.from, 3) ?? []
      const sequences = waiting.map(({ sequence }) => sequence)
      if (sequences.length === 0) continue
      log.append({ kind: 'acknowledge', list: step.list, sequences })
    } else await subject.restart(step.do === 'stop')
  }
  subject.applyTo(subject.store)
  await subject.restart(true)
  const anew = await subject.open('anew')
  subject.applyTo(anew)
  assert.deepEqual(usesOf(subject.store), usesOf(anew))
  await subject.store.close()
  await anew.close()
  assert.deepEqual(await dumpIndex('lived', backend), await dumpIndex('anew', backend))
}

describe('what keeps each segment of the log', () => {
  it('is the same after any restart, and in an index made anew, which has the same rows', async () => {
    await fc.assert(fc.asyncProperty(steps, play), { numRuns: 200 })
  })
})
