import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { HistoryEvent } from '../../support/history/events.ts'
import { violationLines } from '../../support/history/judge.ts'
import { simulateHistory } from './simulated-history.ts'
import type { SimulatedHistory } from './simulated-history.ts'

const seeds = Array.from({ length: 30 }, (_, i) => i + 1)

/** What must happen in some of the histories, or the rest proves nothing. */
function sights({ events, verdict }: SimulatedHistory): string[] {
  const seen: string[] = []
  const note = (what: string, isSeen: boolean): void => void (isSeen && seen.push(what))
  const invoked = new Map<string, HistoryEvent & { kind: 'invoke' }>()
  for (const event of events) {
    if (event.kind === 'invoke') {
      invoked.set(`${event.client} ${event.op}`, event)
      note(`a call: ${event.call.type}`, true)
      note(
        'an individual acknowledgement',
        event.call.type === 'ack' && isMode(event, 'individual'),
      )
      note('an acknowledgement of several', event.call.type === 'ack' && isMode(event, 'upTo'))
    } else if (event.kind === 'fail' || event.kind === 'unknown') {
      const call = invoked.get(`${event.client} ${event.op}`)?.call.type
      note(`${call} without success: ${event.kind}`, true)
    } else if (event.kind === 'receive') {
      note('a message through a subscription', event.subscription !== undefined)
      note('a message again', event.redelivered)
    }
  }
  note('a connection lost', verdict.counts.interruptions > 0)
  return seen
}

function isMode({ call }: HistoryEvent & { kind: 'invoke' }, mode: string): boolean {
  return call.type === 'ack' && call.mode === mode
}

const wanted = [
  ...['send', 'ack', 'commit', 'rollback', 'subscribe', 'unsubscribe', 'open', 'close'].map(
    (type) => `a call: ${type}`,
  ),
  'an individual acknowledgement',
  'an acknowledgement of several',
  'commit without success: fail',
  'ack without success: unknown',
  'close without success: unknown',
  'a message through a subscription',
  'a message again',
  'a connection lost',
]

describe('drawn populations of clients', () => {
  it('keep histories that every judge accepts, whatever happens to their connections', async () => {
    const seen = new Set<string>()
    for (const seed of seeds) {
      const history = await simulateHistory(seed, { isTroubled: true })
      const { surprises, drained, verdict, description } = history
      const told = `seed ${seed}: ${description}`
      assert.deepEqual(surprises, [], told)
      assert.deepEqual(drained?.unfinished, [], told)
      assert.deepEqual(violationLines(verdict), [], told)
      for (const sight of sights(history)) seen.add(sight)
    }
    const missing = wanted.filter((sight) => !seen.has(sight))
    assert.deepEqual(missing, [], 'never seen in any of these histories')
  })

  it('send 150 to 400 messages and a few more when nothing is in the way', async () => {
    let sent = 0
    for (let seed = 101; seed <= 108; seed++) {
      const { verdict, surprises } = await simulateHistory(seed, { isTroubled: false })
      assert.deepEqual(surprises, [])
      assert.deepEqual(violationLines(verdict), [])
      assert.ok(verdict.counts.sent >= 75, `seed ${seed}: ${verdict.counts.sent} messages`)
      assert.ok(verdict.counts.sent <= 900, `seed ${seed}: ${verdict.counts.sent} messages`)
      sent += verdict.counts.sent
    }
    assert.ok(sent / 8 > 130 && sent / 8 < 450, `${sent / 8} messages on average`)
  })

  it('depend on nothing but the seed', async () => {
    for (let seed = 7; seed <= 9; seed++) {
      const once = await simulateHistory(seed, { isTroubled: true })
      const again = await simulateHistory(seed, { isTroubled: true })
      assert.deepEqual(again.events, once.events)
    }
  })
})
