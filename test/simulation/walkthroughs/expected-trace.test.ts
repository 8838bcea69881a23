import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ExpectedTrace } from './expected-trace.ts'

const told = [
  { who: 'A', what: 'is killed' },
  { who: 'C', what: 'would not vote for B: it hears a leader' },
  { who: 'C', what: 'votes for B in epoch 2' },
  { who: 'B', what: 'wins epoch 2' },
  { who: '-', what: 'everything is mended' },
]

function differs(expected: string): boolean {
  return new ExpectedTrace(expected).difference(told) !== null
}

describe('an expected trace', () => {
  it('is met by its lines, in their order', () => {
    const lines = ['A is killed', 'C votes for B in epoch 2', 'B wins epoch 2', '...']
    assert.equal(differs(lines.join('\n')), false)
    assert.equal(differs([...lines].reverse().join('\n')), true)
  })

  it('does not have to expect refusals before an election, and may', () => {
    const rest = ['B wins epoch 2', '- everything is mended'].join('\n')
    const refusal = 'C would not vote for B: *'
    assert.equal(differs(`A is killed\n${refusal}\nC votes for B in epoch 2\n${rest}`), false)
    assert.equal(differs(`A is killed\nC votes for B in epoch 2\n${rest}`), false)
    assert.equal(differs(`${refusal}\nA is killed\nC votes for B in epoch 2\n${rest}`), true)
  })

  it('has lines that may come in any order, and each once', () => {
    const first = 'A is killed'
    const last = '- everything is mended'
    const either = ['~ B wins *', '~ C votes for *'].join('\n')
    assert.equal(differs(`${first}\n${either}\n${last}`), false)
    assert.equal(differs(`${first}\n~ C votes for *\n~ C votes for *\n${last}`), true)
  })

  it('is not met by more than it has, nor by less', () => {
    assert.equal(differs('A is killed\nC votes for *'), true)
    assert.equal(differs('...\n- everything is mended\n- everything is mended'), true)
    assert.equal(differs('...'), false)
    assert.equal(differs('A is killed\n...\n- everything *\n...'), false)
  })

  it('shows where the two part', () => {
    const difference = new ExpectedTrace('A is killed\nC votes for D in epoch 2').difference(told)
    assert.match(difference ?? '', /^expected at ">": C votes for D in epoch 2\n/)
    assert.match(difference ?? '', /\n> C {2}votes for B in epoch 2\n/)
  })
})
