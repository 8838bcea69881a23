import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Deque } from '../../src/base/deque.ts'

const step = fc.constantFrom('push', 'push', 'unshift', 'shift', 'pop', 'clear' as const)

describe('a deque', () => {
  it('holds what an array would, in the same order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const deque = new Deque<number>()
        const array: number[] = []
        steps.forEach((one, i) => {
          if (one === 'clear') {
            deque.clear()
            array.length = 0
          } else if (one === 'push' || one === 'unshift') {
            deque[one](i)
            array[one](i)
          } else assert.equal(deque[one](), array[one]())
          assert.deepEqual([...deque], array)
          assert.equal(deque.at(array.length - 1), array.at(-1))
          assert.equal(deque.peek(), array[0])
        })
      }),
    )
  })
})
