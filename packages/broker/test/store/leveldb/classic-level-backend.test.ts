import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RowWrite } from '../../../src/store/leveldb/checkpoint-batch.ts'
import { classicLevelBackend } from '../../../src/store/leveldb/classic-level-backend.ts'
import type { IndexDatabase } from '../../../src/store/leveldb/index-database.ts'

const ROWS = 20_000

async function withDatabase(work: (database: IndexDatabase) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-level-'))
  const database = await classicLevelBackend.open(join(folder, 'index'))
  try {
    await work(database)
  } finally {
    await database.close()
    rmSync(folder, { recursive: true })
  }
}

function put(number: number, value: string): RowWrite {
  const key = Buffer.alloc(4)
  key.writeUInt32BE(number)
  return { type: 'put', key, value: Buffer.from(value) }
}

describe('a large write to the index', () => {
  it('lets everything else have its turn, and is there as a whole', () =>
    withDatabase(async (database) => {
      const first = Array.from({ length: ROWS }, (_, number) => put(number, 'old'))
      await database.write(first)
      let turns = 0
      let isWriting = true
      const mixtures = new Set<string>()
      const look = (): void => {
        if (!isWriting) return
        turns++
        const seen = [0, ROWS - 1].map((number) => database.getSync(put(number, '').key))
        mixtures.add(seen.map((value) => value?.toString() ?? 'none').join())
        setImmediate(look)
      }
      setImmediate(look)
      const second = first.map(({ key }, number): RowWrite => {
        return number === ROWS - 1 ? { type: 'del', key } : put(number, 'new')
      })
      await database.write(second)
      isWriting = false
      assert.ok(turns >= 20, `${turns} turns`)
      assert.ok(mixtures.has('old,old'))
      // The whole may come between the two questions, but never the first row without the last.
      assert.ok(!mixtures.has('new,old'))
      const kept = database.getSync(put(ROWS - 1, '').key)
      assert.deepEqual([database.getSync(put(0, '').key)?.toString(), kept], ['new', undefined])
    }))
})
