import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { QuestionResult } from './results.ts'
import { Results, readResults } from './results.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorate-results-'))
after(() => rmSync(folder, { recursive: true }))

const takeover: QuestionResult = {
  question: 'takeover',
  date: '2026-01-31',
  command: 'npm run bench:store-depth -- --question takeover',
  machine: '2 cores',
  disk: 'ext4 on NVMe',
  node: 'v20.20.2',
  commit: 'abc',
  config: { messages: 5 },
  seconds: 3,
  error: null,
  figures: [],
  details: {},
}
const held: QuestionResult = { ...takeover, question: 'held' }

describe('Results', () => {
  it('keeps a file for each question in a folder', () => {
    const path = join(folder, 'all')
    const results = new Results(path)
    for (const result of [takeover, held]) results.keep(result)
    assert.deepEqual(readdirSync(path).sort(), ['held.json', 'takeover.json'])
    assert.deepEqual(readResults(path), [held, takeover])
  })

  it('keeps all in one file when the path is one, the newest of each question', () => {
    const path = join(folder, 'one.json')
    const results = new Results(path)
    for (const result of [takeover, held, { ...takeover, seconds: 4 }]) results.keep(result)
    assert.deepEqual(
      readResults(path).map(({ question, seconds }) => `${question} ${seconds}`),
      ['held 3', 'takeover 4'],
    )
  })

  it('takes for answered what was answered at the same sizes by the same commit only', () => {
    const results = new Results(join(folder, 'resumed'))
    results.keep(takeover)
    results.keep({ ...held, error: 'node01 ended' })
    assert.equal(results.answered('takeover', takeover)?.seconds, 3)
    assert.equal(results.answered('takeover', { ...takeover, commit: 'abd' }), undefined)
    assert.equal(results.answered('takeover', { ...takeover, config: { messages: 6 } }), undefined)
    assert.equal(results.answered('held', held), undefined)
    assert.equal(results.answered('index', held), undefined)
  })

  it('overwrites nothing that is something else', () => {
    for (const text of ['{"question":"first-light"}', 'null', 'not JSON']) {
      const path = join(folder, 'other.json')
      writeFileSync(path, text)
      assert.throws(() => new Results(path).keep(takeover), /other\.json holds no results/)
    }
  })
})
