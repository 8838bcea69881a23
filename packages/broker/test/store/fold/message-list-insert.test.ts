import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Changes } from '../../../src/store/fold/changes.ts'
import { MessageList } from '../../../src/store/fold/message-list.ts'
import { PagePool } from '../../../src/store/fold/page-pool.ts'
import { StoredEntry } from '../../../src/store/fold/stored-entry.ts'

const LIST = 1

function entryOf(sequence: number): StoredEntry {
  return new StoredEntry(sequence, LIST, 5_000 - sequence, 10)
}

function sequencesOf(list: MessageList): number[] {
  return list.next(0, 1_000).map(({ sequence }) => sequence)
}

/** What LevelDB would hold after each checkpoint, by the keys of pages. */
class Rows {
  readonly #held = new Map<number, number[]>()

  checkpoint(changes: Changes): void {
    for (const { first } of changes.removedPages) this.#held.delete(first)
    for (const page of changes.pages) {
      if (page.alive === 0) continue
      this.#held.set(
        page.first,
        [...page].map(({ sequence }) => sequence),
      )
      page.persisted = true
    }
    changes.clear()
  }

  get sequences(): number[] {
    return [...this.#held.values()].flat().sort((a, b) => a - b)
  }
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('insert' as const), at: fc.nat(60) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), at: fc.nat(60) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('append' as const), at: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('write' as const), at: fc.constant(0) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('cool' as const), at: fc.nat(60) }) },
)

describe('message list: messages between others', () => {
  it('is the same as a plain sorted list, whatever is open, full or written', () => {
    const bounds = fc.record({
      entriesMax: fc.constantFrom(4, 6),
      openMax: fc.constantFrom(1, 2, 8),
    })
    fc.assert(
      fc.property(bounds, fc.array(step, { maxLength: 150 }), (pages, steps) => {
        const changes = new Changes()
        const list = new MessageList(LIST, changes, new PagePool(pages))
        const rows = new Rows()
        let model: number[] = []
        let newest = 1_000
        for (const { do: what, at } of steps) {
          const sequence = at + 1
          if (what === 'append') {
            list.append(entryOf(++newest))
            model.push(newest)
          } else if (what === 'insert' && !model.includes(sequence)) {
            list.insert(entryOf(sequence))
            model.push(sequence)
            model.sort((a, b) => a - b)
          } else if (what === 'remove') {
            const chosen = model[at % Math.max(1, model.length)]
            if (chosen === undefined) continue
            assert.equal(list.remove(chosen)?.sequence, chosen)
            model = model.filter((other) => other !== chosen)
          } else if (what === 'cool') {
            list.cool(sequence)
          } else if (what === 'write') {
            rows.checkpoint(changes)
            assert.deepEqual(rows.sequences, model)
          }
          assert.deepEqual(sequencesOf(list), model)
          assert.equal(list.length, model.length)
        }
        rows.checkpoint(changes)
        assert.deepEqual(rows.sequences, model)
      }),
      { numRuns: 400 },
    )
  })

  it('tells the places of all messages when it is removed, of those at rest too', () => {
    const list = new MessageList(LIST, null, new PagePool({ entriesMax: 4, openMax: 1 }))
    for (let sequence = 1; sequence <= 20; sequence++) list.append(entryOf(sequence))
    for (let sequence = 1; sequence <= 20; sequence += 3) list.cool(sequence)
    const places: number[] = []
    list.dissolve(
      (position, length) => places.push(position * 100 + length),
      () => undefined,
    )
    const expected = Array.from({ length: 20 }, (_, i) => (5_000 - (i + 1)) * 100 + 10)
    assert.deepEqual(places, expected)
  })
})
