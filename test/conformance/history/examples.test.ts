import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Call, HistoryEvent } from '../../support/history/events.ts'
import { judgeHistory, violationLines } from '../../support/history/judge.ts'

const QUEUE = 'queue://q'

/** A call of its client's next operation, `client type ...`, as the lines below write it. */
function callOf(type: string, client: string, words: readonly string[]): Call {
  const [what = '', tx] = words
  const within = tx === undefined ? {} : { tx }
  switch (type) {
    case 'send':
      return { type, message: what, destination: QUEUE, ...within }
    case 'commit':
    case 'rollback':
      return { type, tx: what }
    case 'ack': {
      const mode = tx === undefined ? 'individual' : 'transacted'
      return { type, mode, consumer: client, source: QUEUE, messages: [what], ...within }
    }
    case 'upTo':
      return { type: 'ack', mode: 'upTo', consumer: client, source: QUEUE, messages: [what] }
    default:
      throw new Error(`no such call: ${type}`)
  }
}

/**
 * Events a second apart. `p send p:1 [tx]`, `c ack p:1 [tx]`, `c upTo p:1`, `c commit tx`; then
 * `p ok`, `p fail`, `p unknown` end the client's last call. `c gets p:1 [redelivered]`, `c lost`,
 * `c back`; `b leads 2` is of a node and its epoch. Without a word of its own a history is drained
 * at its end.
 */
function history(...lines: readonly string[]): HistoryEvent[] {
  let op = 0
  const last = new Map<string, number>()
  const events = lines.map((line, index): HistoryEvent => {
    const atMs = index * 1000
    const [client = '', verb = '', ...words] = line.split(' ')
    const [message = '', flag] = words
    switch (verb) {
      case 'gets':
        return {
          kind: 'receive',
          atMs,
          client,
          consumer: client,
          message,
          destination: QUEUE,
          redelivered: flag === 'redelivered',
        }
      case 'lost':
        return { kind: 'interrupted', atMs, client }
      case 'leads':
        return { kind: 'elected', atMs, node: client, epoch: Number(message) }
      case 'back':
        return { kind: 'resumed', atMs, client }
      case 'ok':
      case 'fail':
      case 'unknown':
        return { kind: verb, atMs, client, op: last.get(client) ?? -1 }
      default:
        last.set(client, ++op)
        return { kind: 'invoke', atMs, client, op, call: callOf(verb, client, words) }
    }
  })
  return [...events, { kind: 'drained', atMs: lines.length * 1000 }]
}

function judge(...lines: readonly string[]): string[] {
  return violationLines(judgeHistory(history(...lines), { unavailableMs: Infinity }))
}

const sent = ['p send p:1', 'p ok']
const both = [...sent, 'p send p:2', 'p ok']

