import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { didYouMean, nearestWord } from '../../src/config/nearest-word.ts'

const words = ['sync', 'replicas', 'quorum_disk', 'quorum_mem', 'zkAddress']

describe('nearest word', () => {
  it('finds what was meant in spite of a swap, a gap, an extra or a wrong letter', () => {
    assert.equal(nearestWord('snyc', words), 'sync')
    assert.equal(nearestWord('syn', words), 'sync')
    assert.equal(nearestWord('syncc', words), 'sync')
    assert.equal(nearestWord('sinc', words), 'sync')
    assert.equal(nearestWord('quorum-disk', words), 'quorum_disk')
    assert.equal(nearestWord('zkadress', words), 'zkAddress')
  })

  it('finds nothing where nothing is near', () => {
    assert.equal(nearestWord('persistence', words), undefined)
    assert.equal(nearestWord('', words), undefined)
    assert.equal(nearestWord('x'.repeat(100_000), words), undefined)
    assert.equal(didYouMean('elephant', words), '')
  })

  it('always finds a word that is valid, whatever its case', () => {
    fc.assert(
      fc.property(fc.constantFrom(...words), fc.boolean(), (word, upper) => {
        assert.equal(nearestWord(upper ? word.toUpperCase() : word, words), word)
      }),
    )
  })

  it('asks in a form that can be appended to a message', () => {
    assert.equal(didYouMean('snyc', words), '; did you mean "sync"?')
  })
})
