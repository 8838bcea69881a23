import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { CellResult, FaultMark, MatrixResult } from '../cell-result.ts'
import { effectOf } from './fault-effect.ts'
import { renderHtml } from './html-report.ts'
import { silencesOf } from './silences.ts'
import { syntheticCell, syntheticMatrix } from './synthetic-cell.ts'
import { renderText } from './text-report.ts'
import { pointsOf } from './throughput-curve.ts'
import { TimeScale, plotLeft, plotRight } from './time-scale.ts'
import { writeReport } from './write-report.ts'

const hostile = `<script>alert("x")</script> & 'y'`

/** Every tag that is opened is closed: good enough for markup that one template makes. */
function assertBalanced(html: string): void {
  const open: string[] = []
  const empty = new Set(['meta', '!doctype'])
  for (const [, closes, name = '', selfCloses] of html.matchAll(
    /<(\/?)([a-z!][a-z0-9]*)(?:"[^"]*"|[^">])*?(\/?)>/gi,
  )) {
    if (empty.has(name.toLowerCase()) || selfCloses === '/') continue
    if (closes !== '/') open.push(name)
    else assert.equal(open.pop(), name, `</${name}>`)
  }
  assert.deepEqual(open, [])
}

function skippedCell(): CellResult {
  return {
    ...syntheticCell(),
    outcome: 'skipped',
    reason: 'needs root',
    durationMs: 0,
    timeline: { phases: [], faults: [], leaders: [], throughput: [] },
    counts: {},
    unavailability: [],
    logComparison: { outcome: 'not compared', message: '', positions: {} },
    files: [],
  }
}