describe('the judgement of a queue', () => {
  it('counts what was sent, confirmed, unknown and received', () => {
    const lines = [...both, 'p send p:3', 'p unknown', 'p send p:4', 'p fail', 'p send p:5']
    const { counts } = judgeHistory(history(...lines, 'c gets p:1', 'd gets p:2'))
    const { sent: all, confirmed, unknown, received, redeliveries } = counts
    assert.deepEqual([all, confirmed, unknown, received, redeliveries], [5, 2, 2, 2, 0])
  })

  it('names a confirmed message that nobody received', () => {
    assert.deepEqual(judge(...both, 'c gets p:2'), [
      'C1: queue://q lost p:1: confirmed at 1000 ms, never received',
    ])
  })

  it('lets a message of unknown outcome be absent, or present', () => {
    assert.deepEqual(judge('p send p:1', 'p unknown'), [])
    assert.deepEqual(judge('p send p:1', 'p unknown', 'c gets p:1'), [])
    assert.deepEqual(judge('p send p:1', 'c gets p:1'), [])
  })

  it('does not let a failed send have an effect', () => {
    assert.deepEqual(judge('p send p:1', 'p fail', 'c gets p:1'), [
      'C2: c received p:1 from queue://q though its send had failed',
    ])
  })

  it('accepts a second receipt that is flagged after a lost connection', () => {
    assert.deepEqual(judge(...sent, 'c gets p:1', 'c lost', 'd gets p:1 redelivered'), [])
  })

  it('does not take the loss of another connection for a reason', () => {
    assert.deepEqual(judge(...sent, 'c gets p:1', 'e lost', 'd gets p:1 redelivered'), [
      'C2: d received p:1 from queue://q again (receipt 2): ' +
        'only 0 of 1 deliveries before it had ended unacknowledged',
    ])
  })

  it('accepts that a delivery just before a lost connection is told after the redelivery', () => {
    const lines = [...sent, 'd gets p:1 redelivered', 'c lost', 'c gets p:1']
    assert.deepEqual(judge(...lines), [])
    assert.deepEqual(judge(...lines, 'c gets p:1'), [
      'C2: c received p:1 from queue://q again (receipt 3): ' +
        'neither is flagged as redelivered, as if it were stored twice',
    ])
  })

  it('gives clients time to notice a takeover, and that alone', () => {
    const begin = [...sent, 'c gets p:1', 'b1 leads 1']
    const late = ['d gets p:1 redelivered', 'c lost']
    const takeoverNoticeMs = 1500
    const judged = (...lines: readonly string[]): number => {
      const limits = { noticeMs: 0, takeoverNoticeMs, unavailableMs: Infinity }
      return judgeHistory(history(...lines), limits).violations.length
    }
    assert.equal(judged(...begin, 'b2 leads 2', ...late), 0)
    // The first leader deposes nobody.
    assert.equal(judged(...begin, ...late), 1)
    // A connection to the new leader.
    assert.equal(
      judged(...sent, 'b1 leads 1', 'b2 leads 2', 'c lost', 'c back', 'c gets p:1', ...late),
      1,
    )
    // Too late.
    assert.equal(judged(...begin, 'b2 leads 2', 'd gets p:1 redelivered', 'e lost', 'c lost'), 1)
  })

  it('explains one receipt by one lost connection, and not two', () => {
    const lines = [...sent, 'c gets p:1', 'c lost', 'c back', 'c gets p:1 redelivered']
    assert.deepEqual(judge(...lines), [])
    assert.equal(judge(...lines, 'c gets p:1 redelivered').length, 1)
  })

  it('does not accept two copies of a send that was repeated over a new connection', () => {
    const lines = ['p send p:1', 'p lost', 'p back', 'p ok', 'c gets p:1']
    assert.deepEqual(judge(...lines), [])
    assert.equal(judge(...lines, 'd gets p:1').length, 1)
  })

  it('wants first deliveries in order, one consumer at a time', () => {
    assert.deepEqual(judge(...both, 'c gets p:2', 'c gets p:1'), [
      'C3: c saw p:1 of queue://q after p:2',
    ])
    assert.deepEqual(judge(...both, 'c gets p:2', 'd gets p:1'), [])
    assert.deepEqual(judge(...both, 'c gets p:2', 'c gets p:1 redelivered'), [])
  })
})

describe('the judgement of acknowledgements', () => {
  const acked = [...sent, 'c gets p:1', 'c ack p:1', 'c ok']

  it('never lets a message come back once its acknowledgement is confirmed', () => {
    assert.deepEqual(judge(...acked, 'c lost', 'c back', 'c gets p:1 redelivered'), [
      'C4: c received p:1 from queue://q, acknowledged by c at 4000 ms',
    ])
  })

  it('lets a message come back whose acknowledgement was not answered', () => {
    const lines = [...sent, 'c gets p:1', 'c ack p:1', 'c lost', 'c unknown', 'c back']
    assert.deepEqual(judge(...lines, 'c gets p:1 redelivered'), [])
    assert.deepEqual(judge(...lines), [])
  })

  it('lets one come back that was acknowledged over another connection than it came', () => {
    const lines = [...sent, 'c gets p:1', 'c lost', 'c back', 'c ack p:1', 'c ok']
    assert.deepEqual(judge(...lines, 'c gets p:1 redelivered'), [])
  })

  it('covers with one acknowledgement all that came before on the connection', () => {
    const lines = [...both, 'c gets p:1', 'c gets p:2', 'c upTo p:2', 'c ok', 'c lost', 'c back']
    assert.deepEqual(judge(...lines, 'd gets p:1 redelivered'), [
      'C4: d received p:1 from queue://q, acknowledged by c at 7000 ms',
    ])
  })

  it('pardons who tells late what was under way before the acknowledged delivery', () => {
    const flagged = ['c gets p:1 redelivered', 'c ack p:1', 'c ok']
    assert.deepEqual(judge(...sent, ...flagged, 'd lost', 'd gets p:1'), [])
    // Its connection is younger than the delivery that was acknowledged.
    assert.equal(judge(...sent, ...flagged, 'd lost', 'd back', 'd gets p:1').length, 2)
    // Nobody had been given it before.
    assert.equal(judge(...acked, 'd lost', 'd gets p:1 redelivered').length, 2)
  })

  it('wants back what a lost connection took away, of those who tell their acknowledgements', () => {
    const lines = [...both, 'c gets p:1', 'c ack p:1', 'c ok', 'c gets p:2', 'c lost']
    assert.deepEqual(judge(...lines), [
      'C1: queue://q lost p:2: confirmed at 3000 ms, ' +
        'its last receiver c went without acknowledgement',
    ])
    assert.deepEqual(judge(...lines, 'd gets p:2 redelivered'), [])
  })
})

