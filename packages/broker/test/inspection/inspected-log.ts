import { join } from 'node:path'
import type { DataDirectory } from '../../src/inspection/data-directory.ts'
import { openDataDirectory } from '../../src/inspection/data-directory.ts'
import type { VerifyReport, VerifyRequest } from '../../src/inspection/verify-journal.ts'
import { verifyJournal } from '../../src/inspection/verify-journal.ts'
import { encodeConfigRecord, encodeEpochStart } from '../../src/replication/log-records.ts'
import { CONFIG, EPOCH_START } from '../../src/replication/log-records.ts'
import type { BatchBuilder } from '../../src/store/journal/log-batch.ts'
import type { LogOp } from '../../src/store/log-op.ts'
import { encodeOp } from '../../src/store/op-codec.ts'
import { DIRECTORY, JournalFixture } from '../store/journal/journal-fixture.ts'
import { message, queue } from '../store/leveldb/index-fixture.ts'

export const DATA = '/data'

const config = {
  version: 1,
  seats: [{ nodeId: 'node01', storeUuid: 'store-1' }, null, null],
}

/** A record: an operation, or one of replication's own. */
export type Written =
  LogOp | 'epoch' | 'configuration' | { readonly type: number; readonly payload: Buffer }

/** A data directory in memory, whose log is written by a real journal. */
export class InspectedLog {
  readonly fixture: JournalFixture

  constructor(segmentSizeBytes = 2500) {
    this.fixture = new JournalFixture({ segmentSizeBytes })
  }

  get fileSystem() {
    return this.fixture.fileSystem
  }

  /** Appends records of one epoch and closes the journal in order. */
  async write(records: readonly Written[], epoch = 1): Promise<void> {
    const { journal } = await this.fixture.open()
    const builder = this.fixture.builder(journal, epoch)
    for (const record of records) add(builder, record, epoch)
    journal.append(builder.take())
    await journal.sync()
    await journal.close({ clean: true })
  }

  /** An epoch start, a queue, and so many messages of 500 bytes: some segments of them. */
  async fill(messages = 20, epoch = 1): Promise<void> {
    const body = Buffer.alloc(500, 'body')
    const all = Array.from({ length: messages }, () => message(1, { body }))
    await this.write(['epoch', queue(1, 'ORDERS'), ...all], epoch)
  }

  open(): Promise<DataDirectory> {
    return openDataDirectory(DATA, this.fileSystem)
  }

  async verify(options: Partial<VerifyRequest> = {}): Promise<VerifyReport> {
    const data = await this.open()
    return verifyJournal({ data, isRunning: false, powerLost: false, ...options })
  }

  /** Names of the segment files, in order. */
  segments(): string[] {
    return this.fileSystem
      .names(DIRECTORY)
      .filter((name) => name.endsWith('.log'))
      .sort()
  }

  pathOf(name: string): string {
    return join(DIRECTORY, name)
  }

  async create(name: string, content: Buffer): Promise<void> {
    const file = await this.fileSystem.open(this.pathOf(name), 'create')
    await file.write([content], 0)
    await file.close()
  }
}

function add(builder: BatchBuilder, record: Written, epoch: number): void {
  if (record === 'epoch') {
    const start = { epoch, leader: 'node01', possibleLoss: false, config, wonAtMs: null }
    builder.add(EPOCH_START, encodeEpochStart(start))
  } else if (record === 'configuration') builder.add(CONFIG, encodeConfigRecord(config))
  else if ('type' in record) builder.add(record.type, record.payload)
  else {
    const { type, chunks } = encodeOp(record)
    builder.add(type, chunks)
  }
}
