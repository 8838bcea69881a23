import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { silentLog } from '@quorate/core/base/log'
import { openList } from '../../../src/coordination/server/access-control.ts'
import { TransactionLog } from '../../../src/coordination/server/transaction-log.ts'
import type { Change, Transaction } from '../../../src/coordination/server/transactions.ts'
import { pictureOf } from './tree-picture.ts'

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-transactions-'))
  try {
    await work(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** A log with the tree that it makes durable, as the service uses them. */
class Writer {
  readonly log: TransactionLog
  readonly durable: bigint[] = []

  private constructor(log: TransactionLog) {
    this.log = log
    log.listen({
      durable: (zxid) => this.durable.push(zxid),
      failed: (error) => assert.fail(error.message),
    })
  }

  static async open(directory: string, snapshotAfterBytes = 1 << 20): Promise<Writer> {
    return new Writer(await TransactionLog.open({ directory, log: silentLog, snapshotAfterBytes }))
  }

  write(...changes: Change[]): Transaction {
    const zxid = this.log.tree.lastZxid + 1n
    const transaction = { zxid, timeMs: zxid, changes }
    this.log.tree.apply(transaction)
    this.log.append(transaction)
    return transaction
  }

  async flushed(): Promise<void> {
    while (this.durable.at(-1) !== this.log.tree.lastZxid) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  create(path: string, bytes = 10): Transaction {
    const data = Buffer.alloc(bytes, 0x61)
    return this.write({ type: 'create', path, data, acl: openList, ephemeralOwner: 0n })
  }
}

async function pictureAfterRestart(directory: string): Promise<unknown> {
  const log = await TransactionLog.open({ directory, log: silentLog })
  const picture = pictureOf(log.tree)
  await log.close()
  return picture
}

describe('coordination log', () => {
  it('has everything again after a restart', () =>
    inDirectory(async (directory) => {
      const writer = await Writer.open(directory)
      writer.write({
        type: 'createSession',
        sessionId: 5n,
        timeoutMs: 9,
        password: Buffer.from('p'),
      })
      writer.create('/a')
      writer.write({ type: 'setAcl', path: '/a', acl: [...openList, ...openList] })
      writer.write({ type: 'setData', path: '/a', data: null })
      writer.write({ type: 'create', path: '/e', data: null, acl: openList, ephemeralOwner: 5n })
      const before = pictureOf(writer.log.tree)
      await writer.log.close()
      assert.equal(writer.durable.at(-1), 5n)
      assert.deepEqual(await pictureAfterRestart(directory), before)
      assert.deepEqual(await pictureAfterRestart(directory), before)
    }))
  it('makes what comes in one turn durable with one write', () =>
    inDirectory(async (directory) => {
      const writer = await Writer.open(directory)
      for (let i = 0; i < 100; i++) writer.create(`/${i}`)
      await writer.log.close()
      assert.deepEqual(writer.durable, [100n])
    }))
  it('cuts off a record that a crash left torn, wherever it was torn', () =>
    inDirectory(async (directory) => {
      const writer = await Writer.open(directory)
      writer.create('/a')
      await writer.log.close()
      const [name] = (await readdir(directory)).filter((file) => file.startsWith('log.'))
      assert.ok(name !== undefined)
      const path = join(directory, name)
      const whole = await readFile(path)
      const torn = Buffer.concat([whole, whole.subarray(8)])
      for (let length = whole.length; length < torn.length; length += 3) {
        await rm(directory, { recursive: true })
        const again = await Writer.open(directory)
        await again.log.close()
        await writeFile(path, torn.subarray(0, length))
        const reopened = await Writer.open(directory)
        assert.notEqual(reopened.log.tree.node('/a'), undefined)
        reopened.create('/b')
        await reopened.log.close()
        assert.match(JSON.stringify(await pictureAfterRestart(directory), bigints), /"\/b"/)
      }
    }))
  it('takes a tail of zeros for torn', () =>
    inDirectory(async (directory) => {
      const writer = await Writer.open(directory)
      writer.create('/a')
      const before = pictureOf(writer.log.tree)
      await writer.log.close()
      const [name = ''] = (await readdir(directory)).filter((file) => file.startsWith('log.'))
      const path = join(directory, name)
      await writeFile(path, Buffer.concat([await readFile(path), Buffer.alloc(4096)]))
      assert.deepEqual(await pictureAfterRestart(directory), before)
    }))
  it('writes snapshots as it grows, and keeps few files', () =>
    inDirectory(async (directory) => {
      const writer = await Writer.open(directory, 4_000)
      for (let i = 0; i < 40; i++) {
        for (let j = 0; j < 10; j++) writer.create(`/${i}-${j}`, 50)
        await writer.flushed()
      }
      const before = pictureOf(writer.log.tree)
      await writer.log.close()
      const files = await readdir(directory)
      assert.equal(files.filter((file) => file.startsWith('snapshot.')).length, 2)
      assert.ok(files.length <= 8, files.join(' '))
      assert.deepEqual(await pictureAfterRestart(directory), before)
    }))
  it('passes over a damaged snapshot for the one before', () =>
    inDirectory(async (directory) => {
      for (const path of ['/a', '/b', '/c']) {
        const writer = await Writer.open(directory)
        writer.create(path)
        await writer.log.close()
      }
      const before = await pictureAfterRestart(directory)
      const snapshots = (await readdir(directory)).filter((file) => file.startsWith('snapshot.'))
      const newest = join(directory, snapshots.sort().at(-1) ?? '')
      const bytes = await readFile(newest)
      bytes.writeUInt8(bytes.readUInt8(60) ^ 1, 60)
      await writeFile(newest, bytes)
      assert.deepEqual(await pictureAfterRestart(directory), before)
    }))
  it('does not start when no snapshot can be read, or a log is damaged in the middle', () =>
    inDirectory(async (directory) => {
      const writer = await Writer.open(directory, 500)
      for (let i = 0; i < 60; i++) {
        writer.create(`/${i}`)
        await writer.flushed()
      }
      await writer.log.close()
      const corrupt = { code: 'JOURNAL_CORRUPT' }
      const files = (await readdir(directory)).sort()
      const logs = files.filter((file) => file.startsWith('log.'))
      const newest = files.filter((file) => file.startsWith('snapshot.')).at(-1) ?? ''
      await truncate(join(directory, newest), 100)
      const middle = join(directory, logs.at(-2) ?? '')
      const whole = await readFile(middle)
      await truncate(middle, whole.length - 5)
      await assert.rejects(TransactionLog.open({ directory, log: silentLog }), corrupt)
      await writeFile(middle, whole)
      for (const file of files.filter((name) => name.startsWith('snapshot.'))) {
        await writeFile(join(directory, file), 'nonsense')
      }
      await assert.rejects(TransactionLog.open({ directory, log: silentLog }), corrupt)
    }))
  it('does not start on files of a later version', () =>
    inDirectory(async (directory) => {
      await writeFile(join(directory, 'snapshot.0000000000000001'), 'QCTS\0\0\0\u0009')
      await assert.rejects(TransactionLog.open({ directory, log: silentLog }), {
        code: 'UNSUPPORTED_FORMAT',
      })
    }))
  it('does not start twice in one directory, and starts after a crash', () =>
    inDirectory(async (directory) => {
      const writer = await Writer.open(directory)
      await assert.rejects(TransactionLog.open({ directory, log: silentLog }), {
        code: 'STORE_IN_USE',
      })
      await writer.log.close()
      // A process that is gone, and a machine that was started anew.
      await writeFile(join(directory, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1, boot: '' }))
      await (await Writer.open(directory)).log.close()
      await writeFile(join(directory, 'lock'), JSON.stringify({ pid: process.pid, boot: 'old' }))
      await (await Writer.open(directory)).log.close()
      await writeFile(join(directory, 'lock'), 'nonsense')
      await (await Writer.open(directory)).log.close()
    }))
  it('says so when the disk fails, and nothing becomes durable any more', () =>
    inDirectory(async (directory) => {
      const log = await TransactionLog.open({ directory, log: silentLog, snapshotAfterBytes: 10 })
      const heard: string[] = []
      log.listen({
        durable: (zxid) => heard.push(`durable ${zxid}`),
        failed: ({ code }) => heard.push(code),
      })
      const write = (path: string) => {
        const zxid = log.tree.lastZxid + 1n
        const change: Change = {
          type: 'create',
          path,
          data: null,
          acl: openList,
          ephemeralOwner: 0n,
        }
        log.tree.apply({ zxid, timeMs: 0n, changes: [change] })
        log.append({ zxid, timeMs: 0n, changes: [change] })
      }
      // Without its directory the next log file cannot be made.
      await rm(directory, { recursive: true })
      write('/a')
      while (heard.length < 2) await new Promise((resolve) => setImmediate(resolve))
      write('/b')
      await log.close()
      assert.deepEqual(heard, ['durable 1', 'STORE_UNAVAILABLE'])
    }))
})

function bigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
