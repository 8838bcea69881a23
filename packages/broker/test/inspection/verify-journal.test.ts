import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openDataDirectory } from '../../src/inspection/data-directory.ts'
import type { VerifyReport } from '../../src/inspection/verify-journal.ts'
import { writeFully } from '../../src/store/journal/file-system.ts'
import { MemoryFileSystem } from '../../src/store/journal/memory-file-system.ts'
import { HEADER_BYTES } from '../../src/store/journal/record.ts'
import { TwoSlotFile } from '../../src/store/two-slot-file.ts'
import { encodeOp } from '../../src/store/op-codec.ts'
import { DIRECTORY } from '../store/journal/journal-fixture.ts'
import { message, queue } from '../store/leveldb/index-fixture.ts'
import { DATA, InspectedLog } from './inspected-log.ts'

/** Kind and place of all damage. */
function damageIn({ findings }: VerifyReport): unknown[] {
  return findings
    .filter(({ severity }) => severity === 'damage')
    .map(({ kind, file, offset, index }) => [kind, file, offset, index])
}

function tailNoteOf({ findings }: VerifyReport): string {
  return findings.find(({ kind }) => kind === 'torn-tail')?.message ?? 'none'
}

/** A log of several segments: 22 records. */
async function filled(): Promise<InspectedLog> {
  const log = new InspectedLog()
  await log.fill()
  assert.ok(log.segments().length >= 4, 'the tests need segments in the middle')
  return log
}

/** Of one record of `fill`: a segment in the middle holds nothing else. */
const MESSAGE_BYTES = HEADER_BYTES + encodeOp(message(1, { body: Buffer.alloc(500) })).length

describe('journal verify: a log that is good', () => {
  it('is read from its origin to its end, and all of it is understood', async () => {
    const log = await filled()
    const report = await log.verify()
    assert.deepEqual(damageIn(report), [])
    assert.equal(report.records, 22)
    assert.equal(report.understood, 22)
    assert.equal(report.tail.index, 22)
    assert.equal(report.synced?.index, 22)
    assert.equal(report.isClean, true)
    assert.deepEqual(report.unread, { bytes: 0, records: 0 })
    assert.deepEqual(
      report.segments.map(({ file }) => file),
      log.segments().map((name) => `journal/${name}`),
    )
  })

  it('may be written on while it is read: what is behind the checkpoint is no damage', async () => {
    const log = new InspectedLog(65_536)
    await log.fill()
    const { journal } = await log.fixture.open()
    const builder = log.fixture.builder(journal)
    // Of several pages, and only the beginning is there.
    builder.add(19, Buffer.alloc(9000, 1))
    const bytes = Buffer.concat([...builder.take().chunks])
    const last = log.segments().at(-1) ?? ''
    const file = await log.fileSystem.open(log.pathOf(last), 'write')
    const offset = journal.tail.position - Number.parseInt(last, 16)
    await writeFully(file, [bytes.subarray(0, 300)], offset)
    const running = await log.verify({ isRunning: true })
    assert.deepEqual(damageIn(running), [])
    assert.equal(running.tail.index, 22)
    assert.match(tailNoteOf(running), /the broker that runs is writing here/)
    const stopped = await log.verify()
    assert.deepEqual(damageIn(stopped), [])
    assert.match(tailNoteOf(stopped), /unfinished write of \d+ bytes, never synced/)
  })

  it('without any record is good as well', async () => {
    const log = new InspectedLog()
    const { journal } = await log.fixture.open()
    await journal.close({ clean: true })
    const report = await log.verify()
    assert.deepEqual(damageIn(report), [])
    assert.equal(report.records, 0)
  })

  it('changes nothing on the disk, and opens nothing for writing', async () => {
    const log = await filled()
    const changing: string[] = []
    log.fileSystem.fault = ({ kind, path }) => {
      if (!['open', 'list', 'size', 'read', 'close'].includes(kind))
        changing.push(`${kind} ${path}`)
      return null
    }
    await log.verify()
    assert.deepEqual(changing, [])
  })

  it('ends where it is when it is interrupted, and says so', async () => {
    const log = await filled()
    const controller = new AbortController()
    controller.abort()
    const report = await log.verify({ signal: controller.signal })
    assert.equal(report.ended, 'interrupted')
    assert.equal(report.records, 0)
    assert.deepEqual(damageIn(report), [])
  })
})

