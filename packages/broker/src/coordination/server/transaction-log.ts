import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { DirectoryLock } from '@quorate/core/base/directory-lock'
import { BrokerError, InvariantViolation, assert, toBrokerError } from '@quorate/core/base/errors'
import type { Log } from '@quorate/core/base/log'
import { DataTree } from './data-tree.ts'
import { LogDirectory } from './log-directory.ts'
import type { LogFile } from './log-directory.ts'
import { encodeRecord, fileHeader, readRecords } from './record-file.ts'
import { Transaction } from './transactions.ts'
import { SnapshotRecord, snapshotOf, treeOf } from './tree-snapshot.ts'

/** Rejects with STORE_IN_USE. */
export type LockDirectory = (directory: string) => Promise<{ release(): Promise<void> }>

export interface TransactionLogOptions {
  readonly directory: string
  /** DirectoryLock by default. */
  readonly lockDirectory?: LockDirectory
  readonly log: Log
  /** Log written since the last snapshot, in bytes, that calls for the next; 16 MiB by default. */
  readonly snapshotAfterBytes?: number
}

export interface TransactionLogListener {
  /** Everything up to this zxid will survive a crash. */
  durable(zxid: bigint): void
  /** The disk failed. Nothing more becomes durable, and nothing may be answered. */
  failed(error: BrokerError): void
}

const logMagic = 'QCTL'
const snapshotMagic = 'QCTS'
const snapshotAfterBytesDefault = 16 * 1024 * 1024

/**
 * Makes the transactions of one tree durable: one write and one fdatasync at a time, for everything
 * that came in meanwhile (group commit); from time to time a snapshot, and then older files go.
 *
 * A torn record at the end of the newest log is what a crash leaves: it is cut off. The same
 * anywhere else is damage, and stops the start.
 */
export class TransactionLog {
  readonly #directory: LogDirectory
  readonly #lock: { release(): Promise<void> }
  readonly #tree: DataTree
  readonly #snapshotAfterBytes: number
  #listener: TransactionLogListener | undefined
  #file: FileHandle
  #pending: Buffer[] = []
  #pendingZxid: bigint
  #durableZxid: bigint
  #writtenBytes = 0
  /** Taken, and to be published once everything in it is in the log. */
  #snapshot: { readonly zxid: bigint; readonly chunks: readonly Buffer[] } | undefined
  #flushing: Promise<void> | undefined
  #failed = false

  private constructor(parts: {
    readonly directory: LogDirectory
    readonly lock: { release(): Promise<void> }
    readonly tree: DataTree
    readonly file: FileHandle
    readonly snapshotAfterBytes: number
  }) {
    this.#directory = parts.directory
    this.#lock = parts.lock
    this.#tree = parts.tree
    this.#file = parts.file
    this.#snapshotAfterBytes = parts.snapshotAfterBytes
    this.#durableZxid = parts.tree.lastZxid
    this.#pendingZxid = parts.tree.lastZxid
  }

  /**
   * Recovers the tree from a directory, which is made if it does not exist. Throws STORE_IN_USE,
   * JOURNAL_CORRUPT, UNSUPPORTED_FORMAT and the errors of the disk.
   */
  static async open(options: TransactionLogOptions): Promise<TransactionLog> {
    const { lockDirectory = (path) => DirectoryLock.acquire(path) } = options
    const lock = await lockDirectory(options.directory)
    try {
      const directory = new LogDirectory(options.directory)
      const tree = await recover(directory, options.log)
      const file = await newLog(directory, tree.lastZxid + 1n)
      const snapshotAfterBytes = options.snapshotAfterBytes ?? snapshotAfterBytesDefault
      return new TransactionLog({ directory, lock, tree, file, snapshotAfterBytes })
    } catch (error) {
      await lock.release()
      throw error instanceof InvariantViolation
        ? new BrokerError('JOURNAL_CORRUPT', error.message, { cause: error })
        : toBrokerError(error, 'STORE_UNAVAILABLE')
    }
  }

  /** As recovered; whoever changes it appends the same transactions here. */
  get tree(): DataTree {
    return this.#tree
  }

