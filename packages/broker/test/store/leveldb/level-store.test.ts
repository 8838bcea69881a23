import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BrokerError } from '@quorate/core/base/errors'
import { APPLIED_KEY } from '../../../src/store/leveldb/keys.ts'
import { classicLevelBackend } from '../../../src/store/leveldb/classic-level-backend.ts'
import type { RowWrite } from '../../../src/store/leveldb/checkpoint-batch.ts'
import { MessagePage } from '../../../src/store/fold/message-page.ts'
import { PagePool } from '../../../src/store/fold/page-pool.ts'
import { StoredEntry } from '../../../src/store/fold/stored-entry.ts'
import { encodePage } from '../../../src/store/leveldb/page-codec.ts'
import { MemoryIndexBackend } from '../../../src/store/leveldb/memory-index-backend.ts'
import { INDEX_FORMAT, decodeApplied, encodeApplied } from '../../../src/store/leveldb/row-codec.ts'
import { openRow, sealOf, sealRow } from '../../../src/store/leveldb/row-ledger.ts'
import { OUTCOMES_MAX } from '../../../src/store/fold/outcome-table.ts'
import { MemoryLog } from '../../../src/store/memory/memory-log.ts'
import type { LogOp } from '../../../src/store/log-op.ts'
import {
  appendAll,
  collectWarnings,
  dumpIndex,
  message,
  openIndex,
  queue,
  withDirectory,
} from './index-fixture.ts'

