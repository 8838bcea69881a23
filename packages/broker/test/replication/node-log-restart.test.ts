import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerError } from '@quorate/core/base/errors'
import { NodeLog } from '../../src/replication/node-log.ts'
import type { Journal } from '../../src/store/journal/journal.ts'
import { EMPTY_LOG } from '../../src/store/journal/log-batch.ts'
import type { LogPoint } from '../../src/store/journal/log-batch.ts'

const origin: LogPoint = { ...EMPTY_LOG, index: 1000, epoch: 3, position: 50_000 }

function openable(): { readonly promise: Promise<void>; open(): void } {
  let open = (): void => undefined
  const promise = new Promise<void>((resolve) => (open = resolve))
  return { promise, open: () => open() }
}

/** A log whose journal begins at `origin` once `begin` was called, and holds nothing yet. */
function restartingLog() {
  const gate = openable()
  const errors: unknown[] = []
  const journal = {
    firstIndex: 1,
    restartAt: () => gate.promise,
    read: (from: number) => {
      if (from > origin.index) return Promise.resolve(null)
      return Promise.reject(new BrokerError('RESOURCE_LIMIT', `record ${from} is not kept`))
    },
  }
  const log = new NodeLog({
    journal: journal as unknown as Journal,
    segmentSizeBytes: 1 << 20,
    schedule: () => undefined,
    carried: () => assert.fail('nothing begins a segment'),
    onAppended: () => undefined,
    onCaughtUp: () => undefined,
    onError: (error) => errors.push(error),
  })
  return { log, errors, begin: () => gate.open() }
}

function stateMachineAt(appliedIndex: number) {
  return { appliedIndex, apply: () => undefined, encodeState: () => Buffer.alloc(0) }
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

describe('a log that starts over (R38)', () => {
  it('feeds no store that was opened for the old log while it starts over', async () => {
    const { log, errors, begin } = restartingLog()
    const restarting = log.restartAt(origin, () => undefined)
    log.feed(stateMachineAt(0), 0)
    begin()
    await restarting
    log.commit(origin.index)
    await turn()
    assert.deepEqual(errors, [])
  })

  it('feeds the one that is opened for the new log', async () => {
    const { log, errors, begin } = restartingLog()
    const restarted: boolean[] = []
    // As the broker does when it is told.
    const restarting = log.restartAt(origin, () => {
      restarted.push(log.isCaughtUp)
      log.feed(stateMachineAt(origin.index), origin.index)
    })
    log.feed(stateMachineAt(0), 0)
    begin()
    await restarting
    assert.deepEqual(restarted, [false])
    assert.equal(log.isCaughtUp, true)
    await turn()
    assert.deepEqual(errors, [])
  })
})
