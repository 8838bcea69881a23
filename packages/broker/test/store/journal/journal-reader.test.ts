import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FileOperation } from '../../../src/store/journal/memory-file-system.ts'
import type { Journal } from '../../../src/store/journal/journal.ts'
import { DIRECTORY, JournalFixture, payloadOf } from './journal-fixture.ts'

async function filled(count: number, options = {}) {
  const fixture = new JournalFixture(options)
  const { journal } = await fixture.open()
  for (let i = 1; i <= count; i++) fixture.append(journal, [payloadOf(i)])
  await journal.sync()
  return { fixture, journal }
}

function readsOf(fixture: JournalFixture): FileOperation[] {
  const reads: FileOperation[] = []
  fixture.fileSystem.fault = (operation) => {
    if (operation.kind === 'read') reads.push(operation)
    return null
  }
  return reads
}

const bodyAt = (index: number) => ({ position: (index - 1) * 140 + 40, length: 100 })

describe('journal reader', () => {
  it('reads neighbouring ranges at once, and distant ones apart', async () => {
    const { fixture, journal } = await filled(400, { segmentSizeBytes: 1_000_000 })
    const reads = readsOf(fixture)
    await journal.readAt([3, 2, 1, 4, 90].map(bodyAt))
    assert.equal(reads.length, 1)
    await journal.readAt([1, 300].map(bodyAt))
    assert.equal(reads.length, 3)
    assert.deepEqual(await journal.readAt([]), [])
  })

  it('reads ranges of several segments', async () => {
    const { journal } = await filled(100, { segmentSizeBytes: 1_400 })
    const bodies = await journal.readAt(Array.from({ length: 100 }, (_, i) => bodyAt(i + 1)))
    bodies.forEach((body, i) => assert.ok(body.equals(payloadOf(i + 1))))
  })

  it('refuses ranges outside the log', async () => {
    const { journal } = await filled(3)
    await assert.rejects(journal.readAt([{ position: 400, length: 21 }]), /lies in the log/)
  })

  it('needs no lookup when it reads on', async () => {
    const { fixture, journal } = await filled(2_000, { segmentSizeBytes: 1_000_000 })
    await journal.close({ clean: true })
    const { journal: reopened } = await fixture.open()
    const reads = readsOf(fixture)
    let from = 1
    for (let i = 0; i < 20; i++) from = (await reopened.read(from, 1_400))!.lastIndex + 1
    assert.equal(from, 201)
    assert.equal(reads.length, 20)
  })

  it('finds a record in a part it never read without reading payloads', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 10_000_000 })
    const { journal } = await fixture.open()
    for (let i = 1; i <= 30; i++) fixture.append(journal, [payloadOf(i, 300_000)])
    await journal.close({ clean: true })
    const { journal: reopened } = await fixture.open()
    const reads = readsOf(fixture)
    const point = await reopened.pointAt(29)
    assert.equal(point.position, 29 * 300_040)
    assert.equal(reads.length, 29)
    reads.length = 0
    await reopened.pointAt(28)
    assert.equal(reads.length, 0)
  })

  it('reports damage behind good records only when it gets there', async () => {
    const { fixture, journal } = await filled(10)
    fixture.fileSystem.flip(`${DIRECTORY}/0000000000000000.log`, 4 * 140 + 60, 1)
    assert.equal((await journal.read(1, 10_000))?.lastIndex, 4)
    await assert.rejects(journal.read(5, 10_000), {
      code: 'JOURNAL_CORRUPT',
      details: { file: '0000000000000000.log', offset: 560, fromIndex: 5 },
    })
    // Headers are still good: records behind it can be found and read.
    assert.equal((await journal.read(6, 10_000))?.lastIndex, 10)
  })

  it('reports damage in a header on the way to a record', async () => {
    const { fixture, journal } = await filled(10)
    await journal.close({ clean: true })
    const reopened: Journal = (await fixture.open()).journal
    fixture.fileSystem.flip(`${DIRECTORY}/0000000000000000.log`, 4 * 140 + 20, 1)
    await assert.rejects(reopened.pointAt(8), {
      code: 'JOURNAL_CORRUPT',
      details: { file: '0000000000000000.log', offset: 560, fromIndex: 5 },
    })
  })

  it('passes an error of the disk on as one of the table', async () => {
    const { fixture, journal } = await filled(3)
    fixture.fileSystem.fault = ({ kind }) => (kind === 'read' ? { errno: 'EIO' } : null)
    await assert.rejects(journal.read(1, 100), { code: 'STORE_UNAVAILABLE' })
  })

  it('keeps a bounded number of files open', async () => {
    const { fixture, journal } = await filled(200, { segmentSizeBytes: 140 })
    const counts = { open: 0, most: 0 }
    fixture.fileSystem.fault = ({ kind }) => {
      if (kind === 'open') counts.open++
      if (kind === 'close') counts.open--
      counts.most = Math.max(counts.most, counts.open)
      return null
    }
    for (let i = 1; i <= 200; i++) await journal.read(i, 100)
    await journal.readAt(Array.from({ length: 199 }, (_, i) => bodyAt(i + 1)))
    assert.ok(counts.most <= 40, `${counts.most} files`)
  })
})
