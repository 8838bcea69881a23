import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Comparison } from '../../src/inspection/replica-comparison.ts'
import { compareReplicas } from '../../src/inspection/replica-comparison.ts'
import type { StoredMeta } from '../../src/replication/meta.ts'
import { encodeMeta, freshMeta } from '../../src/replication/meta.ts'
import { TwoSlotFile } from '../../src/store/two-slot-file.ts'
import { message } from '../store/leveldb/index-fixture.ts'
import { DATA, InspectedLog } from './inspected-log.ts'

async function writeMeta(log: InspectedLog, facts: Partial<StoredMeta>): Promise<void> {
  const { file } = await TwoSlotFile.open({ fileSystem: log.fileSystem, path: `${DATA}/meta` })
  const meta: StoredMeta = {
    ...freshMeta({
      brokerName: 'localhost',
      nodeId: 'node01',
      storeUuid: 'store-1',
      sync: 'quorum_disk',
    }),
    clusterId: 'cluster',
    ...facts,
  }
  await file.write(encodeMeta(meta))
  await file.close()
}

async function compare(a: InspectedLog, b: InspectedLog): Promise<Comparison> {
  const replicas = []
  for (const log of [a, b]) replicas.push({ data: await log.open(), report: await log.verify() })
  const [first, second] = replicas
  assert.ok(first !== undefined && second !== undefined, 'both were read')
  return compareReplicas(first, second)
}

/** Two logs with the same 22 records in several segments. */
async function twins(): Promise<[InspectedLog, InspectedLog]> {
  const logs: [InspectedLog, InspectedLog] = [new InspectedLog(), new InspectedLog()]
  for (const log of logs) await log.fill()
  return logs
}

describe('replica against replica', () => {
  it('is the same when one is merely shorter than the other', async () => {
    const [a, b] = await twins()
    await b.write([message(1), message(1)])
    const { equalThrough, commonEnd, difference, isDamage } = await compare(a, b)
    assert.deepEqual([equalThrough, commonEnd, difference, isDamage], [22, 22, null, false])
  })

  it('names the first record that differs, with both epochs, and who has to cut', async () => {
    const [a, b] = await twins()
    await a.write([message(1), message(1, { priority: 9 }), message(1)], 1)
    await b.write([message(1)], 1)
    await b.write(['epoch', ...Array.from({ length: 12 }, () => message(1))], 3)
    const found = await compare(a, b)
    assert.equal(found.equalThrough, 23)
    assert.equal(found.difference?.index, 24)
    assert.deepEqual(found.difference?.epochs, [1, 3])
    assert.equal(found.isDamage, true)
    assert.match(found.message, /from record 24 on \(epoch 1 and epoch 3\): both have synced it/)
    assert.match(found.message, /has the older epoch, and cuts its end off when it joins/)
  })

  it('never differs within one epoch, which has one leader', async () => {
    const [a, b] = await twins()
    await a.write([message(1, { priority: 1 })])
    await b.write([message(1, { priority: 2 })])
    const found = await compare(a, b)
    assert.equal(found.isDamage, true)
    assert.match(found.message, /record 23 on .*: one epoch has one leader/)
  })

  it('never differs in what both know as committed', async () => {
    const [a, b] = await twins()
    await a.write([message(1)])
    await b.write(['epoch'], 2)
    await writeMeta(a, { commitHint: 23 })
    await writeMeta(b, { commitHint: 23, nodeId: 'node02' })
    assert.match((await compare(a, b)).message, /both know as committed/)
  })

  it('is no replica when it belongs to another cluster', async () => {
    const [a, b] = await twins()
    await writeMeta(a, { clusterId: 'ours' })
    await writeMeta(b, { clusterId: 'theirs' })
    const found = await compare(a, b)
    assert.equal(found.isDamage, true)
    assert.equal(found.message, 'they belong to two clusters: ours and theirs')
  })

  it('is compared across damage, by the segments behind it', async () => {
    const [a, b] = await twins()
    const [, second = ''] = b.segments()
    await b.fileSystem.remove(b.pathOf(second))
    const found = await compare(a, b)
    assert.equal(found.equalThrough, 22)
    assert.match(found.message, /their chains agree up to record 22/)
  })
})
