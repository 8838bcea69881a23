import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { BrokerError } from '@quorate/core/base/errors'
import fc from 'fast-check'
import { pageOf } from '../../../../src/management/api/http/paging.ts'
import type { PageRequest } from '../../../../src/management/api/http/paging.ts'

interface Thing {
  readonly name: string
  readonly depth: number
}

function request(changes: Partial<PageRequest<Thing>> = {}): PageRequest<Thing> {
  return {
    limit: 3,
    after: undefined,
    filter: '',
    descending: false,
    nameOf: ({ name }) => name,
    keyOf: ({ name }) => name,
    rankBy: ({ depth }) => depth,
    ...changes,
  }
}

/** Every page after each other. */
function walk(things: readonly Thing[], changes: Partial<PageRequest<Thing>>): string[] {
  const seen: string[] = []
  let after: string | undefined
  for (;;) {
    const page = pageOf(things, request({ ...changes, after }))
    seen.push(...page.items.map(({ name }) => name))
    if (page.next === null) return seen
    after = page.next
  }
}

describe('pages', () => {
  const thing = fc.record({ name: fc.string(), depth: fc.integer({ min: 0, max: 5 }) })
  const things = fc.uniqueArray(thing, { selector: ({ name }) => name, maxLength: 40 })

  it('show everything once, in order, whatever the size of a page', () => {
    fc.assert(
      fc.property(
        things,
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (all, limit, descending) => {
          const sorted = [...all].sort((a, b) => {
            if (a.depth !== b.depth) return (a.depth - b.depth) * (descending ? -1 : 1)
            return a.name < b.name ? -1 : 1
          })
          assert.deepEqual(
            walk(all, { limit, descending }),
            sorted.map(({ name }) => name),
          )
        },
      ),
    )
  })

  it('filter by name whatever the case, and tell how many fit', () => {
    const all = ['ORDERS.eu', 'orders.us', 'BILLS'].map((name) => ({ name, depth: 0 }))
    const page = pageOf(all, request({ filter: 'Orders', limit: 1 }))
    assert.deepEqual([page.items.length, page.total, page.next !== null], [1, 2, true])
  })

  it('stay right when what was shown goes meanwhile', () => {
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, depth: 0 }))
    const first = pageOf(all, request({ limit: 2 }))
    const second = pageOf(all.slice(2), request({ limit: 2, after: first.next ?? '' }))
    assert.deepEqual(
      second.items.map(({ name }) => name),
      ['c', 'd'],
    )
  })

  it('refuse what is no cursor, for any text', () => {
    fc.assert(
      fc.property(fc.string(), (after) => {
        try {
          pageOf([{ name: 'a', depth: 1 }], request({ after }))
        } catch (error) {
          assert.ok(error instanceof BrokerError && error.code === 'INVALID_ARGUMENT')
        }
      }),
    )
    assert.throws(() => pageOf([], request({ after: 'zzz' })), { code: 'INVALID_ARGUMENT' })
  })
})