  listen(listener: TransactionLogListener): void {
    assert(this.#listener === undefined, 'a transaction log has one listener')
    this.#listener = listener
  }

  append(transaction: Transaction): void {
    if (this.#failed) return
    this.#pending.push(encodeRecord(Transaction, transaction))
    this.#pendingZxid = transaction.zxid
    this.#flushing ??= this.#flush()
  }

  /** Waits for what was appended, and lets the directory go. */
  async close(): Promise<void> {
    await this.#flushing
    await this.#file.close()
    await this.#lock.release()
  }

  async #flush(): Promise<void> {
    try {
      // A turn of the event loop may hold many requests; they share one write.
      await Promise.resolve()
      while (this.#pending.length > 0) {
        await this.#writeBatch()
        await this.#publishSnapshot()
        const due = this.#writtenBytes >= this.#snapshotAfterBytes
        if (!due || this.#snapshot !== undefined) continue
        await this.#roll()
        await this.#publishSnapshot()
      }
    } catch (error) {
      if (error instanceof InvariantViolation) throw error
      this.#failed = true
      this.#listener?.failed(toBrokerError(error, 'STORE_UNAVAILABLE'))
    } finally {
      this.#flushing = undefined
    }
  }

  async #writeBatch(): Promise<void> {
    const batch = Buffer.concat(this.#pending)
    const zxid = this.#pendingZxid
    this.#pending = []
    await this.#file.appendFile(batch)
    await this.#file.datasync()
    this.#writtenBytes += batch.length
    this.#durableZxid = zxid
    this.#listener?.durable(zxid)
  }

  /** From here on a new file; the tree as it is now, which may be ahead of the log, is taken. */
  async #roll(): Promise<void> {
    const file = await newLog(this.#directory, this.#durableZxid + 1n)
    const full = this.#file
    this.#file = file
    this.#writtenBytes = 0
    await full.close()
    this.#snapshot = { zxid: this.#tree.lastZxid, chunks: snapshotChunks(this.#tree) }
  }

  async #publishSnapshot(): Promise<void> {
    const snapshot = this.#snapshot
    if (snapshot === undefined || this.#durableZxid < snapshot.zxid) return
    this.#snapshot = undefined
    await this.#directory.publish('snapshot', snapshot.zxid, snapshot.chunks)
    await this.#directory.prune()
  }
}

async function recover(directory: LogDirectory, log: Log): Promise<DataTree> {
  const tree = await newestSnapshot(directory, log)
  const from = tree.lastZxid
  const files = await directory.logsAfter(from)
  for (const [i, file] of files.entries()) {
    await replay(directory, { file, tree, isNewest: i === files.length - 1, log })
  }
  if (tree.lastZxid > from) {
    await directory.publish('snapshot', tree.lastZxid, snapshotChunks(tree))
    await directory.prune()
  }
  return tree
}

/** A damaged snapshot is passed over for the one before: the logs after that are still there. */
async function newestSnapshot(directory: LogDirectory, log: Log): Promise<DataTree> {
  const files = await directory.list('snapshot')
  for (const file of [...files].reverse()) {
    try {
      const { records } = readRecords(await directory.read(file), snapshotMagic, SnapshotRecord)
      return treeOf(records)
    } catch (error) {
      const { code, message } = toBrokerError(error, 'JOURNAL_CORRUPT')
      if (code === 'UNSUPPORTED_FORMAT') throw error
      log.error('a snapshot of the coordination tree is damaged', { file: file.path, message })
    }
  }
  if (files.length === 0) return new DataTree()
  throw new BrokerError('JOURNAL_CORRUPT', 'no snapshot of the coordination tree can be read')
}

async function replay(
  directory: LogDirectory,
  part: {
    readonly file: LogFile
    readonly tree: DataTree
    readonly isNewest: boolean
    readonly log: Log
  },
): Promise<void> {
  const { file, tree, isNewest, log } = part
  const content = readRecords(await directory.read(file), logMagic, Transaction)
  if (!content.whole && !isNewest) {
    throw new BrokerError('JOURNAL_CORRUPT', `${file.path} is damaged at ${content.validBytes}`)
  }
  if (!content.whole) {
    log.warn('a torn end of the coordination log is cut off', {
      file: file.path,
      bytes: content.validBytes,
    })
    await directory.truncate(file, content.validBytes)
  }
  for (const transaction of content.records) {
    if (transaction.zxid <= tree.lastZxid) continue
    if (transaction.zxid !== tree.lastZxid + 1n) {
      throw new BrokerError('JOURNAL_CORRUPT', `${file.path} misses ${tree.lastZxid + 1n}`)
    }
    tree.apply(transaction)
  }
}

async function newLog(directory: LogDirectory, zxid: bigint): Promise<FileHandle> {
  await directory.publish('log', zxid, [fileHeader(logMagic)])
  return open(directory.pathOf('log', zxid), 'a')
}

function snapshotChunks(tree: DataTree): readonly Buffer[] {
  const chunks = [fileHeader(snapshotMagic)]
  for (const entry of snapshotOf(tree)) chunks.push(encodeRecord(SnapshotRecord, entry))
  return chunks
}
