import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatDuration, formatSize, parseDuration, parseSize } from '../../src/config/quantity.ts'

describe('durations', () => {
  it('are read as ActiveMQ writes them', () => {
    const cases: readonly (readonly [string, number | undefined])[] = [
      ['800ms', 800],
      ['2s', 2000],
      ['2S', 2000],
      ['10 s', 10_000],
      ['5m', 300_000],
      ['1m30s', 90_000],
      ['1h', 3_600_000],
      ['1d', 86_400_000],
      ['250', 250],
      ['0', 0],
      ['', undefined],
      ['2x', undefined],
      ['-2s', undefined],
      ['1.5s', undefined],
      ['s', undefined],
      ['2s3', undefined],
      ['99999999999999999999d', undefined],
    ]
    for (const [text, expected] of cases) assert.equal(parseDuration(text), expected, text)
  })

  it('come back the same when written and read', () => {
    fc.assert(
      fc.property(fc.nat(), (ms) => {
        assert.equal(parseDuration(formatDuration(ms)), ms)
      }),
    )
  })
})

describe('sizes', () => {
  it('are read as ActiveMQ writes them', () => {
    const cases: readonly (readonly [string, number | undefined])[] = [
      ['100mb', 104_857_600],
      ['100 MB', 104_857_600],
      ['64k', 65_536],
      ['64kb', 65_536],
      ['1g', 1_073_741_824],
      ['512b', 512],
      ['512', 512],
      ['', undefined],
      ['mb', undefined],
      ['1.5mb', undefined],
      ['-1', undefined],
      ['1tb', undefined],
      ['99999999999999999999', undefined],
    ]
    for (const [text, expected] of cases) assert.equal(parseSize(text), expected, text)
  })

  it('come back the same when written and read', () => {
    fc.assert(
      fc.property(fc.nat(), (bytes) => {
        assert.equal(parseSize(formatSize(bytes)), bytes)
      }),
    )
  })
})
