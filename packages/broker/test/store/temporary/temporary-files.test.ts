import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Log } from '@quorate/core/base/log'
import { silentLog } from '@quorate/core/base/log'
import { ManualClock } from '@quorate/core/base/manual-clock'
import { MemoryFileSystem } from '../../../src/store/journal/memory-file-system.ts'
import type { Fault, FileOperation } from '../../../src/store/journal/memory-file-system.ts'
import { nodeFileSystem } from '../../../src/store/journal/node-file-system.ts'
import {
  removeLeftovers,
  TEMPORARY_RETRY_MS,
  TemporaryFiles,
} from '../../../src/store/temporary/temporary-files.ts'
import type { TemporaryMessage, TemporaryPlace } from '../../../src/store/temporary-store.ts'

const DIRECTORY = '/data/tmp_storage'

function message(turn: number, body = `body ${turn}`): TemporaryMessage {
  const fixed = { place: 1, persistent: false, priority: 4, expirationMs: 0, redeliveries: 0 }
  return { ...fixed, turn, body: Buffer.from(body) }
}

function textsOf(messages: readonly (TemporaryMessage | null)[]): (string | undefined)[] {
  return messages.map((one) => one?.body?.toString())
}

/** A store whose calls are promises. */
class Subject {
  readonly clock = new ManualClock()
  readonly logged: string[] = []
  readonly totals: unknown[] = []
  readonly fileSystem: MemoryFileSystem
  readonly files: TemporaryFiles
  limitBytes: number

  constructor(
    limitBytes = 64 << 10,
    fault: (operation: FileOperation) => Fault | null = () => null,
  ) {
    this.limitBytes = limitBytes
    this.fileSystem = new MemoryFileSystem({ fault })
    const note = (text: string): void => void this.logged.push(text)
    const error: Log['error'] = (text, fields) => {
      note(text)
      this.totals.push(fields?.['total'])
    }
    const log: Log = { ...silentLog, info: note, warn: note, error }
    this.files = new TemporaryFiles({
      fileSystem: this.fileSystem,
      directory: DIRECTORY,
      epoch: 3,
      limitBytes: () => this.limitBytes,
      headRoomBytes: () => 1000,
      clock: this.clock,
      log,
    })
  }

  append(runs: readonly TemporaryMessage[][]): Promise<readonly TemporaryPlace[] | null> {
    return new Promise((done) => this.files.append(runs, done))
  }

  async appendOne(messages: TemporaryMessage[]): Promise<TemporaryPlace> {
    const [place] = (await this.append([messages])) ?? []
    assert.ok(place !== undefined)
    return place
  }

  fetch(place: TemporaryPlace): Promise<readonly (TemporaryMessage | null)[]> {
    return new Promise((done) => this.files.fetch(place, done))
  }

  names(): Promise<string[]> {
    return this.fileSystem.list(DIRECTORY)
  }
}

const settled = (): Promise<void> => new Promise((done) => setImmediate(done))

