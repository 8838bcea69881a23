import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import picocolors from 'picocolors'
import { clusterTable } from '../../src/cli/cluster-table.ts'
import type { NodePicture } from '../../src/cli/cluster-picture.ts'
import { storeLines } from '../../src/cli/store-lines.ts'
import type { BrokerStatus, StoreStatus } from '../../src/management/broker-status.ts'
import { sampleStatus } from '../management/sample-status.ts'

const colors = picocolors.createColors(false)

function picture(store: Partial<StoreStatus> | null, more: Partial<BrokerStatus> = {}) {
  const usual = sampleStatus()
  const changed = store === null || usual.store === null ? null : { ...usual.store, ...store }
  const status = { ...usual, store: changed, ...more }
  return { nodeId: status.nodeId, consoleUrl: 'http://127.0.0.1:1', status, problem: null }
}

const full = {
  usedBytes: 3 * 1024 ** 3,
  limitBytes: 3 * 1024 ** 3,
  percentUsed: 100,
  freeBytes: 200 * 1024 ** 2,
  isShort: true,
}

const sampleFlow = {
  memoryUsedBytes: 0,
  memoryLimitBytes: 1,
  shortages: [],
  waitingSends: {},
  pausedConnections: 0,
  discardedMessages: 0,
  fullest: [],
}

describe('space of stores, for people', () => {
  it('stands in the table in percent of what the store may use', () => {
    const rows = (nodes: NodePicture[]): string =>
      clusterTable(nodes, { colors, columnsMax: Infinity }).join('\n')
    assert.match(rows([picture({ percentUsed: 42 })]), / 42% +4711/)
    assert.match(rows([picture(full)]), / 100% full +4711/)
    assert.match(rows([picture(null)]), / - +4711/)
  })

  it('is no topic while there is some', () => {
    assert.deepEqual(storeLines([picture({}), picture(null)]), [])
  })

  it('tells of a full store what is used, free and kept', () => {
    assert.deepEqual(storeLines([picture(full)]), [
      'node02: no space for new messages: 3.0 GB of log, limit 3.0 GB; 200.0 MB free, 256.0 MB are kept',
    ])
    assert.match(storeLines([picture({ ...full, freeBytes: null })])[0] ?? '', /limit 3.0 GB$/)
  })

  it('tells what of non-persistent messages is on the disk, and when that takes nothing', () => {
    const temporary = {
      usedBytes: 2 * 1024 ** 3,
      limitBytes: 50 * 1024 ** 3,
      percentUsed: 4,
      isFull: false,
      lostMessages: 0,
    }
    const lines = (more: Partial<typeof temporary>) => {
      const flow = { ...sampleFlow, temporary: { ...temporary, ...more } }
      return storeLines([picture({}, { flow })])
    }
    assert.deepEqual(lines({ usedBytes: 0 }), [])
    assert.deepEqual(lines({}), [
      'node02: non-persistent messages in the temporary store: 2.0 GB, limit 50.0 GB',
    ])
    assert.deepEqual(lines({ isFull: true, lostMessages: 7 }).slice(1), [
      'node02: the temporary store takes nothing, messages stay in memory',
      'node02: 7 non-persistent messages could not be read back',
    ])
  })

  it('tells when senders wait, and when it is for followers', () => {
    const [, own] = storeLines([picture({ ...full, blocksSenders: true })])
    assert.equal(own, 'node02: senders of persistent messages wait')
    const [others] = storeLines([picture({ blocksSenders: true })])
    assert.match(others ?? '', /messages wait, no quorum without followers that have no space$/)
  })
})