describe('the report as a page', () => {
  it('is whole markup without anything from elsewhere', () => {
    const html = renderHtml(syntheticMatrix())
    assertBalanced(html)
    assert.doesNotMatch(html, /https?:|<link|<script|<img|@import|url\(/)
    assert.doesNotMatch(html, /NaN|Infinity|undefined|\[object/)
  })

  it('escapes whatever a result says', () => {
    const cell: CellResult = {
      ...syntheticCell(),
      name: hostile,
      workload: hostile,
      fault: hostile,
      workloadDescription: hostile,
      reason: hostile,
      violations: [{ check: hostile, message: hostile, atMs: 12 }],
      counts: { [hostile]: 1 },
      files: [hostile],
    }
    const html = renderHtml(syntheticMatrix([cell]))
    assert.doesNotMatch(html, /<script/)
    assert.match(html, /&lt;script&gt;alert\(&quot;x&quot;\)&lt;\/script&gt; &amp; &#39;y&#39;/)
    assertBalanced(html)
  })

  it('says in words what the picture shows', () => {
    const html = renderHtml(syntheticMatrix())
    assert.match(html, /<desc [^>]*>Round 1: b1 \(leader\) killed at 5\.0 s, healed at 9\.0 s\./)
    assert.match(html, /b2 led epoch 4 6\.1 s-20\.0 s\./)
    assert.match(html, /<b>C1<\/b> queue:\/\/orders lost 0:7 \(at 7\.00 s\)/)
  })

  it('has a field for every workload under every fault, also for those that did not run', () => {
    const other = { ...syntheticCell(), name: 'c', workload: 'transacted', fault: 'pause-leader' }
    const html = renderHtml(syntheticMatrix([syntheticCell(), other]))
    assert.equal([...html.matchAll(/<td class="(violated|absent)">/g)].length, 4)
    assert.match(html, /not run/)
  })

  it('shows what there is of an empty matrix, and of cells that never ran', () => {
    for (const cells of [[], [skippedCell()]]) {
      const html = renderHtml(syntheticMatrix(cells))
      assertBalanced(html)
      assert.doesNotMatch(html, /NaN|Infinity|undefined/)
    }
    assert.match(renderHtml(syntheticMatrix([skippedCell()])), /needs root/)
  })

  it('stays small when a cell is huge', () => {
    const { timeline } = syntheticCell()
    const hour = 3_600_000
    const cell: CellResult = {
      ...syntheticCell(),
      durationMs: hour,
      timeline: {
        ...timeline,
        throughput: Array.from({ length: hour / 100 }, (_, at) => ({
          atMs: at * 100,
          confirmed: at % 40,
          received: at % 37,
          failed: 0,
        })),
      },
      violations: Array.from({ length: 100_000 }, (_, at) => ({
        check: 'C2',
        message: `message ${at}`,
        atMs: at * 36,
      })),
    }
    const html = renderHtml(syntheticMatrix([cell]))
    assert(html.length < 100_000, `${html.length} characters`)
    assert.match(html, /and 99950 more/)
    assertBalanced(html)
  })
})

describe('the report as text', () => {
  it('is a table of the cells, with what went wrong below it', () => {
    const text = renderText(syntheticMatrix())
    assert.equal(
      text,
      [
        'build 0.1.0, sync quorum_disk, 2026-11-22T00:00:00.000Z',
        '',
        'cell                                verdict   confirmed  lost  redelivered  doubled  after strike  after heal',
        '----------------------------------  --------  ---------  ----  -----------  -------  ------------  ----------',
        'queue-point-to-point x kill-leader  violated        900     1            4        0        1.20 s      0.31 s',
        '',
        'queue-point-to-point x kill-leader',
        '  C1 queue://orders lost 0:7',
        '',
        '1 cells in 21.0 s: 0 passed, 1 violated, 0 broken, 0 skipped',
        '',
      ].join('\n'),
    )
  })

  it('keeps the cursor of a terminal where it is, and lines short', () => {
    const message = `\u001b[2J\n${'x'.repeat(1000)}`
    const cell = { ...syntheticCell(), violations: [{ check: 'C1', message }] }
    const text = renderText(syntheticMatrix([cell]))
    assert(!text.includes('\u001b'))
    assert(text.split('\n').every((line) => line.length < 250))
  })

  it('has words for a service that did not come back', () => {
    const unavailability = syntheticCell().unavailability.map((each) => ({
      ...each,
      unavailableMs: null,
    }))
    const cell = { ...syntheticCell(), unavailability }
    assert.match(renderText(syntheticMatrix([cell])), / till heal +never$/m)
  })
})

describe('the parts of a picture', () => {
  it('keeps all times within the plot, with ticks one can read', () => {
    for (const durationMs of [0, 1, 900, 21_000, 3_600_000, 86_400_000]) {
      const scale = new TimeScale(durationMs)
      assert.equal(scale.x(-5), plotLeft)
      assert.equal(scale.x(durationMs * 2 + 5), plotRight)
      assert(scale.ticks.length <= 26, `${scale.ticks.length} ticks`)
    }
  })

  it('finds stretches without a confirmation while clients send, and none while they drain', () => {
    const [silence, ...others] = silencesOf(syntheticCell())
    assert.deepEqual(silence, { fromMs: 5000, toMs: 6200 })
    assert.deepEqual(others, [])
  })

  it('counts every confirmation, however wide its points are', () => {
    const bins = Array.from({ length: 1000 }, (_, at) => ({
      atMs: at * 100,
      confirmed: 3,
      received: 2,
      failed: 0,
    }))
    const points = pointsOf(bins, 100_000)
    assert(points.length <= 300)
    assert(points.every(({ confirmed, received }) => confirmed === 30 && received === 20))
  })

  it('reads from the words of a fault what became of the node', () => {
    const mark = (what: string): FaultMark => ({ ...faultMark, fault: 'f', what })
    assert.equal(effectOf(mark('b1 (leader) killed')), 'down')
    assert.equal(effectOf(mark('b1 (leader) paused for 12 s')), 'paused')
    assert.equal(effectOf(mark('b1 (leader) hears no broker')), 'cut')
    assert.equal(effectOf(mark('wall clock of b1 moved by 5 h')), 'struck')
  })

  const faultMark: FaultMark = {
    fault: 'kill-leader',
    round: 1,
    strikeMs: 0,
    healMs: 1,
    healedMs: 2,
    what: '',
    targets: ['b1'],
  }
})

describe('a written report', () => {
  it('lies beside the result in both forms', () => {
    const directory = mkdtempSync(join(tmpdir(), 'quorate-report-'))
    try {
      const result: MatrixResult = syntheticMatrix()
      const text = writeReport(directory, result)
      assert.equal(readFileSync(join(directory, 'report.txt'), 'utf8'), text)
      assert.equal(readFileSync(join(directory, 'report.html'), 'utf8'), renderHtml(result))
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
