import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { HoldersReport } from '../../src/inspection/segment-holders.ts'
import { findHolders } from '../../src/inspection/segment-holders.ts'
import { message, queue } from '../store/leveldb/index-fixture.ts'
import { InspectedLog } from './inspected-log.ts'
import type { Written } from './inspected-log.ts'

async function holdersOf(log: InspectedLog): Promise<HoldersReport> {
  return findHolders({ data: await log.open(), isRunning: false, powerLost: false })
}

function subscription(id: number, topic: number, name: string): Written {
  const rest = { clientId: 'desk', name, selector: '', noLocal: false }
  return { kind: 'subscription-added', id, topic, ...rest }
}

const BODY_BYTES = 500

function toLists(...lists: number[]): Written {
  return message(0, { lists, body: Buffer.alloc(BODY_BYTES) })
}

describe('what keeps a segment', () => {
  it('is the messages in it that still wait, by who has to get them', async () => {
    const log = new InspectedLog()
    const sent = Array.from({ length: 20 }, () => toLists(1))
    const sequences = Array.from({ length: 19 }, (_, i) => i + 1)
    await log.write([
      'epoch',
      queue(1, 'ORDERS'),
      ...sent,
      { kind: 'acknowledge', list: 1, sequences: sequences.filter((n) => n !== 3) },
    ])
    const { segments, appliedIndex } = await holdersOf(log)
    assert.equal(appliedIndex, 23)
    assert.deepEqual(
      segments.map(({ messages }) => messages),
      segments.map((_, at) => (at === 0 || at === segments.length - 1 ? 1 : 0)),
    )
    const [first] = segments
    assert.deepEqual(first?.holders, [{ name: 'queue://ORDERS', messages: 1, bytes: BODY_BYTES }])
    assert.equal(first?.livingShare, BODY_BYTES / (first?.bytes ?? 1))
    assert.equal(
      segments.reduce((sum, { bytes }) => sum + bytes, 0),
      (await log.verify()).tail.position,
    )
  })

  it('counts a message once, and names the three that hold most', async () => {
    const log = new InspectedLog(65_536)
    await log.write([
      'epoch',
      { kind: 'destination-added', id: 1, destination: { kind: 'topic', name: 'NEWS' } },
      ...[2, 3, 4, 5, 6].map((id) => subscription(id, 1, `s${id}`)),
      toLists(2, 3, 4, 5, 6),
      toLists(2, 3, 4),
      toLists(4),
    ])
    const [segment] = (await holdersOf(log)).segments
    assert.equal(segment?.messages, 3)
    assert.equal(segment?.livingBytes, 3 * BODY_BYTES)
    assert.deepEqual(
      segment?.holders.map(({ name, messages }) => [name, messages]),
      [
        ['durable desk:s4 of topic://NEWS', 3],
        ['durable desk:s2 of topic://NEWS', 2],
        ['durable desk:s3 of topic://NEWS', 2],
      ],
    )
    assert.equal(segment?.moreHolders, 2)
  })

  it('cannot be told of a log with a record that is no operation', async () => {
    const log = new InspectedLog(65_536)
    await log.write(['epoch', { type: 17, payload: Buffer.from('?') }])
    const message = /^record 2 is no operation/
    await assert.rejects(holdersOf(log), { code: 'JOURNAL_CORRUPT', message })
    const later = new InspectedLog(65_536)
    await later.write(['epoch', { type: 99, payload: Buffer.from('?') }])
    await assert.rejects(holdersOf(later), { code: 'UNSUPPORTED_FORMAT' })
  })

  it('cannot be told of a log that is damaged, and says where', async () => {
    const log = new InspectedLog()
    await log.fill()
    log.fileSystem.flip(log.pathOf(log.segments()[1] ?? ''), 0, 1)
    await assert.rejects(holdersOf(log), {
      code: 'JOURNAL_CORRUPT',
      message: /^journal\/[0-9a-f]{16}\.log at offset 0: .*see quorate journal verify$/,
    })
  })
})
