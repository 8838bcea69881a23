import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { figureTable, verdictOf } from './figures.ts'
import type { Figure } from './figures.ts'

const figure: Figure = {
  question: 'restart',
  what: 'cluster after SIGKILL',
  measured: 2.5,
  unit: 's',
  limit: { at: 'most', value: 3 },
  isFullSize: true,
}

describe('verdictOf', () => {
  it('holds a figure against its limit, which itself is still kept', () => {
    assert.equal(verdictOf(figure), 'reached')
    assert.equal(verdictOf({ ...figure, measured: 3 }), 'reached')
    assert.equal(verdictOf({ ...figure, measured: 3.01 }), 'missed')
    const ratio = { ...figure, limit: { at: 'least', value: 60 } } as const
    assert.equal(verdictOf({ ...ratio, measured: 60 }), 'reached')
    assert.equal(verdictOf({ ...ratio, measured: 59.9 }), 'missed')
  })

  it('says that a smaller size was measured when a limit was kept, and not when it was missed', () => {
    assert.equal(verdictOf({ ...figure, isFullSize: false }), 'reached at this smaller size')
    assert.equal(verdictOf({ ...figure, isFullSize: false, measured: 4 }), 'missed')
  })

  it('counts what could not be measured as missed, and judges nothing without a limit', () => {
    assert.equal(verdictOf({ ...figure, measured: null }), 'missed')
    assert.equal(verdictOf({ ...figure, measured: Number.NaN }), 'missed')
    assert.equal(verdictOf({ ...figure, limit: null }), '')
  })
})

describe('figureTable', () => {
  it('shows what was measured beside the limit, with units and verdict', () => {
    const memory: Figure = {
      ...figure,
      question: 'backlog',
      what: 'leader',
      measured: 1234.5,
      unit: 'MB',
      limit: { at: 'most', value: 400 },
      note: 'peak 2,000 MB',
    }
    const failed: Figure = { ...figure, measured: null, note: 'node01 | ended' }
    assert.deepEqual(figureTable([memory, figure, failed]).split('\n').slice(2), [
      '| backlog: leader | 1,235 MB (peak 2,000 MB) | 400 MB | missed |',
      '| restart: cluster after SIGKILL | 2.5 s | 3 s | reached |',
      '| restart: cluster after SIGKILL | nothing (node01 \\| ended) | 3 s | missed |',
    ])
  })
})
