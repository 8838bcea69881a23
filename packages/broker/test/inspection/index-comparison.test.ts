import assert from 'node:assert/strict'
import { join } from 'node:path'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { ManualClock } from '@quorate/core/base/manual-clock'
import { silentLog } from '@quorate/core/base/log'
import { openDataDirectory } from '../../src/inspection/data-directory.ts'
import type { IndexComparison } from '../../src/inspection/index-comparison.ts'
import { compareIndex } from '../../src/inspection/index-comparison.ts'
import { Journal } from '../../src/store/journal/journal.ts'
import type { LogBatch } from '../../src/store/journal/log-batch.ts'
import { BatchBuilder, EMPTY_LOG } from '../../src/store/journal/log-batch.ts'
import { nodeFileSystem } from '../../src/store/journal/node-file-system.ts'
import type { LogOp } from '../../src/store/log-op.ts'
import { encodeOp } from '../../src/store/op-codec.ts'
import { MemoryLog } from '../../src/store/memory/memory-log.ts'
import { message, openIndex, queue, withDirectory } from '../store/leveldb/index-fixture.ts'

const SEGMENT_BYTES = 65_536

function batchOf(ops: readonly LogOp[]): LogBatch {
  const builder = new BatchBuilder({
    tail: EMPTY_LOG,
    epoch: 1,
    segmentStart: null,
    segmentSizeBytes: SEGMENT_BYTES,
  })
  for (const op of ops) {
    const { type, chunks } = encodeOp(op)
    builder.add(type, chunks)
  }
  return builder.take()
}

/** A data directory on the disk, with these operations in its log. */
async function writeJournal(directory: string, ops: readonly LogOp[]): Promise<void> {
  const { journal } = await Journal.open({
    directory: join(directory, 'journal'),
    fileSystem: nodeFileSystem,
    segmentSizeBytes: SEGMENT_BYTES,
    syncPolicy: 'always',
    clock: new ManualClock(),
    log: silentLog,
    listener: {
      written: () => undefined,
      synced: () => undefined,
      fatal: (error) => assert.fail(error),
      spaceLow: () => undefined,
    },
  })
  journal.append(batchOf(ops))
  await journal.sync()
  await journal.close({ clean: true })
}

/** An index that is the fold of these operations. */
async function writeIndex(directory: string, ops: readonly LogOp[]): Promise<void> {
  const log = new MemoryLog({ segmentSizeBytes: SEGMENT_BYTES })
  for (const op of ops) log.append(op)
  const store = await openIndex(join(directory, 'index'), log)
  log.applyTo(store)
  await store.close()
}

async function compare(directory: string, isRunning = false): Promise<IndexComparison> {
  const data = await openDataDirectory(directory)
  return compareIndex({ data, isRunning, powerLost: false })
}

const ops: readonly LogOp[] = [
  queue(1, 'ORDERS'),
  message(1),
  message(1),
  { kind: 'acknowledge', list: 1, sequences: [1] },
]

describe('the index against the log', () => {
  it('is equal when it is the fold of a part of it, and nothing is changed or left', async () => {
    await withDirectory(async (directory) => {
      await writeJournal(directory, ops)
      await writeIndex(directory, ops.slice(0, 3))
      const names = readdirSync(directory, { recursive: true })
      const { state, appliedIndex } = await compare(directory)
      assert.deepEqual([state, appliedIndex], ['equal', 3])
      assert.deepEqual(readdirSync(directory, { recursive: true }), names)
      const left = readdirSync(tmpdir()).filter((name) => name.startsWith('quorate-inspect-'))
      assert.deepEqual(left, [])
    })
  })

  it('is different when it is the fold of another log', async () => {
    await withDirectory(async (directory) => {
      await writeJournal(directory, ops)
      await writeIndex(directory, [queue(1, 'ORDERS'), message(1, { priority: 9 })])
      const { state, message: why } = await compare(directory)
      assert.equal(state, 'different')
      assert.match(why, /the log holds another record 2; delete the index/)
    })
  })

  it('is different when it is ahead of the log', async () => {
    await withDirectory(async (directory) => {
      await writeJournal(directory, ops.slice(0, 2))
      await writeIndex(directory, ops)
      assert.match((await compare(directory)).message, /up to record 4; the log ends with 2/)
    })
  })

  it('is unreadable when one of its files is damaged, which is named as it lies', async () => {
    await withDirectory(async (directory) => {
      await writeJournal(directory, ops)
      await writeIndex(directory, ops)
      // LevelDB makes a table of what its own journal holds when it is opened again.
      await writeIndex(directory, ops)
      const index = join(directory, 'index')
      const table = join(index, readdirSync(index).find((name) => name.endsWith('.ldb')) ?? '')
      const bytes = readFileSync(table)
      bytes.writeUInt8(bytes.readUInt8(2) ^ 1, 2)
      writeFileSync(table, bytes)
      const { state, message: why } = await compare(directory)
      assert.equal(state, 'unreadable')
      assert.equal(why, `${table} is damaged: position 0 fails its checksum`)
    })
  })

  it('is left alone while a broker runs, and when there is none', async () => {
    await withDirectory(async (directory) => {
      await writeJournal(directory, ops)
      assert.match((await compare(directory)).message, /^there is no index/)
      await writeIndex(directory, ops)
      const { state, message: why } = await compare(directory, true)
      assert.equal(state, 'skipped')
      assert.match(why, /of a broker that runs cannot be opened/)
    })
  })
})
