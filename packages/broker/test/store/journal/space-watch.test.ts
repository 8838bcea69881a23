import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Log, LogFields } from '@quorate/core/base/log'
import { silentLog } from '@quorate/core/base/log'
import { ManualClock } from '@quorate/core/base/manual-clock'
import { EMPTY_LOG } from '../../../src/store/journal/log-batch.ts'
import { MemoryFileSystem } from '../../../src/store/journal/memory-file-system.ts'
import type { SpaceLimits } from '../../../src/store/journal/store-space.ts'
import { SPACE_LOOK_MS, SpaceWatch } from '../../../src/store/journal/space-watch.ts'
import { settle } from './journal-fixture.ts'

const MB = 1024 ** 2
const LIMITS: SpaceLimits = { limitBytes: 1_000_000, limitPercent: null, headRoomBytes: 1_000 }

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

  it('follows the size of the disk of which the limit is a share, and says so at the start', async () => {
    const fixture = new WatchFixture()
    fixture.fileSystem.capacityBytes = 100 * MB
    const watch = await fixture.open({ ...LIMITS, limitPercent: 20 })
    assert.equal(watch.view.limitBytes, 20 * MB)
    assert.deepEqual(
      fixture.lines.map(({ fields }) => fields),
      [{ limitPercent: 20, diskBytes: 100 * MB, storeLimitBytes: 20 * MB }],
    )
    fixture.grow(20 * MB)
    await fixture.pass(SPACE_LOOK_MS)
    assert.equal(watch.isShort, true)
    fixture.fileSystem.capacityBytes = 200 * MB
    await fixture.pass(SPACE_LOOK_MS - 1)
    assert.equal(watch.isShort, true)
    await fixture.pass(1)
    assert.equal(watch.isShort, false)
    assert.deepEqual([watch.view.limitBytes, watch.diskBytes], [40 * MB, 200 * MB])
    assert.deepEqual(fixture.levels, ['info', 'warn', 'info'])
  })

  it('keeps the share of the last known size when the disk tells it no more', async () => {
    const fixture = new WatchFixture()
    fixture.fileSystem.capacityBytes = 100 * MB
    const watch = await fixture.open({ ...LIMITS, limitPercent: 20 })
    fixture.fileSystem.fault = ({ kind }) => (kind === 'space' ? { errno: 'EIO' } : null)
    await fixture.pass(3 * SPACE_LOOK_MS)
    assert.deepEqual([watch.view.limitBytes, watch.diskBytes], [20 * MB, 100 * MB])
    fixture.fileSystem.fault = () => null
    fixture.fileSystem.capacityBytes = 200 * MB
    await fixture.pass(SPACE_LOOK_MS)
    assert.equal(watch.view.limitBytes, 40 * MB)
  })

  it('has its limit in bytes where the disk did not tell its size at the start either', async () => {
    const fixture = new WatchFixture()
    fixture.fileSystem.capacityBytes = 100 * MB
    fixture.fileSystem.fault = ({ kind }) => (kind === 'space' ? { errno: 'EIO' } : null)
    const watch = await fixture.open({ ...LIMITS, limitPercent: 20 })
    assert.deepEqual([watch.view.limitBytes, watch.diskBytes], [LIMITS.limitBytes, null])
    fixture.fileSystem.fault = () => null
    await fixture.pass(SPACE_LOOK_MS)
    assert.equal(watch.view.limitBytes, 20 * MB)
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