describe('the temporary store', () => {
  it('touches no disk before it is needed', async () => {
    const { files, fileSystem } = new Subject()
    assert.deepEqual(await fileSystem.list('/data'), [])
    assert.equal(files.view.usedBytes, 0)
    await files.close()
  })

  it('gives back what was put in, run by run', async () => {
    const subject = new Subject()
    const runs = [[message(1), message(2)], [message(3, '')], [message(4, 'x'.repeat(5000))]]
    const places = (await subject.append(runs)) ?? []
    assert.deepEqual(
      places.map(({ count }) => count),
      [2, 1, 1],
    )
    const last = await subject.appendOne([message(5)])
    for (const [i, place] of places.entries()) {
      assert.deepEqual(await subject.fetch(place), runs[i])
    }
    assert.deepEqual(textsOf(await subject.fetch(last)), ['body 5'])
    assert.deepEqual(await subject.names(), ['3-1.spill'])
  })

  it('begins another file when one is large, and removes each when nothing in it is needed', async () => {
    const subject = new Subject()
    const places: TemporaryPlace[] = []
    for (let i = 0; i < 5; i++) places.push(await subject.appendOne([message(i, 'x'.repeat(5000))]))
    assert.deepEqual(await subject.names(), ['3-1.spill', '3-2.spill', '3-3.spill'])
    for (const place of places.slice(0, 3)) subject.files.release(place)
    await settled()
    assert.deepEqual(await subject.names(), ['3-2.spill', '3-3.spill'])
    for (const place of places.slice(3)) subject.files.release(place)
    await settled()
    assert.deepEqual(await subject.names(), [])
    assert.equal(subject.files.view.usedBytes, 0)
  })

  it('is full at its limit, and not any more when a file is gone', async () => {
    const subject = new Subject(20_000)
    const places: TemporaryPlace[] = []
    while (!subject.files.isFull) {
      places.push(await subject.appendOne([message(1, 'x'.repeat(3000))]))
    }
    assert.equal(places.length, 7)
    assert.equal(subject.files.view.isFull, true)
    subject.files.release(places[0] as TemporaryPlace)
    assert.equal(subject.files.isFull, false)
  })

  it('has room again when its limit grows, as that of a disk does', async () => {
    const subject = new Subject(1000)
    await subject.appendOne([message(1, 'x'.repeat(3000))])
    assert.deepEqual([subject.files.isFull, subject.files.view.limitBytes], [true, 1000])
    subject.limitBytes = 20_000
    assert.deepEqual([subject.files.isFull, subject.files.view.limitBytes], [false, 20_000])
    await subject.appendOne([message(2, 'x'.repeat(3000))])
  })

  it('tells how many are lost, those that it tells of included', async () => {
    const subject = new Subject(64 << 10, ({ kind }) => (kind === 'read' ? { errno: 'EIO' } : null))
    const place = await subject.appendOne([message(1), message(2)])
    assert.deepEqual(await subject.fetch(place), [null, null])
    assert.deepEqual(subject.totals, [2])
  })

  it('goes on in its folder when somebody has removed that', async () => {
    const root = await mkdtemp(join(tmpdir(), 'quorate-'))
    const directory = join(root, 'tmp_storage')
    const files = new TemporaryFiles({
      fileSystem: nodeFileSystem,
      directory,
      epoch: 1,
      limitBytes: () => 8000,
      headRoomBytes: () => 0,
      clock: new ManualClock(),
      log: silentLog,
    })
    const append = (): Promise<unknown> =>
      new Promise((done) => files.append([[message(1, 'x'.repeat(1000))]], done))
    assert.notEqual(await append(), null)
    await rm(directory, { recursive: true })
    assert.notEqual(await append(), null)
    await files.close()
    await rm(root, { recursive: true })
  })

  it('says that nothing was written when the disk fails, and tries again after a while', async () => {
    const broken = { is: true }
    const isBroken = ({ kind }: FileOperation) => broken.is && kind === 'write'
    const subject = new Subject(64 << 10, (one) => (isBroken(one) ? { errno: 'ENOSPC' } : null))
    assert.equal(await subject.append([[message(1)]]), null)
    assert.equal(subject.files.isFull, true)
    subject.clock.advance(TEMPORARY_RETRY_MS)
    assert.equal(subject.files.isFull, false)
    assert.equal(await subject.append([[message(1)]]), null)
    broken.is = false
    subject.clock.advance(TEMPORARY_RETRY_MS)
    const place = await subject.appendOne([message(1)])
    assert.deepEqual(textsOf(await subject.fetch(place)), ['body 1'])
    assert.equal(subject.files.view.isFull, false)
    // Told once when it begins and once when it is over.
    assert.equal(subject.logged.length, 2)
    assert.equal((await subject.names()).length, 1)
  })

  it('leaves the head-room of the disk alone', async () => {
    const subject = new Subject()
    subject.fileSystem.capacityBytes = 8000
    assert.equal(await subject.append([[message(1)]]), null)
    subject.fileSystem.capacityBytes = 10_000
    subject.clock.advance(TEMPORARY_RETRY_MS)
    await subject.appendOne([message(1)])
  })

  it('goes on where a write was short', async () => {
    let writes = 0
    const subject = new Subject(64 << 10, ({ kind }) => {
      return kind === 'write' && ++writes === 1 ? { writes: 10 } : null
    })
    const place = await subject.appendOne([message(1)])
    assert.equal(writes, 2)
    assert.deepEqual(textsOf(await subject.fetch(place)), ['body 1'])
  })

  it('counts messages that cannot be read back, and logs them once in a while', async () => {
    const subject = new Subject(64 << 10, ({ kind }) => (kind === 'read' ? { errno: 'EIO' } : null))
    const place = await subject.appendOne([message(1), message(2)])
    assert.deepEqual(await subject.fetch(place), [null, null])
    assert.deepEqual(await subject.fetch(place), [null, null])
    assert.equal(subject.files.view.lostMessages, 4)
    assert.equal(subject.logged.length, 1)
  })

  it('calls nobody back after its end, and leaves nothing behind', async () => {
    const subject = new Subject()
    const place = await subject.appendOne([message(1)])
    const called: string[] = []
    subject.files.append([[message(2)]], () => called.push('append'))
    subject.files.fetch(place, () => called.push('fetch'))
    await subject.files.close()
    assert.deepEqual(called, [])
    assert.deepEqual(await subject.names(), [])
  })

  it('removes what a killed broker has left behind, and nothing of others', async () => {
    const subject = new Subject()
    await subject.appendOne([message(1)])
    const { fileSystem } = subject
    await (await fileSystem.open(`${DIRECTORY}/notes.txt`, 'create')).close()
    await removeLeftovers(fileSystem, DIRECTORY, silentLog)
    assert.deepEqual(await subject.names(), ['notes.txt'])
    await removeLeftovers(fileSystem, '/nowhere', silentLog)
  })
})
