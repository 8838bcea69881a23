import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Election, NodeReport } from '../../src/api/answers.ts'
import { bestView, hexDump, shownBody } from '../../src/figures/body-view.ts'
import { bytesText, durationText, rateText } from '../../src/figures/format.ts'
import { lagSeconds, withPosition } from '../../src/figures/lag.ts'
import type { PositionSample } from '../../src/figures/lag.ts'
import { quorumOf } from '../../src/figures/cluster-picture.ts'
import { indentedJson, JSON_DEPTH_MAX } from '../../src/figures/json-text.ts'
import { propertiesIn } from '../../src/figures/properties-text.ts'
import { ratesOf } from '../../src/figures/rates.ts'
import { reignsOf } from '../../src/figures/reigns.ts'

describe('rates', () => {
  const history = (...counts: number[]) => counts.map((facts, at) => ({ atMs: at * 1000, facts }))
  const rates = (...counts: number[]) => ratesOf(history(...counts), (count) => count)

  it('are the slope over the last seconds', () => {
    assert.deepEqual(rates(0, 10, 20, 30, 40, 50), [0, 10, 10, 10, 10, 10])
    assert.deepEqual(rates(0, 0, 0, 0, 0, 40), [0, 0, 0, 0, 0, 10])
  })

  it('are 0 where a counter began anew', () => {
    assert.equal(rates(100, 100, 5).at(-1), 0)
    assert.deepEqual(rates(7), [0])
  })
})

describe('how far a follower is behind in time', () => {
  const log: readonly PositionSample[] = [
    { atMs: 0, position: 100 },
    { atMs: 2000, position: 200 },
    { atMs: 4000, position: 300 },
  ]

  it('is since when the log of the leader is longer than its own', () => {
    assert.equal(lagSeconds(log, 300), 0)
    assert.equal(lagSeconds(log, 250), 0)
    assert.equal(lagSeconds(log, 150), 2)
    assert.equal(lagSeconds(log, 50), null)
    assert.equal(lagSeconds([], 50), null)
  })

  it('is not known from one look alone, unless there is nothing behind', () => {
    const look = log.slice(-1)
    assert.equal(lagSeconds(look, 299), null)
    assert.equal(lagSeconds(look, 300), 0)
  })

  it('forgets what was when the log is another one', () => {
    const other = { atMs: 6000, position: 10 }
    assert.deepEqual(withPosition(log, other), [other])
    assert.equal(withPosition(log, { atMs: 6000, position: 300 }).length, 4)
  })
})

describe('the body of a message', () => {
  const body = (encoding: 'text' | 'base64' | 'json' | 'none', content: string) => {
    return { encoding, content, bytes: content.length, truncated: false }
  }

  it('is shown as text, JSON or hex, where it can be', () => {
    const json = body('text', '{"a":[1]}')
    assert.equal(shownBody(json, 'json'), '{\n  "a": [\n    1\n  ]\n}')
    assert.equal(shownBody(json, 'text'), '{"a":[1]}')
    assert.match(shownBody(json, 'hex') ?? '', /^00000000 {2}7b 22 61 .* {2}\{"a":\[1\]\}$/)
    assert.equal(shownBody(body('text', 'plain'), 'json'), null)
    assert.equal(shownBody(body('base64', 'gP8='), 'text'), null)
    assert.equal(shownBody(body('none', ''), 'hex'), null)
  })

  it('begins with the view that shows most of it', () => {
    assert.equal(bestView(body('text', ' [1, 2]')), 'json')
    assert.equal(bestView(body('text', '{ no json')), 'text')
    assert.equal(bestView(body('base64', 'gP8=')), 'hex')
    assert.equal(bestView(body('base64', 'aGVsbG8=')), 'text')
    assert.equal(bestView(body('json', '[]')), 'json')
  })

  it('has lines of sixteen bytes in hex', () => {
    const lines = hexDump(Uint8Array.from({ length: 17 }, (_, at) => at + 60)).split('\n')
    assert.equal(lines.length, 2)
    assert.equal(lines[1], `00000010  4c${' '.repeat(45)}  L`)
  })
})

