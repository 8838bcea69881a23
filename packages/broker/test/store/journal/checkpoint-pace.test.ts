import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CHECKPOINT_MS,
  CHECKPOINT_MS_MIN,
  CHECKPOINT_REST_FACTOR,
} from '../../../src/store/journal/checkpoint-pace.ts'
import type { Journal } from '../../../src/store/journal/journal.ts'
import { DIRECTORY, JournalFixture, payloadOf, settle } from './journal-fixture.ts'

/** A journal of which each checkpoint takes so long, and when each of them was written. */
class Paced {
  readonly writtenMs: number[] = []
  readonly fixture: JournalFixture
  readonly #journal: Promise<Journal>
  #count = 0

  constructor(checkpointTakesMs: number) {
    this.fixture = new JournalFixture({
      segmentSizeBytes: 1 << 20,
      turn: ({ kind, path }) => {
        if (kind !== 'syncData' || path !== `${DIRECTORY}/checkpoint`) return Promise.resolve()
        const { clock } = this.fixture
        this.writtenMs.push(clock.monotonicMs())
        if (checkpointTakesMs === 0) return Promise.resolve()
        return new Promise((resolve) => void clock.after(checkpointTakesMs, resolve))
      },
    })
    this.#journal = this.#open(checkpointTakesMs)
  }

  /** A record more, and all is synced. */
  async append(): Promise<void> {
    const journal = await this.#journal
    this.fixture.append(journal, [payloadOf(++this.#count)])
    await journal.sync()
  }

  async close(): Promise<void> {
    const closing = (await this.#journal).close({ clean: true })
    await this.pass(10_000)
    await closing
  }

  async pass(ms: number): Promise<void> {
    for (let i = 0; i < ms; i++) {
      await settle(2)
      this.fixture.clock.advance(1)
    }
    await settle()
  }

  async #open(checkpointTakesMs: number): Promise<Journal> {
    const opening = this.fixture.open()
    // Its own two: what was there is written again, and what the start found.
    await this.pass(4 * checkpointTakesMs + 10)
    const { journal } = await opening
    this.writtenMs.length = 0
    return journal
  }
}

describe("checkpoints of a journal, by the journal's clock", () => {
  it('follow a sync after a moment, and are silent afterwards', async () => {
    const paced = new Paced(0)
    await paced.append()
    await paced.pass(CHECKPOINT_MS_MIN - 1)
    assert.equal(paced.writtenMs.length, 0)
    await paced.pass(1)
    assert.equal(paced.writtenMs.length, 1)
    await paced.pass(3 * CHECKPOINT_MS)
    assert.equal(paced.writtenMs.length, 1)
    await paced.append()
    await paced.pass(CHECKPOINT_MS_MIN)
    assert.equal(paced.writtenMs.length, 2)
  })

  it('rest many times as long as they take while records are appended', async () => {
    const takesMs = 1
    const paced = new Paced(takesMs)
    for (let ms = 0; ms < 1_000; ms++) {
      await paced.append()
      await paced.pass(1)
    }
    const [first, ...others] = paced.writtenMs
    const steps = others.map((atMs, i) => atMs - (paced.writtenMs[i] ?? 0))
    const restMs = CHECKPOINT_REST_FACTOR * takesMs
    assert.ok(first !== undefined && steps.length >= 10)
    for (const step of steps)
      assert.ok(step >= restMs && step <= restMs + 3 * takesMs, `${step} ms`)
  })

  it('come in time, however long they take', async () => {
    const takesMs = 400
    const paced = new Paced(takesMs)
    for (let i = 0; i < 2; i++) {
      await paced.append()
      const syncedMs = paced.fixture.clock.monotonicMs()
      await paced.pass(CHECKPOINT_MS + takesMs)
      const [writtenMs = Infinity] = paced.writtenMs.splice(0)
      assert.ok(writtenMs - syncedMs <= CHECKPOINT_MS, `${writtenMs - syncedMs} ms`)
    }
  })

  it('tell what is synced: a start after a kill scans nothing', async () => {
    const paced = new Paced(0)
    await paced.append()
    await paced.pass(CHECKPOINT_MS_MIN)
    paced.fixture.kill()
    const { recovery } = await paced.fixture.open()
    assert.equal(recovery.scannedBytes, 0)
  })

  it('end with their journal', async () => {
    const paced = new Paced(0)
    await paced.append()
    await paced.close()
    const count = paced.writtenMs.length
    await paced.pass(2 * CHECKPOINT_MS)
    assert.equal(paced.writtenMs.length, count)
  })
})
