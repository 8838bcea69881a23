import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeCanonical } from '@quorate/core/openwire/canonical-message'
import { create } from '@quorate/core/openwire/commands'
import { BatchBuilder, EMPTY_LOG } from '@quorate/broker/store/journal/log-batch'
import type { LogBatch } from '@quorate/broker/store/journal/log-batch'
import type { LogOp } from '@quorate/broker/store/log-op'
import { encodeOp } from '@quorate/broker/store/op-codec'
import type { HistoryEvent } from '../support/history/events.ts'
import { encodePayload } from './clients/payload.ts'
import { objections } from './judge.ts'
import { WrittenOff } from './world/written-off.ts'

const QUEUE = 'queue://orders'
const SUBSCRIPTION = 'reader/watch'
/** Their numbers in the log. */
const [orders, prices, watch] = [1, 2, 3] as const

function message(name: string, list: number = orders): LogOp & { kind: 'message' } {
  const content = encodePayload(name, 10)
  const body = encodeCanonical(create('ActiveMQBytesMessage', { content }))
  const counts = { producer: 0, producerSequence: 0, priority: 4, expirationMs: 0, redeliveries: 0 }
  return { kind: 'message', lists: [list], ...counts, body }
}

function acknowledge(...sequences: number[]): LogOp & { kind: 'acknowledge' } {
  return { kind: 'acknowledge', list: orders, sequences }
}

/** Records of one operation each, behind the two that make the destinations. */
function recordsOf(ops: readonly LogOp[]): LogBatch[] {
  const queue = { kind: 'queue', name: 'orders' } as const
  const topic = { kind: 'topic', name: 'prices' } as const
  const all: LogOp[] = [
    { kind: 'destination-added', id: orders, destination: queue },
    { kind: 'destination-added', id: prices, destination: topic },
    ...ops,
  ]
  return all.map((op, i) => {
    const tail = { ...EMPTY_LOG, index: i }
    const builder = new BatchBuilder({ tail, epoch: 1, segmentStart: 0, segmentSizeBytes: 1 << 20 })
    const { type, chunks } = encodeOp(op)
    builder.add(type, chunks)
    return builder.take()
  })
}

/** All were committed, and the last so many were lost. */
function lost(ops: readonly LogOp[], lastRecords: number): WrittenOff {
  const writtenOff = new WrittenOff()
  const records = recordsOf(ops)
  for (const [i, record] of records.entries()) writtenOff.committed(i + 1, record)
  writtenOff.lost(records.length - lastRecords + 1)
  return writtenOff
}

/** `sends p:1` and `gets p:1`, `acks p:1`, each confirmed at once; drained in the end. */
function history(...lines: readonly string[]): HistoryEvent[] {
  const who = { client: 'c', atMs: 0 }
  const consumer = 'c/1'
  const events = lines.flatMap((line, op): HistoryEvent[] => {
    const [verb, name = ''] = line.split(' ')
    if (verb === 'gets') {
      const what = { message: name, destination: QUEUE, redelivered: false }
      return [{ kind: 'receive', ...who, consumer, ...what }]
    }
    const call =
      verb === 'sends'
        ? ({ type: 'send', message: name, destination: QUEUE } as const)
        : ({ type: 'ack', mode: 'individual', consumer, source: QUEUE, messages: [name] } as const)
    return [
      { kind: 'invoke', ...who, op, call },
      { kind: 'ok', ...who, op },
    ]
  })
  return [...events, { kind: 'drained', atMs: 0 }]
}

describe('the judge of a history with reported losses', () => {
  const ops = [message('p:1'), message('p:2'), message('p:3')]

  it('excuses what the lost records stored, and nothing else', () => {
    const nobodyGotAnything = history('sends p:1', 'sends p:2', 'sends p:3')
    const missing = (writtenOff: WrittenOff): string[] =>
      objections(nobodyGotAnything, writtenOff).map((line) => /p:\d/.exec(line)?.[0] ?? line)
    assert.deepEqual(missing(new WrittenOff()), ['p:1', 'p:2', 'p:3'])
    assert.deepEqual(missing(lost(ops, 1)), ['p:1', 'p:2'])
    assert.deepEqual(missing(lost(ops, 2)), ['p:1'])
    assert.deepEqual(missing(lost([...ops, acknowledge(2)], 1)), ['p:1', 'p:3'])
  })

  it('lets come back what a lost record acknowledged, and nothing else', () => {
    const back = (name: string): HistoryEvent[] =>
      history('sends p:1', 'sends p:2', ...both, 'acks p:1', 'acks p:2', `gets ${name}`)
    const both = ['gets p:1', 'gets p:2']
    const acked = [message('p:1'), message('p:2'), acknowledge(1), acknowledge(2)]
    assert.ok(objections(back('p:2'), lost(acked, 0)).length > 0)
    assert.deepEqual(objections(back('p:2'), lost(acked, 1)), [])
    assert.ok(objections(back('p:1'), lost(acked, 1)).length > 0)
  })

  it('looks into transactions', () => {
    const inside: LogOp = { kind: 'transaction', id: 't', ops: [acknowledge(1), message('p:4')] }
    const writtenOff = lost([...ops, inside], 1)
    const touched = ['p:1', 'p:2', 'p:3', 'p:4'].filter((name) =>
      writtenOff.touches({ source: QUEUE, message: name }),
    )
    assert.deepEqual(touched, ['p:1', 'p:4'])
    assert.ok(!writtenOff.touches({ source: SUBSCRIPTION, message: 'p:1' }))
  })

  it('knows messages by what is in front of the loss, after one loss as after another', () => {
    const writtenOff = lost(ops, 2)
    // The numbers are given again: the second message is another one now.
    const again = recordsOf([message('p:1'), message('p:9'), acknowledge(2)])
    for (const index of [4, 5]) writtenOff.committed(index, again[index - 1] as LogBatch)
    writtenOff.lost(5)
    assert.ok(writtenOff.touches({ source: QUEUE, message: 'p:9' }))
    assert.ok(!writtenOff.touches({ source: QUEUE, message: 'p:1' }))
  })

  it('gives up a subscription that was lost, with all that it had', () => {
    const description = { clientId: 'reader', name: 'watch', selector: '', noLocal: false }
    const added: LogOp = { kind: 'subscription-added', id: watch, topic: prices, ...description }
    const removed: LogOp = { kind: 'subscription-removed', id: watch }
    const one = { source: SUBSCRIPTION, message: 'p:7' }
    assert.ok(lost([added], 1).touches(one))
    assert.ok(lost([added, removed], 1).touches(one))
    assert.ok(!lost([added, message('p:8', watch)], 1).touches(one))
  })

  it('excuses no missing leader, no wait and no wrong count', () => {
    const elected = { kind: 'elected', atMs: 0, epoch: 1 } as const
    const count = { redeliveries: 3, isInherited: false, client: 'c', consumer: 'c/1' }
    const dispatched = { kind: 'dispatched', atMs: 0, node: 'n1', epoch: 1, ...count } as const
    const call = { type: 'send', message: 'p:1', destination: QUEUE } as const
    const events: HistoryEvent[] = [
      { ...elected, node: 'n1' },
      { ...elected, node: 'n2' },
      { ...dispatched, message: 'p:3', destination: QUEUE },
      { kind: 'invoke', atMs: 0, client: 'p', op: 1, call },
      { kind: 'drained', atMs: 60_000 },
    ]
    const checks = objections(events, lost(ops, 3)).map((line) => line.split(':')[0])
    assert.deepEqual(checks, ['C9', 'C10', 'C12'])
  })
})
