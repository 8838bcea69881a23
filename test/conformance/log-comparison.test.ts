import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { compareJournals } from '../support/log-comparison.ts'
import type { Journal } from '../support/log-comparison.ts'

describe('log comparison', () => {
  const root = mkdtempSync(join(tmpdir(), 'quorate-log-comparison-'))
  after(() => rmSync(root, { recursive: true, force: true }))

  /** Segments as [start, content, preallocated bytes behind it]. */
  function journal(name: string, segments: readonly [number, string, number][]): Journal {
    const dataDirectory = join(root, name)
    const folder = join(dataDirectory, 'journal')
    mkdirSync(folder, { recursive: true })
    for (const [start, content, zeros] of segments) {
      const file = join(folder, `${start.toString(16).padStart(16, '0')}.log`)
      writeFileSync(file, Buffer.concat([Buffer.from(content), Buffer.alloc(zeros)]))
    }
    const [start, content] = segments.at(-1) ?? [0, '']
    return { name, dataDirectory, end: start + content.length }
  }

  it('accepts equal bytes, whatever is preallocated behind them', () => {
    const one = journal('one', [
      [0, 'abcdefgh', 0],
      [8, 'ijkl', 100],
    ])
    const other = journal('other', [
      [0, 'abcdefgh', 8],
      [8, 'ijkl', 0],
    ])
    compareJournals(one, other)
  })

  it('compares from where both begin', () => {
    const old = journal('old', [
      [0, 'abcdefgh', 0],
      [8, 'ijkl', 0],
    ])
    compareJournals(old, journal('young', [[8, 'ijkl', 0]]))
  })

  it('leaves out segments that go after their names were read', () => {
    const [one, other] = ['going', 'going-too'].map((name) => {
      const rest = journal(name, [[8, 'ijkl', 0]])
      // A name without a file is what a removal leaves of a list of names.
      const name0 = join(rest.dataDirectory, 'journal', `${'0'.repeat(16)}.log`)
      symlinkSync(join(root, 'gone'), name0)
      return rest
    })
    compareJournals(one as Journal, other as Journal)
  })

  it('names the position of the first byte that differs', () => {
    const one = journal('left', [
      [0, 'abcdefgh', 0],
      [8, 'ijkl', 0],
    ])
    const other = journal('right', [
      [0, 'abcdefgh', 0],
      [8, 'ijxl', 0],
    ])
    assert.throws(() => compareJournals(one, other), /left and right differ at position 10/)
  })

  it('passes over bytes that a test has damaged, and counts them', () => {
    const one = journal('sound', [[0, 'abcdefgh', 0]])
    const other = journal('damaged', [[0, 'abxdefxh', 0]])
    assert.equal(compareJournals(one, other, new Set([2, 6, 7])), 2)
    assert.throws(() => compareJournals(one, other, new Set([2])), /differ at position 6/)
  })

  it('demands that both end at the same position', () => {
    const long = journal('long', [[0, 'abcd', 0]])
    assert.throws(() => compareJournals(long, journal('short', [[0, 'abc', 1]])), /end apart/)
  })

  it('demands that there is something to compare', () => {
    const empty = journal('empty', [[8, '', 64]])
    assert.throws(() => compareJournals(empty, journal('void', [[8, '', 0]])), /nothing to compare/)
  })
})
