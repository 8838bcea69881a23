import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { join } from 'node:path'
import { Findings } from '../../src/inspection/findings.ts'
import type { DumpedRecord } from '../../src/inspection/dump-journal.ts'
import { dumpJournal } from '../../src/inspection/dump-journal.ts'
import { ListNames } from '../../src/inspection/list-names.ts'
import { summarizeOp } from '../../src/inspection/op-summary.ts'
import { compareReplicas } from '../../src/inspection/replica-comparison.ts'
import { findHolders } from '../../src/inspection/segment-holders.ts'
import { verifyJournal } from '../../src/inspection/verify-journal.ts'
import type { VerifyReport } from '../../src/inspection/verify-journal.ts'
import { encodeCarriedState } from '../../src/replication/carried-state.ts'
import { freshMeta } from '../../src/replication/meta.ts'
import type { BatchBuilder } from '../../src/store/journal/log-batch.ts'
import { segmentFileName } from '../../src/store/journal/segment.ts'
import type { LogOp } from '../../src/store/log-op.ts'
import { MemoryStore } from '../../src/store/memory/memory-store.ts'
import { encodeOp } from '../../src/store/op-codec.ts'
import { SEGMENT_STATE, encodeSegmentState } from '../../src/store/segment-state.ts'
import { message, queue } from '../store/leveldb/index-fixture.ts'
import { InspectedLog } from './inspected-log.ts'

const config = { version: 1, seats: [{ nodeId: 'node01', storeUuid: 'store-1' }, null, null] }
const quiet = { isRunning: false, powerLost: false }
const body = Buffer.alloc(100, 'body')

type Written = LogOp | 'segment'

/**
 * Records 1 to 3, 4 to 7, 8 to 9: three segments, of which the last one copies out of the first.
 */
const operations: readonly Written[] = [
  queue(1, 'ORDERS'),
  { kind: 'producer', id: 1, name: 'ID:host-1:1' },
  message(1, { body }),
  'segment',
  message(1, { body, producer: 1, producerSequence: 7 }),
  message(1, { body }),
  { kind: 'acknowledge', list: 1, sequences: [2] },
  'segment',
  copies(1, 3),
  { kind: 'log-start', index: 8 },
]

function copies(...sequences: number[]): LogOp {
  const rest = { lists: [{ list: 1, redeliveries: 0 }], priority: 4, expirationMs: 0, body }
  return { kind: 'copies', messages: sequences.map((sequence) => ({ sequence, ...rest })) }
}

/** A log as a leader compacts it; with `releasedBefore`, its replica has dropped what it may. */
async function compacted(releasedBefore = 0, written = operations): Promise<InspectedLog> {
  const log = new InspectedLog(65_536)
  const { journal } = await log.fixture.open()
  const store = new MemoryStore()
  const builder: BatchBuilder = log.fixture.builder(journal, 1)
  for (const each of written) {
    if (each === 'segment') {
      builder.startSegment()
      const replication = encodeCarriedState({ config, losses: [] })
      const state = encodeSegmentState({ replication, fold: store.encodeState() })
      builder.add(SEGMENT_STATE, state)
    } else {
      const { type, chunks } = encodeOp(each)
      builder.add(type, chunks)
    }
    const batch = builder.take()
    journal.append(batch)
    store.apply(batch, batch.lastIndex)
  }
  await journal.sync()
  if (releasedBefore > 0) await journal.releaseBefore(releasedBefore)
  await journal.close({ clean: true })
  return log
}

async function dumped(log: InspectedLog, from = 1): Promise<DumpedRecord[]> {
  const records: DumpedRecord[] = []
  const range = { from, to: Infinity, limit: Infinity, bodies: false, names: false }
  const request = { ...range, ...quiet, data: await log.open(), findings: new Findings() }
  await dumpJournal(request, (record) => records.push(record))
  return records
}

