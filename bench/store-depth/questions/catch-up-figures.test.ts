import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseOptions } from '../options.ts'
import { catchUpFigures, lowerBy, rateOf } from './catch-up-figures.ts'
import type { CatchingUp, Phase, Sample } from './catch-up-figures.ts'

function sampleOf(seconds: number, perSecond: number): Sample {
  const done = seconds * perSecond
  return { seconds, sent: done, received: done, isInStep: false, catchUp: null }
}

/** Ten seconds at this rate. */
function phaseOf(perSecond: number): Phase {
  return { samples: [0, 5, 10].map((seconds) => sampleOf(seconds, perSecond)) }
}

function wayOf(perSecond: number): CatchingUp {
  const [first, half, last] = [0, 5, 10].map((seconds) => sampleOf(seconds, perSecond))
  const common = { neededBytes: 300e6, bytesPerSecond: 20e6 }
  const told = { ...common, hadBytes: 100e6, percent: 33, remainingMs: null }
  const toldHalf = { ...common, hadBytes: 200e6, percent: 66, remainingMs: 4000 }
  assert(first !== undefined && half !== undefined && last !== undefined)
  return {
    samples: [
      { ...first, catchUp: told },
      { ...half, catchUp: toldHalf },
      { ...last, isInStep: true },
    ],
    secondsWithoutLoad: 0,
  }
}

const limit = { at: 'most', value: 20 } as const

function figuresOf(rates: readonly (readonly [number, number, number])[]) {
  const rounds = rates.map(([inStep, down, catchingUp]) => ({
    inStep: phaseOf(inStep),
    down: phaseOf(down),
    catchingUp: wayOf(catchingUp),
  }))
  const last = { inStep: phaseOf(1000), down: phaseOf(1000) }
  return catchUpFigures({ rounds, last, options: parseOptions([]), limit })
}

describe('rateOf', () => {
  it('is the mean of what was sent and what was consumed a second', () => {
    const end: Sample = { ...sampleOf(10, 0), sent: 300, received: 100 }
    assert.equal(rateOf({ samples: [end] }), 20)
  })
})

describe('lowerBy', () => {
  it('compares with the mean of the others, and is negative when more gets done', () => {
    assert.equal(lowerBy(phaseOf(75), [phaseOf(80), phaseOf(120)]), 25)
    assert.equal(lowerBy(phaseOf(110), [phaseOf(100)]).toFixed(3), '-10.000')
  })
})

describe('catchUpFigures', () => {
  it('compares each catch-up with the loads before it and after it, and takes the median', () => {
    const [down, inStep] = figuresOf([
      [1000, 1000, 900],
      [1000, 800, 450],
      [1000, 1000, 900],
    ])
    // 900 against 1000 and 800; 450 against 800 and 1000; 900 against 1000 twice.
    assert.equal(down?.measured?.toFixed(3), '10.000')
    assert.equal(down.note, 'median of 3 rounds: 0.0, 50.0, 10.0')
    assert.equal(inStep?.note, 'median of 3 rounds: 10.0, 55.0, 10.0')
    assert.deepEqual(inStep.limit, limit)
  })

  it('tells how long the way was, and what status said of it half way', () => {
    const way = figuresOf([[1000, 1000, 900]]).find(({ unit }) => unit === 's')
    assert.equal(way?.measured, 10)
    const said = 'status said 66%, 20.0 MB/s, 4 s left when 5 s were left'
    assert.equal(way.note, `200 MB behind, in step after 10.0 s; in the last ${said}`)
  })
})
