import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BrokerError } from '@quorate/core/base/errors'
import type { FileOperation } from '../../../src/store/journal/memory-file-system.ts'
import type { Journal } from '../../../src/store/journal/journal.ts'
import {
  DIRECTORY,
  JournalFixture,
  checkedPayloadOf,
  payloadOf,
  settle,
} from './journal-fixture.ts'

async function filled(count: number, options = {}) {
  const fixture = new JournalFixture(options)
  const { journal } = await fixture.open()
  for (let i = 1; i <= count; i++) fixture.append(journal, [checkedPayloadOf(i)])
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

/** Behind the header and the check of record `index`. */
const bodyAt = (index: number) => ({ position: (index - 1) * 140 + 44, length: 96 })

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
    bodies.forEach((body, i) => assert.ok(body.equals(checkedPayloadOf(i + 1).subarray(4))))
  })

  it('refuses ranges that no segment holds, and blames no record for them', async () => {
    const { journal } = await filled(30, { segmentSizeBytes: 1_400 })
    const wrong = [
      { position: 3, length: 5 },
      { position: 30 * 140 - 20, length: 21 },
      { position: 1_500, length: 1_301 },
      { position: 0, length: Number.MAX_SAFE_INTEGER },
      { position: Number.MAX_SAFE_INTEGER, length: Number.MAX_SAFE_INTEGER },
    ]
    for (const details of wrong) {
      const expected = { code: 'JOURNAL_CORRUPT', details }
      await assert.rejects(journal.readAt([bodyAt(1), details]), expected)
    }
  })

  it('names the record in which a range is not what was written', async () => {
    const file = '0000000000000578.log'
    for (const [offset, change] of [
      [140 + 40, 1],
      [140 + 43, 0x80],
      [140 + 44, 1],
      [140 + 100, 0xff],
      [140 + 139, 4],
    ] as const) {
      const { fixture, journal } = await filled(40, { segmentSizeBytes: 1_400 })
      fixture.fileSystem.flip(`${DIRECTORY}/${file}`, offset, change)
      await journal.readAt([bodyAt(11), bodyAt(13)])
      await assert.rejects(journal.readAt([bodyAt(30), bodyAt(12), bodyAt(13)]), {
        code: 'JOURNAL_CORRUPT',
        details: { file, offset: 140, fromIndex: 12 },
      })
    }
  })

  it('blames no record for a range that is wrong in a log that is whole', async () => {
    const { journal } = await filled(10)
    for (const details of [
      { position: 5 * 140 + 44, length: 95 },
      { position: 5 * 140 + 44, length: 97 },
      { position: 5 * 140 + 45, length: 95 },
      { position: 5 * 140 + 44, length: 140 },
      { position: 5 * 140 + 4, length: 20 },
      // The check of nothing is 0, and these are header bytes.
      { position: 5 * 140 + 4, length: 0 },
    ]) {
      await assert.rejects(journal.readAt([details]), { code: 'JOURNAL_CORRUPT', details })
    }
  })

  it('blames no record whose body had a wrong check before it was written', async () => {
    const fixture = new JournalFixture()
    const { journal } = await fixture.open()
    const wrong = checkedPayloadOf(2)
    wrong[50]! ^= 1
    for (const payload of [checkedPayloadOf(1), wrong, checkedPayloadOf(3)]) {
      fixture.append(journal, [payload])
    }
    await journal.sync()
    assert.equal((await journal.read(1, 10_000))?.lastIndex, 3)
    const expected = { code: 'JOURNAL_CORRUPT', details: bodyAt(2) }
    await assert.rejects(journal.readAt([1, 2, 3].map(bodyAt)), expected)
  })

  it('blames a damaged record larger than what it is read with at a time', async () => {
    const fixture = new JournalFixture({ segmentSizeBytes: 1_000_000 })
    const { journal } = await fixture.open()
    fixture.append(journal, [checkedPayloadOf(1, 300_000)])
    await journal.sync()
    const range = { position: 44, length: 299_996 }
    assert.equal((await journal.readAt([range])).length, 1)
    const file = '0000000000000000.log'
    fixture.fileSystem.flip(`${DIRECTORY}/${file}`, 299_000, 1)
    await assert.rejects(journal.readAt([range]), { details: { file, offset: 0, fromIndex: 1 } })
  })

  it('names an earlier record when its header is damaged, too', async () => {
    const { fixture, journal } = await filled(10)
    const path = `${DIRECTORY}/0000000000000000.log`
    fixture.fileSystem.flip(path, 8 * 140 + 50, 1)
    fixture.fileSystem.flip(path, 3 * 140 + 12, 1)
    const expected = { details: { file: '0000000000000000.log', offset: 420, fromIndex: 4 } }
    await assert.rejects(journal.readAt([bodyAt(9)]), expected)
  })

  it('names the record in which a file ends before a range does', async () => {
    const { fixture, journal } = await filled(40, { segmentSizeBytes: 1_400 })
    fixture.fileSystem.cutShort(`${DIRECTORY}/0000000000000578.log`, 3 * 140 + 90)
    await assert.rejects(journal.readAt([bodyAt(13), bodyAt(14)]), {
      code: 'JOURNAL_CORRUPT',
      details: { file: '0000000000000578.log', offset: 420, fromIndex: 14 },
    })
  })

  it('waits for all its reads when one of them fails, and names the earliest damage', async () => {
    const held: { readonly path: string; readonly go: () => void }[] = []
    let isHolding = false
    const turn = ({ kind, path }: FileOperation): Promise<void> =>
      isHolding && kind === 'read'
        ? new Promise((resolve) => held.push({ path, go: resolve }))
        : Promise.resolve()
    const { fixture, journal } = await filled(30, { segmentSizeBytes: 1_400, turn })
    const [first, second] = ['0000000000000000.log', '0000000000000578.log']
    fixture.fileSystem.flip(`${DIRECTORY}/${first}`, 2 * 140 + 50, 1)
    fixture.fileSystem.flip(`${DIRECTORY}/${second}`, 2 * 140 + 50, 1)
    isHolding = true
    let error: unknown = null
    const reading = journal.readAt([bodyAt(3), bodyAt(13), bodyAt(23)]).catch((reason: unknown) => {
      error = reason
    })
    const releaseAll = async (file: string): Promise<void> => {
      for (;;) {
        await settle()
        const at = held.findIndex(({ path }) => path.endsWith(file))
        if (at < 0) return
        held.splice(at, 1)[0]?.go()
      }
    }
    await releaseAll(second)
    assert.equal(error, null)
    let isCut = false
    const cutting = journal.truncateAfter(1).then(() => (isCut = true))
    await settle()
    assert.equal(isCut, false)
    isHolding = false
    await releaseAll(first)
    await Promise.all([reading, cutting])
    const { details } = error as unknown as BrokerError
    assert.deepEqual(details, { file: first, offset: 280, fromIndex: 3 })
  })

  it('finds a byte in a record however far the known points are apart', async () => {
    const { fixture, journal } = await filled(2_000, { segmentSizeBytes: 1_000_000 })
    await journal.read(1_000, 1_000)
    await journal.read(1_500, 1_000)
    for (const index of [2_000, 1_503, 1_499, 3, 1]) {
      const path = `${DIRECTORY}/0000000000000000.log`
      fixture.fileSystem.flip(path, bodyAt(index).position + 50, 1)
      const expected = { code: 'JOURNAL_CORRUPT', message: new RegExp(`record ${index}\\)`) }
      await assert.rejects(journal.readAt([bodyAt(index)]), expected)
    }
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