function acknowledge(list: number, ...sequences: number[]): LogOp {
  return { kind: 'acknowledge', list, sequences }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

function times(count: number, op: LogOp): LogOp[] {
  return new Array<LogOp>(count).fill(op)
}

/** An index in memory that notes what is written to it. */
function notingBackend(): { backend: MemoryIndexBackend; batches: string[][] } {
  const backend = new MemoryIndexBackend()
  const batches: string[][] = []
  backend.onWrite = (writes) => {
    batches.push(writes.map(({ type, key }) => `${type} ${key.toString('hex')}`))
    return writes
  }
  return { backend, batches }
}

const PAGE_1 = '0500000001' + '0000000000000001'

describe('LevelDB store - checkpoints', () => {
  it('writes what changed and the applied row in one batch', async () => {
    const { backend, batches } = notingBackend()
    const log = new MemoryLog()
    appendAll(log, queue(1), { kind: 'producer', id: 1, name: 'p' }, message(1))
    const store = await openIndex('i', log, { backend })
    log.applyTo(store)
    const point = await store.checkpoint()
    assert.deepEqual(point, log.pointAt(3))
    assert.deepEqual(store.checkpointedPoint, point)
    assert.deepEqual(batches, [
      [`put ${PAGE_1}`, 'put 0100000001', 'put 030000000000000001', 'put 00'],
    ])
  })

  it('never writes a message that is consumed before the checkpoint', async () => {
    const { backend, batches } = notingBackend()
    const log = new MemoryLog()
    const store = await openIndex('i', log, { backend })
    appendAll(log, queue(1), ...times(1000, message(1)), acknowledge(1, ...range(1, 1000)))
    log.applyTo(store)
    await store.checkpoint()
    assert.deepEqual(batches, [['put 0100000001', 'put 00']])
  })

  it('deletes a page when its last message has left', async () => {
    const { backend, batches } = notingBackend()
    const log = new MemoryLog()
    const store = await openIndex('i', log, { backend })
    appendAll(log, queue(1), ...times(300, message(1)))
    log.applyTo(store)
    await store.checkpoint()
    log.append(acknowledge(1, ...range(1, 256)))
    log.applyTo(store)
    await store.checkpoint()
    assert.deepEqual(batches[1], [`del ${PAGE_1}`, 'put 00'])
    log.append({ kind: 'destination-removed', id: 1 })
    log.applyTo(store)
    await store.checkpoint()
    assert.deepEqual(batches[2], [
      'del 0500000001' + '0000000000000101',
      'del 0100000001',
      'put 00',
    ])
  })

  it('deletes producers and transactions that are forgotten', async () => {
    const { backend, batches } = notingBackend()
    const log = new MemoryLog()
    const store = await openIndex('i', log, { backend })
    appendAll(
      log,
      { kind: 'producer', id: 1, name: 'p' },
      { kind: 'transaction', id: 'tx', ops: [] },
    )
    log.applyTo(store)
    await store.checkpoint()
    log.append({ kind: 'producer', id: 2, name: 'p' })
    for (let i = 0; i < OUTCOMES_MAX; i++) {
      log.append({ kind: 'transaction', id: `tx${i}`, ops: [] })
    }
    log.applyTo(store)
    await store.checkpoint()
    const deleted = batches[1]?.filter((write) => write.startsWith('del'))
    assert.deepEqual(deleted, ['del 030000000000000001', 'del 040000000000000001'])
    assert.equal(batches[1]?.length, OUTCOMES_MAX + 4)
  })

  it('writes nothing when nothing was applied', async () => {
    const { backend, batches } = notingBackend()
    const log = new MemoryLog()
    const store = await openIndex('i', log, { backend })
    await store.checkpoint()
    log.append(queue(1))
    log.applyTo(store)
    await store.checkpoint()
    await store.checkpoint()
    await store.close()
    assert.equal(batches.length, 1)
  })

  it('runs one at a time, and those who ask meanwhile share the next', async () => {
    const { backend, batches } = notingBackend()
    const log = new MemoryLog()
    const store = await openIndex('i', log, { backend })
    log.append(queue(1))
    log.applyTo(store)
    const first = store.checkpoint()
    await Promise.resolve()
    log.append(queue(2))
    log.applyTo(store)
    const second = store.checkpoint()
    const third = store.checkpoint()
    assert.equal(second, third)
    assert.equal((await first).index, 1)
    assert.equal((await third).index, 2)
    assert.equal(batches.length, 2)
  })

  it('is of what is applied when it is made, not when it is asked for', async () => {
    const { backend } = notingBackend()
    const log = new MemoryLog()
    const store = await openIndex('i', log, { backend })
    log.append(queue(1))
    log.applyTo(store)
    const first = store.checkpoint()
    await Promise.resolve()
    log.append(queue(2))
    log.applyTo(store)
    const second = store.checkpoint()
    log.append(queue(3))
    log.applyTo(store)
    assert.equal((await first).index, 1)
    assert.equal((await second).index, 3)
  })

  it('fails for good when it cannot be written', async () => {
    const backend = new MemoryIndexBackend()
    backend.onWrite = () => {
      throw new BrokerError('STORE_UNAVAILABLE', 'Cannot write the index: the disk is gone.')
    }
    const log = new MemoryLog()
    const store = await openIndex('i', log, { backend })
    log.append(queue(1))
    log.applyTo(store)
    await assert.rejects(store.checkpoint(), { code: 'STORE_UNAVAILABLE' })
    backend.onWrite = (writes) => writes
    await assert.rejects(store.checkpoint(), { code: 'STORE_UNAVAILABLE' })
    await store.close()
    const reopened = await openIndex('i', log, { backend })
    assert.equal(reopened.appliedIndex, 0)
  })
})

describe('LevelDB store - opening', () => {
  it('comes back with what was applied, and needs only the tail of the log', () =>
    withDirectory(async (directory) => {
      const log = new MemoryLog()
      appendAll(log, queue(1), ...times(3, message(1)))
      const store = await openIndex(directory, log)
      log.applyTo(store)
      await store.close()
      const reopened = await openIndex(directory, log)
      assert.deepEqual(reopened.appliedPoint, log.pointAt(4))
      assert.equal(reopened.list(1)?.length, 3)
      const bodies = await new Promise((resolve) => {
        reopened.fetch(reopened.list(1)?.next(0, 9) ?? [], (found) => resolve(found.map(String)))
      })
      assert.deepEqual(bodies, ['body', 'body', 'body'])
      await reopened.close()
    }))

  it('is refused while another process has it open', () =>
    withDirectory(async (directory) => {
      const log = new MemoryLog()
      const store = await openIndex(directory, log)
      await assert.rejects(openIndex(directory, log), { code: 'STORE_IN_USE' })
      await store.close()
    }))

  it('is refused where no directory can be', () =>
    withDirectory(async (directory) => {
      const file = join(directory, 'file')
      await writeFile(file, 'not a directory')
      await assert.rejects(openIndex(file, new MemoryLog()), { code: 'STORE_UNAVAILABLE' })
    }))

  it('deletes only files of LevelDB when it gives an index up', () =>
    withDirectory(async (directory) => {
      const path = join(directory, 'index')
      const log = new MemoryLog()
      log.append(queue(1))
      const store = await openIndex(path, log)
      log.applyTo(store)
      await store.close()
      await writeFile(join(path, 'notes.txt'), 'mine')
      const value = sealRow(APPLIED_KEY, Buffer.from([0, INDEX_FORMAT + 1]))
      const database = await classicLevelBackend.open(path)
      await database.write([{ type: 'put', key: APPLIED_KEY, value }])
      await database.close()
      const other = await openIndex(path, log)
      assert.equal(other.appliedIndex, 0)
      await other.close()
      assert.equal(await readFile(join(path, 'notes.txt'), 'utf8'), 'mine')
    }))

  it('keeps an index of another log, the last one of them', () =>
    withDirectory(async (directory) => {
      const path = join(directory, 'index')
      const log = new MemoryLog()
      log.append(queue(1))
      for (const clusterId of ['one', 'two', 'three']) {
        const store = await openIndex(path, log, { clusterId })
        assert.equal(store.appliedIndex, 0)
        log.applyTo(store)
        await store.close()
      }
      const kept = await openIndex(`${path}-aside`, log, { clusterId: 'two' })
      assert.equal(kept.appliedIndex, 1)
      await kept.close()
    }))
})

describe('LevelDB store - an index is given up and rebuilt', () => {
  /** What is logged, and where the store begins, when a written index is opened again. */
  async function reopened(
    change: (backend: MemoryIndexBackend) => Promise<void> | void,
    options: { readonly clusterId?: string; readonly log?: MemoryLog } = {},
  ): Promise<string> {
    const backend = new MemoryIndexBackend()
    const log = new MemoryLog()
    appendAll(log, queue(1), ...times(300, message(1)))
    const store = await openIndex('i', log, { backend })
    log.applyTo(store)
    await store.close()
    await change(backend)
    const warnings: string[] = []
    const { clusterId = 'cluster' } = options
    const again = await openIndex('i', options.log ?? log, {
      backend,
      clusterId,
      log: collectWarnings(warnings),
    })
    assert.equal(again.appliedIndex, 0)
    assert.deepEqual([...again.destinations()], [])
    log.applyTo(again)
    await again.close()
    assert.equal(warnings.length, 1)
    return warnings[0] ?? ''
  }

  async function rewrite(backend: MemoryIndexBackend, ...writes: RowWrite[]): Promise<void> {
    const database = await backend.open('i')
    await database.write(writes)
    await database.close()
  }

  it('when it belongs to another cluster', async () => {
    assert.match(await reopened(() => undefined, { clusterId: 'b' }), /another cluster, cluster/)
  })

  it('when it is ahead of the log', async () => {
    const shorter = new MemoryLog()
    appendAll(shorter, queue(1), ...times(299, message(1)))
    const reason = await reopened(() => undefined, { log: shorter })
    assert.match(
      reason,
      /nothing any more, or yet, at its point: record 301 of epoch \d+, which ends at position \d+/,
    )
  })

  it('when the log holds another record at its point', async () => {
    const diverged = new MemoryLog()
    appendAll(diverged, queue(1), ...times(298, message(1)))
    appendAll(diverged, message(1, { priority: 5 }), message(1))
    assert.match(await reopened(() => undefined, { log: diverged }), /something else/)
  })

  it('when it is of another format (R4)', async () => {
    // Of an earlier one, and of a later one.
    for (const format of [INDEX_FORMAT - 1, INDEX_FORMAT + 1]) {
      const value = sealRow(APPLIED_KEY, Buffer.from([0, format, 0xff, 0xff]))
      const reason = await reopened((backend) =>
        rewrite(backend, { type: 'put', key: APPLIED_KEY, value }),
      )
      assert.match(reason, /another format/)
    }
  })

  it('when a row fails its checksum', async () => {
    const value = Buffer.alloc(20)
    const key = Buffer.from(PAGE_1, 'hex')
    const reason = await reopened((backend) => rewrite(backend, { type: 'put', key, value }))
    assert.match(reason, /checksum/)
  })

  it('when a row is missing', async () => {
    const key = Buffer.from(PAGE_1, 'hex')
    const reason = await reopened((backend) => rewrite(backend, { type: 'del', key }))
    assert.match(reason, /not the 3 of its checkpoint/)
  })

  it('when a row is older than its checkpoint', async () => {
    const key = Buffer.from('0100000001', 'hex')
    const value = sealRow(key, Buffer.from('00' + '0001' + '41', 'hex'))
    const reason = await reopened((backend) => rewrite(backend, { type: 'put', key, value }))
    assert.match(reason, /not the 3 of its checkpoint/)
  })

  it('when a row is well sealed and makes no sense', async () => {
    for (const name of ['01ff', '0100000001', '0300000001', '07', '05000000090000000000000001']) {
      const key = Buffer.from(name, 'hex')
      const value = sealRow(key, Buffer.from('ff'))
      const reason = await reopened((backend) => rewrite(backend, { type: 'put', key, value }))
      assert.match(reason, /^The index holds/)
    }
  })

  it('when a body would lie behind the end of its log', async () => {
    const page = new MessagePage(1, new PagePool())
    page.append(new StoredEntry(1, 1, 100, 2 ** 40))
    const key = Buffer.from(PAGE_1, 'hex')
    const value = sealRow(
      key,
      encodePage(page, () => 0),
    )
    const reason = await reopened((backend) => rewrite(backend, { type: 'put', key, value }))
    assert.match(reason, /behind the end of its log/)
  })

  it('when a body would lie before the first of its log', async () => {
    const page = new MessagePage(1, new PagePool())
    page.append(new StoredEntry(1, 1, 43, 1))
    const key = Buffer.from(PAGE_1, 'hex')
    const value = sealRow(
      key,
      encodePage(page, () => 0),
    )
    const reason = await reopened((backend) => rewrite(backend, { type: 'put', key, value }))
    assert.match(reason, /before the first of its log/)
  })

  it('when a full page, which no start looks into, was written as nonsense', async () => {
    const backend = new MemoryIndexBackend()
    const log = new MemoryLog()
    appendAll(log, queue(1), ...times(300, message(1)))
    const store = await openIndex('i', log, { backend })
    log.applyTo(store)
    await store.close()
    await writeNonsense(backend, Buffer.from(PAGE_1, 'hex'))
    const hit = await openIndex('i', log, { backend })
    assert.equal(hit.appliedIndex, 301)
    assert.throws(() => hit.list(1)?.next(0, 10), { code: 'INDEX_CORRUPT' })
    await hit.close()
    const rebuilt = await openIndex('i', log, { backend })
    assert.equal(rebuilt.appliedIndex, 0)
    log.applyTo(rebuilt)
    assert.equal(rebuilt.list(1)?.next(0, 10).length, 10)
    await rebuilt.close()
  })

  /** As a broker would have that packs messages wrong: seals and sums are right. */
  async function writeNonsense(backend: MemoryIndexBackend, key: Buffer): Promise<void> {
    const database = await backend.open('i')
    const [page, applied] = [await database.get(key), await database.get(APPLIED_KEY)]
    assert.ok(page !== undefined && applied !== undefined)
    const content = Buffer.from(openRow(key, page))
    content.fill(0xff, content.length - 8)
    const wrong = sealRow(key, content)
    const row = decodeApplied(openRow(APPLIED_KEY, applied))
    assert.ok(row !== null)
    const rowSum = (row.rowSum - sealOf(page) + sealOf(wrong)) >>> 0
    const value = sealRow(APPLIED_KEY, encodeApplied({ ...row, rowSum }))
    await database.write([
      { type: 'put', key, value: wrong },
      { type: 'put', key: APPLIED_KEY, value },
    ])
    await database.close()
  }

  it('when LevelDB finds its files damaged', () =>
    withDirectory(async (directory) => {
      const damages: ((path: string) => Promise<void>)[] = [
        (path) => writeFile(join(path, 'CURRENT'), 'garbage'),
        (path) => writeFile(join(path, 'CURRENT'), 'MANIFEST-000777\n'),
      ]
      for (const [i, damage] of damages.entries()) {
        const path = join(directory, String(i))
        await mkdir(path)
        const log = new MemoryLog()
        appendAll(log, queue(1), message(1))
        const store = await openIndex(path, log)
        log.applyTo(store)
        await store.close()
        const before = await dumpIndex(path)
        await damage(path)
        const warnings: string[] = []
        const again = await openIndex(path, log, { log: collectWarnings(warnings) })
        assert.equal(warnings.length, 1)
        log.applyTo(again)
        await again.close()
        assert.deepEqual(await dumpIndex(path), before)
      }
    }))
})

describe('LevelDB store - closing', () => {
  it('takes a last checkpoint and no more records', async () => {
    const backend = new MemoryIndexBackend()
    const log = new MemoryLog()
    const store = await openIndex('i', log, { backend })
    appendAll(log, queue(1), queue(2))
    log.applyTo(store, 1)
    await Promise.all([store.close(), store.close()])
    assert.equal(store.checkpointedPoint.index, 1)
    assert.throws(() => log.applyTo(store), /closed store/)
    const reopened = await openIndex('i', log, { backend })
    assert.equal(reopened.appliedIndex, 1)
  })

  it('leaves fetches unanswered', async () => {
    let release: (bodies: Buffer[]) => void = () => undefined
    const bodies = {
      readAt: () => new Promise<Buffer[]>((resolve) => (release = resolve)),
    }
    const log = new MemoryLog()
    appendAll(log, queue(1), message(1))
    const store = await openIndex('i', log, {
      backend: new MemoryIndexBackend(),
      bodies,
      cacheBytes: 0,
    })
    log.applyTo(store)
    store.fetch(store.list(1)?.next(0, 1) ?? [], () => assert.fail('the store is closed'))
    await store.close()
    release([Buffer.from('body')])
    await new Promise((resolve) => setImmediate(resolve))
  })

  it('a body that cannot be read stops the store and is answered by nobody', async () => {
    const log = new MemoryLog()
    appendAll(log, queue(1), message(1))
    const failed = await new Promise<BrokerError>((resolve, reject) => {
      const options = {
        backend: new MemoryIndexBackend(),
        bodies: { readAt: () => Promise.reject(new BrokerError('JOURNAL_CORRUPT', 'bit rot')) },
        cacheBytes: 0,
        onFailure: resolve,
      }
      openIndex('i', log, options).then((store) => {
        log.applyTo(store)
        store.fetch(store.list(1)?.next(0, 1) ?? [], () => assert.fail('no body was read'))
      }, reject)
    })
    assert.equal(failed.code, 'JOURNAL_CORRUPT')
  })

  it('the database of a closed store can be opened by another process', () =>
    withDirectory(async (directory) => {
      const store = await openIndex(directory, new MemoryLog())
      await store.close({ checkpoint: false })
      const database = await classicLevelBackend.open(directory)
      assert.equal(await database.get(APPLIED_KEY), undefined)
      await database.close()
    }))
})
