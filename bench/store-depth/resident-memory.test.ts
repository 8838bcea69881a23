import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseSmapsRollup } from './resident-memory.ts'

describe('parseSmapsRollup', () => {
  it('reads resident and anonymous memory in bytes', () => {
    const text = [
      '00400000-7ffc12345000 ---p 00000000 00:00 0                    [rollup]',
      'Rss:              164200 kB',
      'Pss:              130000 kB',
      'Pss_Anon:         118000 kB',
      'Anonymous:        118144 kB',
      'Swap:                  0 kB',
    ].join('\n')
    assert.deepEqual(parseSmapsRollup(text), {
      residentBytes: 164200 * 1024,
      anonymousBytes: 118144 * 1024,
    })
  })

  it('throws where a line is missing rather than answering nothing', () => {
    assert.throws(() => parseSmapsRollup('Rss: 12 kB\n'), /no Anonymous/)
  })
})