describe('the judgement of transactions', () => {
  const work = [...sent, 'c gets p:1', 'c ack p:1 t', 'c ok', 'c send c:1 t', 'c ok', 'c commit t']

  it('accepts a transaction of unknown commit that happened wholly or not at all', () => {
    const unknown = [...work, 'c unknown', 'c lost', 'c back']
    assert.deepEqual(judge(...unknown, 'd gets c:1'), [])
    assert.deepEqual(judge(...unknown, 'd gets p:1 redelivered'), [])
  })

  it('accepts no half of it', () => {
    const unknown = [...work, 'c unknown', 'c lost', 'c back']
    assert.deepEqual(judge(...unknown, 'd gets c:1', 'd gets p:1 redelivered'), [
      'C5: transaction t is split: c:1 came from queue://q, but p:1 came back',
    ])
    assert.deepEqual(judge(...unknown), [
      'C5: transaction t is split: p:1 did not come back, but c:1 never came from queue://q',
    ])
  })

  it('takes a failed commit for a rollback', () => {
    assert.deepEqual(judge(...work, 'c fail', 'd gets p:1 redelivered'), [])
    assert.deepEqual(judge(...work, 'c fail', 'd gets p:1 redelivered', 'd gets c:1'), [
      'C5: transaction t was rolled back, but c:1 came from queue://q',
    ])
  })

  it('lets a consumer take out of its own memory what was rolled back', () => {
    const refused = [...sent, 'c gets p:1', 'c ack p:1 t', 'c ok', 'c commit t', 'c fail']
    const again = ['c ack p:1 u', 'c ok', 'c commit u', 'c ok']
    assert.equal(judge(...refused).length, 1)
    assert.deepEqual(judge(...refused, ...again), [])
    // Nobody has it, though both were rolled back.
    const twice = [...refused, 'c ack p:1 u', 'c ok', 'c commit u', 'c fail']
    assert.deepEqual(judge(...twice), [
      'C5: transaction t was rolled back, but p:1 did not come back',
      'C5: transaction u was rolled back, but p:1 did not come back',
    ])
    // Nor is it excused by an acknowledgement that was refused, in a transaction or in none.
    const missing = ['C5: transaction t was rolled back, but p:1 did not come back']
    assert.deepEqual(judge(...refused, 'c ack p:1', 'c fail'), missing)
    const within = ['c ack p:1 u', 'c fail', 'c commit u', 'c ok']
    assert.deepEqual(judge(...refused, ...within), missing)
    assert.ok(
      judge(...refused, ...again, 'd gets p:1 redelivered').includes(
        'C4: d received p:1 from queue://q, acknowledged by c at 10000 ms',
      ),
    )
  })

  it('finds a message that is seen though nobody ended its transaction', () => {
    assert.deepEqual(judge('c send c:1 t', 'c ok', 'd gets c:1'), [
      'C5: transaction t was not to be seen, but d received c:1 before any commit',
    ])
  })
})

describe('the judgement of availability', () => {
  const kill = { fault: 'kill', targets: ['b1'] }
  const send: Call = { type: 'send', message: 'p:1', destination: QUEUE }
  const begun: HistoryEvent = { kind: 'invoke', atMs: 2000, client: 'p', op: 1, call: send }

  function longest(events: readonly HistoryEvent[]): number {
    return judgeHistory(events).counts.longestUnavailableMs
  }

  it('counts from the heal, while somebody waits', () => {
    const events: HistoryEvent[] = [
      { kind: 'faultBegins', atMs: 1000, ...kill },
      begun,
      { kind: 'faultEnds', atMs: 60_000, ...kill },
      { kind: 'ok', atMs: 63_000, client: 'p', op: 1 },
    ]
    assert.equal(longest(events), 3000)
    assert.equal(longest([...events, { kind: 'drained', atMs: 90_000 }]), 3000)
  })

  it('goes on through errors, and ends with the history at the latest', () => {
    const again: HistoryEvent = { ...begun, atMs: 4000, op: 2 }
    const events: HistoryEvent[] = [
      begun,
      { kind: 'unknown', atMs: 4000, client: 'p', op: 1 },
      again,
      { kind: 'drained', atMs: 12_000 },
    ]
    assert.equal(longest(events), 10_000)
    const lines = violationLines(judgeHistory(events))
    assert.equal(
      lines.at(-1),
      'C10: no send was confirmed for 10000 ms from 2000 ms on, with no fault',
    )
  })
})