describe('JSON that is indented', () => {
  it('has its values as they are written', () => {
    const text = '{"id":12345678901234567890,"a":[1.0, {}, [ ],{"b" :"\\"[,"}],"a":-0e0}'
    const lines = [
      '{',
      '  "id": 12345678901234567890,',
      '  "a": [',
      '    1.0,',
      '    {},',
      '    [],',
      '    {',
      '      "b": "\\"[,"',
      '    }',
      '  ],',
      '  "a": -0e0',
      '}',
    ]
    assert.equal(indentedJson(text), lines.join('\n'))
    const plain = JSON.stringify({ a: [1, [2, { b: null, c: ['x', 'y: z'] }], ''], d: {} }, null, 2)
    assert.equal(indentedJson(JSON.stringify(JSON.parse(plain))), plain)
  })

  it('is left alone where it is too deep, or none', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    assert.equal(indentedJson(nested(JSON_DEPTH_MAX))?.split('\n').length, 2 * JSON_DEPTH_MAX - 1)
    assert.equal(indentedJson(nested(JSON_DEPTH_MAX + 1)), null)
    assert.equal(indentedJson(nested(30_000)), null)
    assert.equal(indentedJson('{"a":1'), null)
  })
})

describe('how many may fail', () => {
  const report = (connected: number) => {
    const voter = { state: 'voter', connected: true }
    const followers = [0, 1].map((at) => ({ ...voter, connected: at < connected }))
    const status = { role: 'leader', epoch: 1, seats: ['a', 'b', 'c'], followers }
    return { nodeId: 'a', isThis: true, status } as unknown as NodeReport
  }
  const picture = (...reports: readonly NodeReport[]) => {
    const { inStep, mayFail } = quorumOf(reports)
    return [inStep, mayFail]
  }

  it('is what is in step beyond a quorum, and not known where there is none', () => {
    assert.deepEqual(picture(report(2)), [3, 1])
    assert.deepEqual(picture(report(1)), [2, 0])
    assert.deepEqual(picture(report(0)), [1, null])
    assert.deepEqual(picture(), [null, null])
  })
})

describe('properties that somebody writes', () => {
  it('are texts, numbers and booleans by what they look like', () => {
    const { values, wrongLine } = propertiesIn('a=1\nb = x=y\nc=true\n\nd=007\ne=')
    assert.deepEqual(values, { a: 1, b: 'x=y', c: true, d: '007', e: '' })
    assert.equal(wrongLine, null)
    const no = { a: 'NaN', b: 'Infinity', c: '9007199254740993' }
    assert.deepEqual(propertiesIn('a=NaN\nb=Infinity\nc=9007199254740993').values, no)
  })

  it('are refused by their line', () => {
    assert.equal(propertiesIn('a=1\n\nnothing').wrongLine, 3)
    assert.equal(propertiesIn('=1').wrongLine, 1)
  })
})

describe('the timeline of elections', () => {
  const at = (seconds: number): string => new Date(seconds * 1000).toISOString()
  const election = (
    epoch: number,
    leader: string | null,
    from: number,
    serving: number | null,
  ): Election => ({
    ...{ epoch, leader, cause: 'start', seenBy: 'a', noticedAt: at(from) },
    servingAt: serving === null ? null : at(serving),
    durationMs: serving === null ? null : (serving - from) * 1000,
  })

  it('shows who led when, and when nobody did', () => {
    const elections = [
      election(1, 'a', 0, 10),
      election(2, null, 50, null),
      election(3, 'b', 60, 80),
    ]
    assert.deepEqual(reignsOf(elections, 100_000), [
      { epoch: 1, leader: null, begin: 0, length: 0.1 },
      { epoch: 1, leader: 'a', begin: 0.1, length: 0.4 },
      { epoch: 2, leader: null, begin: 0.5, length: 0.1 },
      { epoch: 3, leader: null, begin: 0.6, length: 0.2 },
      { epoch: 3, leader: 'b', begin: 0.8, length: 0.2 },
    ])
    assert.deepEqual(reignsOf([], 100_000), [])
  })

  it('is not bent by a clock that is behind', () => {
    assert.deepEqual(reignsOf([election(1, 'a', 0, 10), election(2, 'b', 30, 40)], 5_000), [
      { epoch: 1, leader: null, begin: 0, length: 0.25 },
      { epoch: 1, leader: 'a', begin: 0.25, length: 0.5 },
      { epoch: 2, leader: null, begin: 0.75, length: 0.25 },
    ])
  })
})

describe('figures for people', () => {
  it('have the unit that fits', () => {
    assert.deepEqual([0, 1023, 1536, 5 << 20].map(bytesText), ['0 B', '1023 B', '1.5 KB', '5.0 MB'])
    assert.deepEqual([0, 0.44, 9.96, 1234.5].map(rateText), ['0', '0.4', '10', '1,235'])
    const durations = [812, 1500, 61_000, 90_000_000].map(durationText)
    assert.deepEqual(durations, ['812 ms', '1.5 s', '1 min 1 s', '1 d 1 h'])
  })
})
