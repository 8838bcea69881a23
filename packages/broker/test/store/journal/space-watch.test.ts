import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Log, LogFields } from '@quorate/core/base/log'
import { silentLog } from '@quorate/core/base/log'
import { ManualClock } from '@quorate/core/base/manual-clock'
import { EMPTY_LOG } from '../../../src/store/journal/log-batch.ts'
import { MemoryFileSystem } from '../../../src/store/journal/memory-file-system.ts'
import { SPACE_LOOK_MS, SpaceWatch } from '../../../src/store/journal/space-watch.ts'
import { settle } from './journal-fixture.ts'

const LIMITS = { limitBytes: 1_000_000, headRoomBytes: 1_000 }

interface Line {
  readonly level: string
  readonly message: string
  readonly fields: LogFields | undefined
}

class WatchFixture {
  readonly clock = new ManualClock()
  readonly fileSystem = new MemoryFileSystem({ capacityBytes: 10_000 })
  readonly lines: Line[] = []
  readonly journal = { tail: EMPTY_LOG, startPosition: 0, headroomBytes: 0 }

  async open(limits = LIMITS): Promise<SpaceWatch> {
    const { clock, fileSystem } = this
    const noteAs = (level: string) => (message: string, fields?: LogFields) =>
      void this.lines.push({ level, message, fields })
    const log: Log = { ...silentLog, info: noteAs('info'), warn: noteAs('warn') }
    const options = { fileSystem, directory: '/data', segmentSizeBytes: 100, clock, log, limits }
    const watch = await SpaceWatch.open(options)
    await watch.attach(this.journal)
    watch.start()
    return watch
  }

  grow(bytes: number): void {
    const { tail } = this.journal
    this.journal.tail = { ...tail, position: tail.position + bytes }
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    await settle()
  }

  get levels(): string[] {
    return this.lines.map(({ level }) => level)
  }
}

describe('space watch', () => {
  it('notices others who fill the disk, and files that are deleted, within a second', async () => {
    const fixture = new WatchFixture()
    const watch = await fixture.open({ ...LIMITS, limitBytes: 9_000 })
    assert.equal(watch.isShort, false)
    fixture.fileSystem.capacityBytes = 900
    await fixture.pass(SPACE_LOOK_MS - 1)
    assert.equal(watch.isShort, false)
    await fixture.pass(1)
    assert.equal(watch.isShort, true)
    fixture.fileSystem.capacityBytes = 10_000
    await fixture.pass(SPACE_LOOK_MS)
    assert.equal(watch.isShort, false)
    assert.deepEqual(fixture.levels, ['warn', 'info'])
  })

  it('counts the growth of the log at once, and logs it with the next look', async () => {
    const fixture = new WatchFixture()
    const watch = await fixture.open({ ...LIMITS, limitBytes: 5_000 })
    fixture.grow(4_999)
    assert.equal(watch.isShort, false)
    fixture.grow(1)
    assert.equal(watch.isShort, true)
    assert.deepEqual(fixture.levels, [])
    await fixture.pass(SPACE_LOOK_MS)
    assert.deepEqual(fixture.levels, ['warn'])
    fixture.journal.startPosition = 2_000
    await fixture.pass(SPACE_LOOK_MS)
    assert.equal(watch.isShort, false)
    assert.equal(watch.view.usedBytes, 3_000)
  })

  it('says at the start when the disk has less than the limit', async () => {
    const fixture = new WatchFixture()
    const watch = await fixture.open()
    assert.equal(watch.view.limitBytes, 9_000)
    assert.deepEqual(
      fixture.lines.map(({ level, fields }) => [level, fields?.['limitBytes']]),
      [['info', 9_000]],
    )
  })

  it('believes a disk that does not tell to have space, and says so once', async () => {
    const fixture = new WatchFixture()
    fixture.fileSystem.fault = ({ kind }) => (kind === 'space' ? { errno: 'ENOSYS' } : null)
    const watch = await fixture.open()
    await fixture.pass(5 * SPACE_LOOK_MS)
    assert.equal(watch.isShort, false)
    assert.equal(watch.view.freeBytes, null)
    assert.deepEqual(fixture.levels, ['warn'])
    fixture.fileSystem.fault = () => null
    fixture.fileSystem.capacityBytes = 500
    await fixture.pass(SPACE_LOOK_MS)
    assert.equal(watch.isShort, true)
  })

  it('looks no more once it is stopped', async () => {
    const fixture = new WatchFixture()
    const watch = await fixture.open()
    watch.stop()
    fixture.fileSystem.capacityBytes = 0
    await fixture.pass(10 * SPACE_LOOK_MS)
    assert.equal(watch.isShort, false)
  })
})
