import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { Figure } from './figures.ts'
import { benchmarksPage, newestOfEach, unfairnessIn } from './page.ts'
import type { QuestionResult } from './results.ts'

const restart: Figure & QuestionResult['figures'][number] = {
  question: 'restart',
  what: 'all three brokers, after SIGKILL',
  measured: 3.25,
  unit: 's',
  limit: { at: 'most', value: 3 },
  isFullSize: true,
  note: 'ended within 0.01 s',
  verdict: 'missed',
}

const result: QuestionResult = {
  question: 'restart',
  date: '2026-01-31',
  command: 'npm run bench:store-depth -- --messages 5000000',
  machine: '2 cores of a kind, 24 GB',
  disk: 'ext4 on NVMe',
  node: 'v20.20.2',
  commit: 'abc1234',
  config: { messages: 5_000_000, 'held-gb': 0.5, 'log-size': '100mb' },
  seconds: 61,
  error: null,
  figures: [restart],
  details: {},
}

describe('benchmarksPage', () => {
  const page = benchmarksPage([result], '- Everything shares two cores.')

  it('shows each target beside what was measured, and says that it was missed', () => {
    const line = '| all three brokers, after SIGKILL | at most 3 s | 3.25 s | **missed** |'
    assert.ok(page.includes(`${line}\n`), page)
    assert.ok(page.includes(`${line} ended within 0.01 s |`), page)
  })

  it('tells with each question machine, disk, version, commit, day, sizes and command', () => {
    for (const words of [
      '2026-01-31: 2 cores of a kind, 24 GB; ext4 on NVMe; Node v20.20.2; commit abc1234.',
      'messages 5,000,000, held-gb 0.5, log-size 100mb. It took 61 s.',
      '    npm run bench:store-depth -- --messages 5000000',
    ]) {
      assert.ok(page.includes(words), words)
    }
  })

  it('lists the targets that nobody has measured, and says how it could be unfair', () => {
    assert.match(page, /## Not measured yet[^]*kill -9 to first confirmed send: at most 2 s/)
    assert.match(page, /## How it could be unfair\n\n- Everything shares two cores\.\n$/)
    assert.ok(!page.includes('- process start to serving'))
  })

  it('says when less was measured than the targets are for, and only then', () => {
    assert.ok(!page.includes('at less than the size'))
    const figures = [{ ...restart, measured: 1, isFullSize: false }]
    const small = benchmarksPage([{ ...result, figures }], '')
    assert.match(small, /less than the size that the targets are for: restart with the backlog\./)
    assert.match(small, /\| 1 s \| reached at this smaller size \|/)
  })

  it('counts a question without an answer as missed, with the reason', () => {
    const figures = [{ ...restart, measured: null, note: 'node01 ended by itself' }]
    const failed = benchmarksPage([{ ...result, error: 'node01 ended', figures }], '')
    assert.match(failed, /could not be answered/)
    assert.match(failed, /\| nothing: node01 ended by itself \| \*\*missed\*\* \|/)
  })
})

describe('newestOfEach', () => {
  it('takes the newest result of each question, in the order of asking', () => {
    const index: QuestionResult = { ...result, question: 'index' }
    const older = { ...result, date: '2026-01-30', seconds: 1 }
    const sameDay = { ...result, seconds: 2 }
    const chosen = newestOfEach([index, result, sameDay, older])
    assert.deepEqual(
      chosen.map(({ question, seconds }) => `${question} ${seconds}`),
      ['restart 2', 'index 61'],
    )
  })
})

describe('unfairnessIn', () => {
  it('finds what bench/README.md says of it', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    assert.match(unfairnessIn(readme), /^- _To us_: [^]*proves little/)
    assert.throws(() => unfairnessIn('# Measurements'), /how it could be unfair/)
  })
})