describe('journal verify: damage', () => {
  it('in a payload is told with its record, and the next record is read', async () => {
    const log = await filled()
    const [, second = ''] = log.segments()
    log.fileSystem.flip(log.pathOf(second), MESSAGE_BYTES + HEADER_BYTES + 200, 1)
    const report = await log.verify()
    const index = (report.segments[1]?.start.index ?? 0) + 2
    assert.deepEqual(damageIn(report), [
      ['damaged-payload', `journal/${second}`, MESSAGE_BYTES, index],
    ])
    assert.equal(report.records, 22)
    assert.equal(report.understood, 21)
    assert.deepEqual(report.unread, { bytes: MESSAGE_BYTES - HEADER_BYTES, records: 1 })
  })

  it('in a header gives up its segment, and goes on with the next', async () => {
    const log = await filled()
    const [, second = '', third = ''] = log.segments()
    const whole = await log.verify()
    const [, , start] = whole.segments.map((segment) => segment.start)
    log.fileSystem.flip(log.pathOf(second), MESSAGE_BYTES + 20, 0x80)
    const report = await log.verify()
    const first = (report.segments[1]?.start.index ?? 0) + 2
    assert.deepEqual(damageIn(report), [
      ['damaged-header', `journal/${second}`, MESSAGE_BYTES, first],
    ])
    assert.equal(report.tail.index, 22)
    assert.equal(report.unread.records, (start?.index ?? 0) - first + 1)
    const bytes = Number.parseInt(third, 16) - Number.parseInt(second, 16) - MESSAGE_BYTES
    assert.equal(report.unread.bytes, bytes)
  })

  it('in the last segment below the checkpoint is damage, and no torn tail', async () => {
    const log = await filled()
    const last = log.segments().at(-1) ?? ''
    log.fileSystem.flip(log.pathOf(last), 3, 0xff)
    const report = await log.verify({ powerLost: true })
    const index = (report.segments.at(-1)?.start.index ?? 0) + 1
    assert.deepEqual(damageIn(report), [['damaged-header', `journal/${last}`, 0, index]])
    assert.equal(report.unread.records, 22 - index + 1)
  })

  it('of a file that is cut short is told where it ends', async () => {
    const log = await filled()
    const [, second = ''] = log.segments()
    log.fileSystem.cutShort(log.pathOf(second), MESSAGE_BYTES + 100)
    const report = await log.verify()
    const index = (report.segments[1]?.start.index ?? 0) + 2
    assert.deepEqual(damageIn(report), [['cut-short', `journal/${second}`, MESSAGE_BYTES, index]])
    assert.equal(report.tail.index, 22)
  })

  it('is a log that ends between two records, before what was synced', async () => {
    const log = await filled()
    const last = log.segments().at(-1) ?? ''
    log.fileSystem.cutShort(log.pathOf(last), MESSAGE_BYTES)
    const report = await log.verify()
    const index = report.tail.index + 1
    assert.deepEqual(damageIn(report), [['cut-short', `journal/${last}`, MESSAGE_BYTES, index]])
    assert.match(report.findings[0]?.message ?? '', /records \d+ to 22 are missing/)
    assert.equal(report.unread.records, 22 - report.tail.index)
  })

  it('is a segment that is missing in the middle, or at the beginning', async () => {
    for (const place of [0, 1]) {
      const log = await filled()
      const name = log.segments()[place] ?? ''
      const whole = await log.verify()
      const from = (whole.segments[place]?.start.index ?? 0) + 1
      const to = whole.segments[place]?.end.index
      await log.fileSystem.remove(log.pathOf(name))
      const report = await log.verify()
      assert.deepEqual(damageIn(report), [['missing-segment', `journal/${name}`, null, from]])
      assert.match(report.findings[0]?.message ?? '', new RegExp(`records ${from} to ${to}$`))
      assert.equal(report.tail.index, 22)
      assert.equal(report.unread.records, (to ?? 0) - from + 1)
    }
  })

  it('is a journal whose segments are all missing', async () => {
    const log = await filled()
    for (const name of log.segments()) await log.fileSystem.remove(log.pathOf(name))
    const report = await log.verify()
    assert.deepEqual(damageIn(report), [['missing-segment', 'journal/0000000000000000.log', 0, 1]])
    assert.match(report.findings[0]?.message ?? '', /records 1 to 22 are missing/)
  })

  it('is a file that the disk does not give, and the next one is read', async () => {
    const log = await filled()
    const [, second = '', third = ''] = log.segments()
    log.fileSystem.fault = ({ kind, path }) =>
      kind === 'read' && path.endsWith(second) ? { errno: 'EIO' } : null
    const report = await log.verify()
    assert.deepEqual(damageIn(report), [['unreadable', `journal/${second}`, 0, 7]])
    assert.equal(report.tail.index, 22)
    const bytes = Number.parseInt(third, 16) - Number.parseInt(second, 16)
    assert.deepEqual(report.unread, { bytes, records: 4 })
  })

  it('is a file that the journal does not know', async () => {
    const log = await filled()
    await log.create('holiday.jpg', Buffer.from('beach'))
    const report = await log.verify()
    assert.deepEqual(damageIn(report), [['foreign-file', 'journal/holiday.jpg', null, null]])
  })

  it('is a segment of another log, told once', async () => {
    const log = await filled()
    const other = new InspectedLog()
    await other.fill(20, 2)
    const [, second = ''] = log.segments()
    const foreign = other.fileSystem.content(other.pathOf(second))
    assert.ok(foreign !== null)
    await log.fileSystem.remove(log.pathOf(second))
    await log.create(second, foreign)
    const report = await log.verify()
    const [first, ...others] = damageIn(report) as [string, string, number, number][]
    assert.deepEqual(first?.slice(0, 3), ['foreign-segment', `journal/${second}`, 0])
    assert.match(report.findings[0]?.message ?? '', /its chain is another one/)
    // What follows from it: an epoch that nobody opened, and the own segment behind it.
    assert.deepEqual(
      others.map(([kind]) => kind),
      ['unknown-record', 'checkpoint', 'foreign-segment'],
    )
  })

  it('is a record that is sound and that this version cannot understand', async () => {
    const log = new InspectedLog(65_536)
    await log.write([
      'epoch',
      'configuration',
      { type: 9, payload: Buffer.from('?') },
      { type: 17, payload: Buffer.from('no acknowledgement') },
      queue(1),
    ])
    const report = await log.verify()
    assert.deepEqual(
      damageIn(report).map((found) => (found as unknown[])[0]),
      ['unknown-record', 'unknown-record'],
    )
    assert.equal(report.understood, 3)
  })

  it('is a body that does not match its own check, in a record that is whole', async () => {
    const log = new InspectedLog(65_536)
    const { type, chunks } = encodeOp(message(1, { body: Buffer.from('the body') }))
    const payload = Buffer.concat([...chunks])
    payload[payload.length - 1] = 0x21
    await log.write(['epoch', queue(1), { type, payload }])
    assert.deepEqual(
      damageIn(await log.verify()).map((found) => (found as unknown[])[0]),
      ['damaged-body'],
    )
  })

  it('is an epoch that nobody opened', async () => {
    const log = new InspectedLog(65_536)
    await log.write(['epoch', queue(1)])
    await log.write([message(1)], 2)
    assert.match((await log.verify()).findings[0]?.message ?? '', /epoch 2 begins with a record/)
  })

  it('is a checkpoint of another log, and one that is damaged itself', async () => {
    const log = await filled()
    const other = new InspectedLog()
    await other.fill(20, 2)
    const path = `${DIRECTORY}/checkpoint`
    const own = log.fileSystem.content(path)
    const foreign = other.fileSystem.content(path)
    assert.ok(own !== null && foreign !== null)
    const replace = async (content: Buffer): Promise<void> => {
      await log.fileSystem.remove(path)
      await log.create('checkpoint', content)
    }
    await replace(foreign)
    const kinds = (report: VerifyReport): string[] => report.findings.map(({ kind }) => kind)
    assert.deepEqual(kinds(await log.verify()), ['checkpoint', 'checkpoint', 'meta'])
    await replace(Buffer.alloc(own.length, 0x55))
    const report = await log.verify()
    assert.deepEqual(damageIn(report), [['checkpoint', 'journal/checkpoint', null, null]])
    assert.equal(report.synced, null)
    assert.equal(report.records, 22)
  })

  it('is told once for each place, and counted beyond a thousand', async () => {
    const log = new InspectedLog(1_000_000)
    const broken = { type: 17, payload: Buffer.from('?') }
    await log.write(['epoch', ...Array.from({ length: 1_100 }, () => broken)])
    const report = await log.verify()
    assert.equal(report.damages, 1_100)
    assert.equal(report.findings.filter(({ severity }) => severity === 'damage').length, 1_000)
    assert.equal(report.omitted, 100)
  })
})