describe('a log that was compacted', () => {
  it('is good from wherever it begins', async () => {
    for (const [released, origin] of [
      [0, 0],
      [4, 3],
      [8, 7],
    ] as const) {
      const report = await (await compacted(released)).verify()
      assert.deepEqual([report.damages, report.origin.index], [0, origin])
      assert.deepEqual([report.tail.index, report.understood], [10, 10 - origin])
    }
  })

  it('lacks its first segment where the meta file says so, without a checkpoint too', async () => {
    const log = await compacted(4)
    const data = await log.open()
    const gone = { state: 'absent', value: null, problem: null } as const
    const value = freshMeta({ brokerName: 'b', nodeId: 'node01', storeUuid: 'u', sync: 'disk' })
    const logStart = data.checkpoint.value?.origin ?? null
    const meta = { state: 'valid', value: { ...value, logStart }, problem: null } as const
    const verified = (files: typeof data.files): Promise<VerifyReport> =>
      verifyJournal({ ...quiet, data: { ...data, files, checkpoint: gone, meta } })
    assert.equal((await verified(data.files)).damages, 0)
    const report = await verified(data.files.slice(1))
    const [finding] = report.findings.filter(({ kind }) => kind === 'missing-segment')
    assert.equal(finding?.file, join('journal', segmentFileName(logStart?.position ?? 0)))
    assert.match(finding.message, /^missing: no file holds the \d+ bytes from .*, records 4 to 7$/)
  })

  it('is the same as that of a replica that begins elsewhere', async () => {
    const [whole, later] = [await compacted(), await compacted(8)]
    for (const [a, b] of [
      [whole, later],
      [later, whole],
    ] as const) {
      const comparison = await compareReplicas(
        { data: await a.open(), report: await a.verify() },
        { data: await b.open(), report: await b.verify() },
      )
      assert.deepEqual([comparison.equalThrough, comparison.isDamage], [10, false])
      assert.match(comparison.message, /^the same up to record 10/)
    }
  })

  it('is dumped with the names that a segment begins with', async () => {
    const inWords = [
      'a segment begins: configuration 1: node01, vacant, vacant, 1 destinations, 1 producers, ' +
        'the next message is 2',
      'store 100 bytes to queue://ORDERS, from ID:host-1:1 #7',
      'store 100 bytes to queue://ORDERS',
      'acknowledge message 2 of queue://ORDERS',
      'a segment begins: configuration 1: node01, vacant, vacant, 1 destinations, 1 producers, ' +
        'the next message is 4',
      'copy 2 messages (1 to 3) of queue://ORDERS out of older segments, 200 bytes',
      'nothing before record 8 is needed any more',
    ]
    const words = (records: DumpedRecord[]) => records.map((record) => record.words)
    assert.deepEqual(words(await dumped(await compacted(4))), inWords)
    assert.deepEqual(words(await dumped(await compacted(), 4)), inWords, 'from there on')
    const [, copies, start] = await dumped(await compacted(8))
    assert.deepEqual([copies?.type, start?.type], ['copies', 'log-start'])
    assert.deepEqual(copies?.operation?.messages, { count: 2, first: 1, last: 3 })
  })

  it('says so when all was consumed before it was copied', () => {
    const nothing = summarizeOp(
      { kind: 'copies', messages: [] },
      { names: new ListNames(), bodies: false },
    )
    assert.equal(nothing.words, 'copy no message out of older segments, 0 bytes')
    assert.equal(JSON.stringify(nothing.messages), '{"count":0}')
  })

  it('is held where the messages lie now, and tells which segments are on their way out', async () => {
    const whole = await findHolders({ ...quiet, data: await (await compacted()).open() })
    const facts = whole.segments.map(({ messages, isReleased }) => [messages, isReleased])
    assert.deepEqual(facts, [
      [0, true],
      [0, true],
      [2, false],
    ])
    assert.equal(whole.logStart, 8)
    const later = await findHolders({ ...quiet, data: await (await compacted(8)).open() })
    assert.deepEqual(later.segments, whole.segments.slice(2))
    const holder = { name: 'queue://ORDERS', messages: 2, bytes: 200 }
    assert.deepEqual(later.segments[0]?.holders, [holder])
  })

  it('is held where a message was stored too, when older ones of its list were copied ahead', async () => {
    const log = await compacted(0, [
      queue(1, 'ORDERS'),
      message(1, { body }),
      message(1, { body }),
      'segment',
      message(1, { body }),
      message(1, { body: Buffer.alloc(0) }),
      'segment',
      copies(1, 2),
      'segment',
      message(1, { body: Buffer.alloc(0) }),
      'segment',
      message(1, { body }),
    ])
    const { segments } = await findHolders({ ...quiet, data: await log.open() })
    const held = segments.map(({ holders }) =>
      holders.map(({ messages, bytes }) => [messages, bytes]),
    )
    assert.deepEqual(held, [[], [[2, 100]], [[2, 200]], [[1, 0]], [[1, 100]]])
  })
})
