import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from '@quorate/core/base/log'
import { silentLog } from '@quorate/core/base/log'
import { classicLevelBackend } from '../../../src/store/leveldb/classic-level-backend.ts'
import type { IndexBackend } from '../../../src/store/leveldb/index-database.ts'
import { LevelStore } from '../../../src/store/leveldb/level-store.ts'
import type { LevelStoreOptions, Standing } from '../../../src/store/leveldb/level-store.ts'
import { MemoryLog } from '../../../src/store/memory/memory-log.ts'
import type { LogPoint } from '../../../src/store/journal/log-batch.ts'
import type { LogOp, MessageOp } from '../../../src/store/log-op.ts'

/** Runs `body` with an empty directory that is gone afterwards. */
export async function withDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-index-'))
  try {
    await body(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Opens the index of `log`, of which everything is committed. */
export function openIndex(
  directory: string,
  log: MemoryLog,
  options: Partial<LevelStoreOptions> = {},
): Promise<LevelStore> {
  return LevelStore.open({
    directory,
    clusterId: 'cluster',
    standing: (applied) => standingIn(log, applied),
    bodies: log,
    onFailure: (error) => assert.fail(error),
    log: silentLog,
    ...options,
  })
}

function standingIn(log: MemoryLog, point: LogPoint): Standing {
  if (point.index > log.lastIndex) return 'absent'
  const { epoch, chain, position } = log.pointAt(point.index)
  const isSame = epoch === point.epoch && chain === point.chain && position === point.position
  return isSame ? 'held' : 'another'
}

/** Every row of a closed index, as text. */
export async function dumpIndex(
  directory: string,
  backend: IndexBackend = classicLevelBackend,
): Promise<string[]> {
  const database = await backend.open(directory)
  const lines: string[] = []
  for await (const rows of database.rows()) {
    for (const [key, value] of rows) lines.push(`${key.toString('hex')}=${value.toString('hex')}`)
  }
  await database.close()
  return lines
}

/** A log that collects what was warned of. */
export function collectWarnings(warnings: string[]): Log {
  return {
    ...silentLog,
    warn: (message, fields) => {
      const reason = fields?.['reason']
      warnings.push(typeof reason === 'string' ? reason : message)
    },
  }
}

export function queue(id: number, name = `Q${id}`): LogOp {
  return { kind: 'destination-added', id, destination: { kind: 'queue', name } }
}

export function message(list: number, facts: Partial<MessageOp> = {}): MessageOp {
  return {
    kind: 'message',
    lists: [list],
    producer: 0,
    producerSequence: 0,
    priority: 4,
    expirationMs: 0,
    redeliveries: 0,
    body: Buffer.from('body'),
    ...facts,
  }
}

export function appendAll(log: MemoryLog, ...ops: LogOp[]): void {
  for (const op of ops) log.append(op)
}
