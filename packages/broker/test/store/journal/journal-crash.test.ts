import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SYNC_BESIDE_WRITES } from '../../../src/store/journal/appender.ts'
import type { SyncPolicy } from '../../../src/store/journal/appender.ts'
import type { Journal } from '../../../src/store/journal/journal.ts'
import type { LogPoint } from '../../../src/store/journal/log-batch.ts'
import { JournalFixture, payloadsIn } from './journal-fixture.ts'

type Action =
  | { readonly kind: 'append'; readonly lengths: readonly number[]; readonly newEpoch: boolean }
  | { readonly kind: 'truncate'; readonly keepShare: number }
  | { readonly kind: 'release'; readonly share: number }
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'wait'; readonly operations: number }

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      lengths: fc.array(fc.integer({ min: 0, max: 1500 }), { minLength: 1, maxLength: 5 }),
      newEpoch: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), operations: fc.nat(25) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('checkpoint' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('truncate' as const),
      keepShare: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('release' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
)

const life = fc.record({
  actions: fc.array(action, { minLength: 1, maxLength: 12 }),
  /** Disk operations that still happen after the last action. */
  lastOperations: fc.nat(30),
  powerFails: fc.boolean(),
  seed: fc.integer(),
})

const lives = fc.array(life, { minLength: 1, maxLength: 4 })

const policy: fc.Arbitrary<SyncPolicy> = fc.constantFrom<SyncPolicy[]>(
  'always',
  SYNC_BESIDE_WRITES,
  { backgroundMs: 200, backgroundBytes: 1_000 },
  { backgroundMs: 200, backgroundBytes: 1_000_000 },
)

/** Disk operations wait here until the test lets them happen, one by one. */
class Turnstile {
  #waiting: (() => void)[] = []
  isOpen = true

  pass = (): Promise<void> =>
    this.isOpen ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve))

  async let(operations: number): Promise<void> {
    for (let i = 0; i < operations; i++) {
      await microtasks()
      this.#waiting.shift()?.()
    }
    await microtasks()
  }

  /** Lets everything happen until `promise` is settled. */
  async through<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const end = promise.finally(() => (settled = true))
    end.catch(() => undefined)
    for (let i = 0; !settled; i++) {
      assert.ok(i < 100_000, 'the journal makes progress')
      await this.let(1)
    }
    return end
  }

  open(): void {
    this.isOpen = true
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

async function microtasks(): Promise<void> {
  for (let i = 0; i < 12; i++) await Promise.resolve()
}

/** What should be in the log, and the least and most of it that a crash may leave. */
class Model {
  payloads: string[] = []
  /** First index kept, lowered by nothing. */
  firstIndex = 1
  truncating: number | null = null
  #next = 0

  payload(length: number): Buffer {
    const text = `<${++this.#next}>`
    const payload = Buffer.alloc(length, text)
    this.payloads.push(payload.toString('latin1'))
    return payload
  }
}

async function live(
  fixture: JournalFixture,
  turnstile: Turnstile,
  { journal, model, actions }: { journal: Journal; model: Model; actions: readonly Action[] },
): Promise<void> {
  for (const next of actions) {
    switch (next.kind) {
      case 'append': {
        const epoch = Math.max(1, journal.tail.epoch) + (next.newEpoch ? 1 : 0)
        const payloads = next.lengths.map((length) => model.payload(length))
        fixture.append(journal, payloads, epoch)
        break
      }
      case 'wait':
        await turnstile.let(next.operations)
        break
      case 'checkpoint':
        fixture.clock.advance(5_000)
        break
      case 'truncate': {
        const kept = Math.floor((journal.tail.index - journal.origin.index) * next.keepShare)
        const index = journal.origin.index + kept
        model.truncating = index
        await turnstile.through(journal.truncateAfter(index))
        fixture.synced = Math.min(fixture.synced, index)
        fixture.written = Math.min(fixture.written, index)
        model.payloads.length = index
        model.truncating = null
        break
      }
      case 'release': {
        const share = Math.floor(journal.syncedIndex * next.share)
        await turnstile.through(journal.releaseBefore(share))
        model.firstIndex = journal.firstIndex
        break
      }
    }
  }
}

async function checkRecovered(journal: Journal, model: Model, least: number): Promise<LogPoint> {
  const { tail } = journal
  assert.ok(tail.index >= least, `${tail.index} recovered, ${least} acknowledged`)
  assert.ok(tail.index <= model.payloads.length, 'nothing appears that was never appended')
  const found = await payloadsIn(journal)
  assert.deepEqual(found, model.payloads.slice(journal.firstIndex - 1, tail.index))
  model.payloads.length = tail.index
  return tail
}

describe('journal: crashes', () => {
  it('keeps what was acknowledged and invents nothing, crash after crash', async () => {
    const outcomes = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(lives, policy, async (lives, policy) => {
        const turnstile = new Turnstile()
        const options = { segmentSizeBytes: 4096, turn: turnstile.pass, policy }
        const fixture = new JournalFixture(options)
        const model = new Model()
        for (const { actions, lastOperations, powerFails, seed } of lives) {
          const { journal } = await fixture.open()
          await checkRecovered(journal, model, 0)
          turnstile.isOpen = false
          await live(fixture, turnstile, { journal, model, actions })
          await turnstile.let(lastOperations)
          const least = powerFails ? fixture.synced : fixture.written
          if (powerFails) fixture.crash(seed)
          else fixture.kill()
          turnstile.open()
          const again = await fixture.open({ powerLost: powerFails })
          const { outcome } = again.recovery
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
          assert.notEqual(outcome, 'corrupt')
          await checkRecovered(again.journal, model, least)
          fixture.kill()
          fixture.written = again.journal.tail.index
          fixture.synced = again.journal.tail.index
        }
      }),
      { numRuns: 150 },
    )
    assert.ok(outcomes.size > 1, 'the disk of the test is nasty enough to damage something')
  })

  it('keeps what was acknowledged when the machine stops inside a truncation', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 2, maxLength: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(60),
        fc.integer(),
        async (lengths, share, operations, seed) => {
          const turnstile = new Turnstile()
          const fixture = new JournalFixture({ segmentSizeBytes: 4096, turn: turnstile.pass })
          const model = new Model()
          const { journal } = await fixture.open()
          for (const length of lengths) fixture.append(journal, [model.payload(length)])
          await journal.sync()
          fixture.clock.advance(5_000)
          const index = Math.floor((lengths.length - 1) * share)
          turnstile.isOpen = false
          void journal.truncateAfter(index)
          await turnstile.let(operations)
          fixture.crash(seed)
          turnstile.open()
          const again = await fixture.open({ powerLost: true })
          assert.notEqual(again.recovery.outcome, 'corrupt')
          await checkRecovered(again.journal, model, index)
        },
      ),
      { numRuns: 150 },
    )
  })
})