describe('journal verify: the meta file', () => {
  it('is named when no copy of it is whole', async () => {
    const log = await filled()
    const { fileSystem } = log
    const { file } = await TwoSlotFile.open({ fileSystem, path: `${DATA}/meta` })
    await file.write(Buffer.from('{"format":99}'))
    await file.close()
    const unknown = await log.verify()
    assert.match(unknown.findings[0]?.message ?? '', /it cannot be read: meta file of format 99/)
    const size = (await fileSystem.size(`${DATA}/meta`)) ?? 0
    for (let at = 0; at < size; at += 64 * 1024) fileSystem.flip(`${DATA}/meta`, at, 1)
    const bad = await log.verify()
    assert.match(bad.findings[0]?.message ?? '', /no copy of it is whole/)
  })
})

describe('a path that is no data directory', () => {
  async function refusalOf(path: string, ...journals: string[]): Promise<string> {
    const fileSystem = new MemoryFileSystem()
    await fileSystem.makeDirectory('/data/empty')
    for (const journal of journals) {
      await fileSystem.makeDirectory(journal)
      await (await fileSystem.open(`${journal}/0000000000000000.log`, 'create')).close()
    }
    return openDataDirectory(path, fileSystem).then(
      () => 'none',
      (error: unknown) => (error instanceof Error ? error.message : ''),
    )
  }

  it('is refused with what was probably meant', async () => {
    const journals = ['/data/node01/journal', '/data/node02/journal']
    assert.equal(
      await refusalOf('/data', ...journals),
      '/data is no data directory: it holds no journal; these do: /data/node01, /data/node02',
    )
    assert.equal(
      await refusalOf('/data/nod02', ...journals),
      '/data/nod02 is no data directory: it is empty, or not there; did you mean /data/node02?',
    )
    assert.equal(
      await refusalOf('/data/node01/journal', ...journals),
      '/data/node01/journal is no data directory: it is the journal itself; ' +
        'name the directory above it, /data/node01',
    )
    assert.equal(
      await refusalOf('/data/empty'),
      '/data/empty is no data directory: it is empty, or not there',
    )
  })
})
